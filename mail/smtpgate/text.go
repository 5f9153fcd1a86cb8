package smtpgate

import (
	"bufio"
	"errors"
	"io"
	"sync"
	"time"
)

// budget bounds the memory of the messages that are received or delivered at the same time, in bytes. Nobody
// waits for it: who finds none is told to come later, so that holders of a part never wait for each other.
type budget struct {
	mu    sync.Mutex
	total int64
	free  int64
}

// take takes n bytes for a message; a quarter of the budget is for small ones alone.
func (b *budget) take(n int64, small bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.free < n || !small && b.free-n < b.total/4 {
		return false
	}
	b.free -= n
	return true
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
}

// text is the text of a message that is received. What is wrong with it is remembered, and what follows then
// is checked no more and dropped: the message is read to its end in any case.
type text struct {
	budget *budget
	held   int64 // of the budget
	limit  int64
	bytes  []byte
	read   int64     // all bytes, dropped ones too
	fault  *reply    // the first thing wrong
	until  time.Time // when it must be complete
	cr     bool      // the last byte was a CR
}

// firstText is what a text allocates for its first bytes.
const firstText = 4 << 10

// add takes the next bytes of the message, dots unstuffed.
func (t *text) add(p []byte) {
	t.read += int64(len(p))
	if t.fault == nil {
		t.fault = t.check(p)
	}
	if t.fault == nil && int64(len(t.bytes)+len(p)) > t.limit {
		t.fault = replyTooBig
	}
	if t.fault == nil && !t.grow(len(t.bytes)+len(p)) {
		t.fault = replyMemory
	}
	if t.fault != nil {
		t.drop()
		return
	}
	t.bytes = append(t.bytes, p...)
}

// check finds bytes that no message may have: NUL, and CR or LF without the other.
func (t *text) check(p []byte) *reply {
	for _, c := range p {
		switch {
		case t.cr != (c == '\n'):
			return replyBareEnds
		case c == 0:
			return replyNUL
		}
		t.cr = c == '\r'
	}
	return nil
}

// end says that the message is complete.
func (t *text) end() {
	switch {
	case t.fault != nil:
	case t.cr:
		t.fault = replyBareEnds
	case len(t.bytes) == 0:
		t.fault = replyEmpty
	}
	if t.fault != nil {
		t.drop()
	}
}

// grow makes room for n bytes, when the budget has it.
func (t *text) grow(n int) bool {
	if n <= cap(t.bytes) {
		return true
	}
	size := max(min(2*cap(t.bytes), int(t.limit)), n, firstText)
	more := memoryFactor*int64(size) - t.held
	if !t.budget.take(more, size <= smallText) {
		return false
	}
	t.held += more
	grown := make([]byte, len(t.bytes), size)
	copy(grown, t.bytes)
	t.bytes = grown
	return true
}

// drop gives back the memory. It may be called twice.
func (t *text) drop() {
	t.bytes = nil
	t.budget.give(t.held)
	t.held = 0
}

// errEndless ends a connection whose message does not end.
var errEndless = errors.New("smtpgate: the message does not end")

// endless is when a message that was refused for its size is not read on, in bytes.
func (t *text) endless() bool { return t.read > 2*t.limit+1<<20 }

// readData reads a message up to the line that has a dot alone (RFC 5321, 4.5.2). Only CR LF ends lines: a dot
// behind a bare LF or CR is content. Errors: those of r, errEndless.
func readData(r *bufio.Reader, t *text) error {
	start := true   // the last line ended with CR LF, or none was read yet
	last := byte(0) // of the last piece
	for {
		piece, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if start && string(piece) == ".\r\n" {
			t.end()
			return nil
		}
		n := len(piece)
		before := last
		if last = piece[n-1]; n > 1 {
			before = piece[n-2]
		}
		if start && piece[0] == '.' {
			piece = piece[1:]
		}
		start = last == '\n' && before == '\r'
		t.add(piece)
		if t.endless() {
			return errEndless
		}
	}
}

// readChunk reads a BDAT chunk of n bytes. Errors: those of r.
func readChunk(r *bufio.Reader, n int64, t *text) error {
	for n > 0 {
		if _, err := r.Peek(1); err != nil {
			return err
		}
		piece, _ := r.Peek(int(min(n, int64(r.Buffered()))))
		t.add(piece)
		n -= int64(len(piece))
		if _, err := r.Discard(len(piece)); err != nil {
			return err
		}
	}
	return nil
}

// skipChunk reads a chunk that nobody wants.
func skipChunk(r *bufio.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, r, n)
	return err
}

package imapgate

import (
	"errors"
	"io"
	"sync"
)

var errClosed = errors.New("imapgate: connection closed")

// outboxBytes is what a buffer has room for: what is gathered up to flushBytes, and what the engine writes at once.
const outboxBytes = 2 * flushBytes

// buffers are for outboxes that have something to say. An idle connection holds none, and a long answer does not need one
// for each flushBytes.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, outboxBytes)
	return &b
}}

// outbox gathers answers until the guard waits for input or flushBytes are there. It is safe for
// concurrent use; whoever writes must write whole responses. Its first error stays.
type outbox struct {
	mu  sync.Mutex
	to  io.Writer
	buf *[]byte // of buffers; nil while nothing waits
	err error
}

// redirect changes where the bytes go. Nothing may be waiting.
func (o *outbox) redirect(to io.Writer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = to
}

// Write gathers b.
func (o *outbox) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	if o.buf == nil {
		o.buf = buffers.Get().(*[]byte) // what New makes
	}
	*o.buf = append(*o.buf, b...)
	if len(*o.buf) >= flushBytes {
		return len(b), o.flushLocked()
	}
	return len(b), nil
}

// flush writes what was gathered.
func (o *outbox) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.flushLocked()
}

func (o *outbox) flushLocked() error {
	if o.err == nil && o.buf != nil {
		_, o.err = o.to.Write(*o.buf)
	}
	o.release()
	return o.err
}

// release gives the buffer back, unless it has grown.
func (o *outbox) release() {
	if o.buf != nil && cap(*o.buf) == outboxBytes {
		*o.buf = (*o.buf)[:0]
		buffers.Put(o.buf)
	}
	o.buf = nil
}

// close drops what was gathered and refuses all that comes.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.release()
	if o.err == nil {
		o.err = errClosed
	}
}

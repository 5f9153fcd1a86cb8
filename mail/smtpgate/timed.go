package smtpgate

import (
	"errors"
	"net"
	"sync"
	"time"
)

// errKicked is returned by timed.Read when the connection was kicked while it waited for a command.
var errKicked = errors.New("smtpgate: interrupted")

// timed is a connection whose deadlines follow progress: every read and every chunk written has its own. One
// goroutine reads and writes; kick comes from any.
type timed struct {
	net.Conn
	limits *Limits

	mu      sync.Mutex
	waiting bool      // for the first byte of a command
	total   time.Time // no read lasts longer; zero: no such limit
	kicked  bool
}

// wait says that the next byte begins a command: the client may take its time.
func (t *timed) wait() { t.set(true) }

// inside says that a command has begun: its bytes must keep coming.
func (t *timed) inside() { t.set(false) }

func (t *timed) set(waiting bool) {
	t.mu.Lock()
	t.waiting = waiting
	t.mu.Unlock()
}

// until bounds all reads together; the zero time lifts the bound.
func (t *timed) until(total time.Time) {
	t.mu.Lock()
	t.total = total
	t.mu.Unlock()
}

// within bounds all reads until restore is called to d from now on, or to less if that was so before.
func (t *timed) within(d time.Duration) (restore func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.total
	if end := time.Now().Add(d); before.IsZero() || end.Before(before) {
		t.total = end
	}
	return func() { t.until(before) }
}

// kick makes a Read that waits for a command fail with errKicked, now or when it comes.
func (t *timed) kick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kicked = true
	if t.waiting {
		t.Conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// Read reads with the deadline that fits what is being read.
func (t *timed) Read(p []byte) (int, error) {
	t.mu.Lock()
	if t.kicked && t.waiting {
		t.mu.Unlock()
		return 0, errKicked
	}
	timeout := t.limits.ReadStall
	if t.waiting {
		timeout = t.limits.Idle
	}
	deadline := time.Now().Add(timeout)
	if !t.total.IsZero() && deadline.After(t.total) {
		deadline = t.total
	}
	t.Conn.SetReadDeadline(deadline)
	t.mu.Unlock()

	n, err := t.Conn.Read(p)
	if n == 0 && err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.kicked && t.waiting {
			return 0, errKicked
		}
	}
	return n, err
}

// Write writes p in chunks, each with a deadline of its own.
func (t *timed) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		t.Conn.SetWriteDeadline(time.Now().Add(t.limits.WriteStall))
		n, err := t.Conn.Write(p[written:min(len(p), written+writeChunkBytes)])
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

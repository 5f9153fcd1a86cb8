package imapgate

import (
	"errors"
	"io"
	"sync"
)

var errClosed = errors.New("imapgate: connection closed")

// outbox gathers answers until the guard waits for input or flushBytes are there. It is safe for
// concurrent use; whoever writes must write whole responses. Its first error stays.
type outbox struct {
	mu  sync.Mutex
	to  io.Writer
	buf []byte
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
	o.buf = append(o.buf, b...)
	if len(o.buf) >= flushBytes {
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
	if o.err == nil && len(o.buf) > 0 {
		_, o.err = o.to.Write(o.buf)
	}
	o.buf = nil // an idle connection holds no buffer
	return o.err
}

// close drops what was gathered and refuses all that comes.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf = nil
	if o.err == nil {
		o.err = errClosed
	}
}

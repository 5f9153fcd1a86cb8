package transport

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// deadlineGrain is the share of a deadline's time that may have passed before it is set anew.
const deadlineGrain = 16

// conn is an authenticated connection to a peer, from hello to end.
type conn struct {
	peer *peer
	raw  net.Conn // closed directly: a TLS goodbye could wait for a peer that does not read
	tls  *tls.Conn
	stop chan struct{} // closed by fail
	done chan struct{} // closed when no goroutine of the connection runs

	limit func(time.Duration) error // sets the write deadline; the writer's

	once  sync.Once
	cause Cause
	err   error
}

func newConn(raw net.Conn, secure *tls.Conn) *conn {
	return &conn{raw: raw, tls: secure, stop: make(chan struct{}), done: make(chan struct{}), limit: seldom(secure.SetWriteDeadline)}
}

// fail ends the connection; the first cause counts.
func (c *conn) fail(cause Cause, err error) {
	c.once.Do(func() {
		c.cause, c.err = cause, err
		close(c.stop)
		c.raw.Close()
	})
}

// serve sends and receives until the connection fails.
func (c *conn) serve(o *Options) {
	defer close(c.done)
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write(o)
	}()
	c.read(o)
	<-written
}

func (c *conn) read(o *Options) {
	r := frameReader{
		br:       bufio.NewReaderSize(c.tls, readBufferBytes),
		max:      o.MaxFrameBytes,
		idle:     silentKeepAlives * o.KeepAlive,
		stall:    o.StallTimeout,
		deadline: seldom(c.tls.SetReadDeadline),
	}
	for {
		frame, err := r.next()
		if err != nil {
			c.fail(causeOf(err), err)
			return
		}
		if len(frame) > 0 {
			c.peer.received(len(frame))
			o.Handler(c.peer.id, frame)
		}
		select {
		case <-c.stop: // what is buffered of a connection that was refused or replaced is not heard
			return
		default:
		}
	}
}

func (c *conn) write(o *Options) {
	tick := time.NewTicker(o.KeepAlive)
	defer tick.Stop()
	quiet := false // nothing was sent since the last tick
	for {
		b := c.peer.queue.take()
		if b.frames > 0 {
			err := c.sendBatch(b, o.StallTimeout)
			c.peer.sent(b.frames, b.bytes-b.frames*frameHeaderBytes, err == nil)
			c.peer.queue.recycle(b)
			if err != nil {
				c.fail(causeOf(err), err)
				return
			}
			quiet = false
			continue
		}
		c.peer.queue.recycle(b)
		select {
		case <-c.stop:
			return
		case <-c.peer.queue.wake:
		case <-tick.C:
			if quiet {
				var keepAlive [frameHeaderBytes]byte
				if err := c.send(keepAlive[:], o.StallTimeout); err != nil {
					c.fail(causeOf(err), err)
					return
				}
			}
			quiet = true
		}
	}
}

func (c *conn) sendBatch(b batch, limit time.Duration) error {
	for _, piece := range b.chunks {
		if err := c.send(piece.mem[:piece.n], limit); err != nil {
			return err
		}
	}
	return nil
}

// send writes p, at most chunkBytes, within limit, or a deadlineGrain-th less.
func (c *conn) send(p []byte, limit time.Duration) error {
	if err := c.limit(limit); err != nil {
		return err
	}
	_, err := c.tls.Write(p)
	return err
}

// seldom returns a function that has a deadline be set for so much from now on, by set. One that was set a moment ago, for
// about as long, serves as well: setting it costs. For one goroutine.
func seldom(set func(time.Time) error) func(time.Duration) error {
	var at time.Time
	return func(d time.Duration) error {
		now := time.Now()
		if left := at.Sub(now); left >= d-d/deadlineGrain && left <= d {
			return nil
		}
		at = now.Add(d)
		return set(at)
	}
}

// causeOf puts an error of an established connection into a class.
func causeOf(err error) Cause {
	var record tls.RecordHeaderError
	var op *net.OpError
	switch {
	case errors.Is(err, ErrFrameTooLong):
		return CauseOversize
	case errors.Is(err, os.ErrDeadlineExceeded):
		return CauseStalled
	case errors.As(err, &record):
		return CauseGarbage
	case errors.As(err, &op) && op.Op == "local error": // crypto/tls found a broken record
		return CauseGarbage
	}
	return CauseLost
}

package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"time"

	"troxymail/cmd/internal/config"
	"troxymail/enclave/boundary"
)

const (
	// backoffMin and backoffMax bound the pause between two attempts to reach the host; it doubles.
	backoffMin = 50 * time.Millisecond
	backoffMax = 250 * time.Millisecond // it is on the same machine
	// settleTime is how long a link must have stood for the next to be tried at once.
	settleTime = time.Second
	// dialTimeout is when an attempt to connect is given up.
	dialTimeout = 5 * time.Second
)

// hostLink is a boundary.Link that first waits until the host is there: until then it carries nothing, so
// that an administrator can ask an enclave that waits for its host.
type hostLink struct {
	conf   *config.Enclave
	logger *slog.Logger
	ctx    context.Context // ends with Close
	stop   context.CancelFunc
	up     chan struct{} // closed when over is set or the link was closed before

	mu   sync.Mutex
	over boundary.Link // nil before the host is there; guarded by mu
}

// dialHost returns a link to the host, which it goes on trying to reach until Close.
func dialHost(conf *config.Enclave, logger *slog.Logger) *hostLink {
	l := &hostLink{conf: conf, logger: logger, up: make(chan struct{})}
	l.ctx, l.stop = context.WithCancel(context.Background())
	go l.dial()
	return l
}

// Send implements boundary.Link. Before the host is there, nobody waits for what is sent.
func (l *hostLink) Send(frames ...[]byte) error {
	select {
	case <-l.up:
	default:
		return nil
	}
	if over := l.link(); over != nil {
		return over.Send(frames...)
	}
	return boundary.ErrClosed
}

// Pace implements boundary.Link.
func (l *hostLink) Pace() {
	if over := l.link(); over != nil {
		over.Pace()
	}
}

// Recv implements boundary.Link.
func (l *hostLink) Recv() ([][]byte, error) {
	<-l.up
	if over := l.link(); over != nil {
		return over.Recv()
	}
	return nil, boundary.ErrClosed
}

// Close implements boundary.Link.
func (l *hostLink) Close() error {
	l.stop()
	<-l.up
	if over := l.link(); over != nil {
		return over.Close()
	}
	return nil
}

func (l *hostLink) link() boundary.Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// dial tries until the host is there. The same failure is logged once.
func (l *hostLink) dial() {
	defer close(l.up)
	said := ""
	for delay := backoffMin; l.ctx.Err() == nil; delay = min(2*delay, backoffMax) {
		c, err := l.connect()
		if err == nil {
			l.mu.Lock()
			l.over = boundary.Over(c)
			l.mu.Unlock()
			l.logger.Info("host.connected")
			return
		}
		if l.ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			l.logger.Warn("host.unreachable", "address", l.conf.Host, "cause", said)
		}
		pause(l.ctx, delay/2+mathrand.N(delay/2))
	}
}

func (l *hostLink) connect() (net.Conn, error) {
	ctx, cancel := context.WithTimeout(l.ctx, dialTimeout)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", l.conf.Host)
	if err != nil {
		return nil, err
	}
	unhook := context.AfterFunc(l.ctx, func() { _ = c.Close() })
	err = boundary.Pair(c, boundary.PairOptions{
		Role: boundary.RoleEnclave, Key: l.conf.LinkKey, Genesis: l.conf.Genesis.Hash(), Replica: l.conf.Replica, Rand: rand.Reader,
	})
	if !unhook() && err == nil {
		err = boundary.ErrClosed
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

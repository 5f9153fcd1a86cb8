package transport

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// tlsLinks are links over mutual TLS.
type tlsLinks struct {
	opts    Options
	peers   []*peer // by replica; nil for oneself
	ctx     context.Context
	cancel  context.CancelFunc
	tasks   sync.WaitGroup
	pending chan struct{} // a token for each handshake of an accepted connection

	mu        sync.Mutex // also orders Observe and reads of Rand
	strangers [Causes]uint64
}

// NewTLS starts links over TLS: it dials all replicas with higher numbers and accepts those with lower
// ones. It does not wait for any of them; Options.Observe and Stats tell. ErrOptions for bad options;
// the Listener is then left open.
func NewTLS(opts Options) (Links, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	l := &tlsLinks{
		opts:    opts,
		peers:   make([]*peer, len(opts.Peers)),
		pending: make(chan struct{}, maxHandshakes),
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	for i := range l.peers {
		if i != opts.Self {
			l.peers[i] = &peer{id: i, queue: newQueue(opts.QueueBytes)}
		}
	}
	for i := opts.Self + 1; i < len(l.peers); i++ {
		l.tasks.Go(func() { l.keepDialling(l.peers[i]) })
	}
	if opts.Listener != nil {
		l.tasks.Go(l.accept)
	}
	return l, nil
}

func (l *tlsLinks) Send(to int, frame []byte) {
	p := l.peers[to]
	if p == nil {
		panic("transport: replica sends to itself")
	}
	if len(frame) == 0 || len(frame) > l.opts.MaxFrameBytes {
		p.refuseFrame()
		return
	}
	p.queue.put(frame)
}

func (l *tlsLinks) Refuse(from int) {
	if p := l.peers[from]; p != nil {
		p.cut(CauseGarbage, errRefused, false)
	}
}

func (l *tlsLinks) Stats() Stats {
	s := Stats{Peers: make([]PeerStats, len(l.peers))}
	for i, p := range l.peers {
		if p != nil {
			s.Peers[i] = p.snapshot()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Strangers = l.strangers
	return s
}

func (l *tlsLinks) Close() error {
	l.cancel()
	var err error
	if l.opts.Listener != nil {
		if err = l.opts.Listener.Close(); errors.Is(err, net.ErrClosed) {
			err = nil
		}
	}
	for _, p := range l.peers {
		if p != nil {
			p.cut(CauseClosed, errClosed, true)
		}
	}
	l.tasks.Wait()
	return err
}

// ended counts and tells the end of a connection or attempt; p is nil for a stranger.
func (l *tlsLinks) ended(p *peer, cause Cause, err error) {
	event := Event{Peer: -1, Cause: cause, Err: err}
	if p != nil {
		event.Peer = p.id
		p.ended(cause)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p == nil {
		l.strangers[cause]++
	}
	l.opts.Observe(event)
}

func (l *tlsLinks) up(p *peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opts.Observe(Event{Peer: p.id, Up: true})
}

// run serves an authenticated connection to its end.
func (l *tlsLinks) run(p *peer, c *conn) {
	if p.adopt(c) {
		l.up(p)
		c.serve(&l.opts)
	}
	p.leave(c)
	l.ended(p, c.cause, c.err)
}

// keepDialling holds a connection to p, until Close.
func (l *tlsLinks) keepDialling(p *peer) {
	delay := l.opts.BackoffMin
	for l.ctx.Err() == nil {
		c, cause, err := l.dial(p)
		if err != nil {
			l.ended(p, cause, err)
		} else {
			began := time.Now()
			l.run(p, c)
			if time.Since(began) >= l.opts.BackoffMax {
				delay = l.opts.BackoffMin // it was a good one
			}
		}
		timer := time.NewTimer(l.jitter(delay))
		select {
		case <-timer.C:
		case <-l.ctx.Done():
			timer.Stop()
		}
		delay = min(2*delay, l.opts.BackoffMax)
	}
}

// jitter returns a time between half of d and d.
func (l *tlsLinks) jitter(d time.Duration) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b [4]byte
	if _, err := io.ReadFull(l.opts.Rand, b[:]); err != nil {
		return d
	}
	return d/2 + time.Duration(uint64(d/2)*uint64(binary.BigEndian.Uint32(b[:]))>>32)
}

func (l *tlsLinks) dial(p *peer) (*conn, Cause, error) {
	ctx, cancel := context.WithTimeout(l.ctx, l.opts.HandshakeTimeout)
	defer cancel()
	raw, err := l.opts.Dial(ctx, l.opts.Peers[p.id].Addr)
	if err != nil {
		return nil, CauseDial, err
	}
	want := l.opts.Peers[p.id].Key
	secure := tls.Client(raw, tlsConfig(l.opts.Certificate, func(pin Pin) bool { return pin == want }))
	err = l.greet(ctx, raw, secure, func() error {
		if _, err := secure.Write(l.hello(p.id).encode()); err != nil {
			return err
		}
		return l.readHello(secure, p.id)
	})
	if err != nil {
		raw.Close()
		return nil, handshakeCause(err), err
	}
	return newConn(raw, secure), 0, nil
}

// greet runs the TLS handshake and then hellos, all before ctx ends.
func (l *tlsLinks) greet(ctx context.Context, raw net.Conn, secure *tls.Conn, hellos func() error) error {
	unhook := context.AfterFunc(ctx, func() { raw.Close() })
	err := secure.HandshakeContext(ctx)
	if err == nil {
		err = hellos()
	}
	if !unhook() {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

func (l *tlsLinks) hello(to int) hello {
	return hello{version: protocolVersion, cluster: l.opts.Cluster, from: l.opts.Self, to: to}
}

func (l *tlsLinks) readHello(r io.Reader, from int) error {
	var b [helloBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return err
	}
	h, err := decodeHello(b[:])
	if err != nil {
		return err
	}
	return h.check(hello{version: protocolVersion, cluster: l.opts.Cluster, from: from, to: l.opts.Self})
}

func handshakeCause(err error) Cause {
	switch {
	case errors.Is(err, ErrWrongKey):
		return CauseWrongKey
	case errors.Is(err, ErrWrongCluster):
		return CauseWrongCluster
	case errors.Is(err, ErrVersion):
		return CauseVersion
	case errors.Is(err, ErrHello):
		return CauseGarbage
	case errors.Is(err, context.DeadlineExceeded):
		return CauseStalled
	}
	return CauseHandshake
}

package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// accept takes connections until the listener closes.
func (l *tlsLinks) accept() {
	for {
		raw, err := l.opts.Listener.Accept()
		if errors.Is(err, net.ErrClosed) || l.ctx.Err() != nil {
			if err == nil {
				raw.Close()
			}
			return
		}
		if err != nil { // such as no file descriptors left: wait until some are
			timer := time.NewTimer(l.opts.BackoffMin)
			select {
			case <-timer.C:
			case <-l.ctx.Done():
			}
			timer.Stop()
			continue
		}
		select {
		case l.pending <- struct{}{}:
			l.tasks.Go(func() { l.admit(raw) })
		default:
			raw.Close()
			l.ended(nil, CauseBusy, errors.New("transport: too many handshakes at once"))
		}
	}
}

// admit finds out who called, and serves the connection if it is a peer that may.
func (l *tlsLinks) admit(raw net.Conn) {
	p, secure, err := l.identify(raw)
	<-l.pending
	if err != nil {
		raw.Close()
		l.ended(p, handshakeCause(err), err)
		return
	}
	l.run(p, newConn(raw, secure))
}

// identify runs the handshake of an accepted connection. The peer is known, also beside an error, once
// it has proved its key.
func (l *tlsLinks) identify(raw net.Conn) (p *peer, secure *tls.Conn, err error) {
	ctx, cancel := context.WithTimeout(l.ctx, l.opts.HandshakeTimeout)
	defer cancel()
	secure = tls.Server(raw, tlsConfig(l.opts.Certificate, func(pin Pin) bool { return l.caller(pin) != nil }))
	err = l.greet(ctx, raw, secure, func() error {
		pin, _ := peerPin(secure.ConnectionState())
		if p = l.caller(pin); p == nil {
			return ErrWrongKey
		}
		err := l.readHello(secure, p.id)
		// Answered in any case, so that the other side can tell its operator what does not fit.
		if _, werr := secure.Write(l.hello(p.id).encode()); err == nil {
			err = werr
		}
		return err
	})
	return p, secure, err
}

// caller returns the peer with that key, if it is one that dials us: its number is lower.
func (l *tlsLinks) caller(pin Pin) *peer {
	for i, known := range l.opts.Peers[:l.opts.Self] {
		if known.Key == pin {
			return l.peers[i]
		}
	}
	return nil
}

package imapgate

import (
	"context"
	"net"
	"sync"
)

// Shutdown closes the listeners and says BYE to every client: at once to those that wait, to others
// when their command is done. When ctx ends first, the rest is cut off and ctx's error returned. Once
// it has returned, no goroutine of the server is left. The server cannot be used again.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.down = true
	for l := range s.listeners {
		l.Close()
	}
	for g := range s.guards {
		g.kick()
	}
	s.mu.Unlock()

	done := make(chan struct{})
	go func() {
		s.live.Wait()
		s.handoff.Close()
		s.loop.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
		s.mu.Lock()
		for g := range s.guards {
			g.kill()
		}
		s.mu.Unlock()
	}
	s.cancel()
	<-done
	return err
}

// stopping reports whether Shutdown was called.
func (s *Server) stopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

// enlist remembers a listener; false after Shutdown.
func (s *Server) enlist(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.down {
		s.listeners[l] = struct{}{}
	}
	return !s.down
}

func (s *Server) delist(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// handoff is the listener from which the engine accepts connections that have logged in.
type handoff struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newHandoff() *handoff {
	return &handoff{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// put gives a connection to the engine; false when the server is closed.
func (h *handoff) put(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.closed:
		return false
	}
}

// Accept waits for a connection; net.ErrClosed after Close.
func (h *handoff) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and put. It may be called more than once.
func (h *handoff) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr names no address.
func (h *handoff) Addr() net.Addr { return handoffAddr{} }

type handoffAddr struct{}

// Network and String name the handoff in the engine's errors.
func (handoffAddr) Network() string { return "handoff" }

// String names the handoff.
func (handoffAddr) String() string { return "imapgate" }

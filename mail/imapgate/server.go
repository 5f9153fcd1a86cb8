package imapgate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"troxymail/mail/limit"
)

// Options configure a Server. Sessions is required.
type Options struct {
	Sessions Sessions
	// TLSConfig has the server's certificates. Without it there is no TLS: ServeTLS fails and
	// STARTTLS is not offered. TLS before 1.2 is never spoken.
	TLSConfig *tls.Config
	// PlainOnLoopback lets clients on this machine log in without TLS. For the demo only.
	PlainOnLoopback bool
	// Simulated makes the greeting say that the enclave protects nothing.
	Simulated bool
	Limits    Limits       // zero fields: DefaultLimits
	Conns     *limit.Conns // nil: a table of its own, with Limits.Caps
	Logger    *slog.Logger // nil: discard; gets no secrets, addresses, names or content
}

// Server serves IMAP on any number of listeners. Safe for concurrent use.
type Server struct {
	options Options
	limits  Limits
	tls     *tls.Config // nil: none
	log     *slog.Logger
	conns   *limit.Conns
	engine  *imapserver.Server
	handoff *handoff
	panics  atomic.Uint64
	// idleNews is how long the answer to IDLE waits for what changed before it. Tests set another before clients come.
	idleNews time.Duration

	ctx    context.Context // ends when Shutdown gives up waiting
	cancel context.CancelFunc
	live   sync.WaitGroup // guards
	loop   sync.WaitGroup // the engine's accept loop

	mu        sync.Mutex
	down      bool
	away      string // what clients are sent away with; empty: they are welcome
	guards    map[*guard]struct{}
	listeners map[net.Listener]struct{}
}

// New makes a server. It runs a goroutine until Shutdown.
func New(o Options) (*Server, error) {
	if o.Sessions == nil {
		return nil, errors.New("imapgate: Options.Sessions is missing")
	}
	s := &Server{
		options:   o,
		limits:    o.Limits.orDefaults(),
		log:       o.Logger,
		conns:     o.Conns,
		handoff:   newHandoff(),
		idleNews:  idleNews,
		guards:    make(map[*guard]struct{}),
		listeners: make(map[net.Listener]struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.conns == nil {
		s.conns = limit.NewConns(o.Limits.Caps)
	}
	if o.TLSConfig != nil {
		s.tls = o.TLSConfig.Clone()
		s.tls.MinVersion = max(s.tls.MinVersion, tls.VersionTLS12)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.engine = imapserver.New(&imapserver.Options{
		NewSession: newSession,
		Caps:       imap.CapSet{imap.CapIMAP4rev1: {}},
		Logger:     engineLog{s},
	})
	s.loop.Go(func() { s.engine.Serve(s.handoff) })
	return s, nil
}

// newSession joins an engine's connection to its session, which has logged in before.
func newSession(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
	g, ok := c.NetConn().(*guard)
	if !ok {
		return nil, nil, fmt.Errorf("imapgate: engine got a foreign connection")
	}
	return adapter{g}, &imapserver.GreetingData{PreAuth: true}, nil
}

// ServeTLS accepts connections that begin with a TLS handshake (RFC 8314). It returns nil after
// Shutdown, and closes l in any case.
func (s *Server) ServeTLS(l net.Listener) error {
	if s.tls == nil {
		l.Close()
		return errors.New("imapgate: ServeTLS needs Options.TLSConfig")
	}
	return s.serve(l, true)
}

// ServePlain accepts connections that begin in plain text and may STARTTLS. It returns nil after
// Shutdown, and closes l in any case.
func (s *Server) ServePlain(l net.Listener) error { return s.serve(l, false) }

// acceptPause is how long accepting rests after an error that may pass, such as too many open files.
const acceptPause = 100 * time.Millisecond

func (s *Server) serve(l net.Listener, implicitTLS bool) error {
	defer l.Close()
	if !s.enlist(l) {
		return nil
	}
	defer s.delist(l)
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			s.accept(c, implicitTLS)
		case s.stopping():
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("imapgate: listener was closed: %w", err)
		default:
			s.log.Warn("accepting IMAP connections failed, will go on", "error", err)
			select {
			case <-time.After(acceptPause):
			case <-s.ctx.Done():
				return nil
			}
		}
	}
}

// accept counts a connection and lets its goroutine run, or turns it away.
func (s *Server) accept(c net.Conn, implicitTLS bool) {
	peer := peerOf(c)
	ticket, err := s.conns.Open(peer)
	if err != nil {
		if !implicitTLS {
			c.SetWriteDeadline(time.Now().Add(acceptPause))
			c.Write([]byte(statusLine("*", "BYE", "", "Too many connections, try again later")))
		}
		c.Close()
		return
	}
	g := newGuard(s, c, ticket, peer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		g.cancel()
		c.Close()
		ticket.Close()
		return
	}
	s.guards[g] = struct{}{}
	s.live.Add(1) // done in forget
	go g.serve(implicitTLS)
}

// forget is called once for every guard, when nothing works for it any more.
func (s *Server) forget(g *guard) {
	s.mu.Lock()
	delete(s.guards, g)
	s.mu.Unlock()
	s.live.Done()
}

// hand gives a connection that has logged in to the engine, and reports whether it was taken.
func (s *Server) hand(g *guard) bool { return s.handoff.put(g) }

// peerOf is a connection's remote address; invalid when it has none.
func peerOf(c net.Conn) netip.Addr {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

package smtpgate

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

	"troxymail/mail/delivery"
	"troxymail/mail/limit"
	"troxymail/mail/sasl"
	"troxymail/mail/session"
	"troxymail/mailstore/command"
)

// Mode is what a listener is for.
type Mode uint8

// The modes.
const (
	Intake     Mode = iota // mail for accounts, from anybody (RFC 5321)
	Submission             // mail of accounts, after login (RFC 6409)
)

// Guest is one connection before its login: *session.Guest.
type Guest interface {
	// Checker checks who wants to log in; a refusal is an *imap.Error. It delays failed logins itself.
	sasl.Checker
	// Identity returns who logged in.
	Identity() session.Identity
}

// Courier finds recipients and delivers: *delivery.Courier, where the contracts stand.
type Courier interface {
	Domain() string
	Find(ctx context.Context, a delivery.Address, size int64) (*delivery.Recipient, error)
	Valid(ctx context.Context, account command.AccountID, version uint64) (bool, error)
	Compose(raw []byte, t *delivery.Trace) (composed []byte, id string, err error)
	Deliver(ctx context.Context, raw []byte, to []*delivery.Recipient) error
}

// Options configure a Server. Courier and Guests are required.
type Options struct {
	Courier Courier
	Guests  func(peer netip.Addr) Guest
	// Hostname names this server in greetings and Received fields; empty: the courier's domain.
	Hostname string
	// TLSConfig has the server's certificates. Without it there is no TLS: ServeTLS fails and STARTTLS is not
	// offered. TLS before 1.2 is never spoken.
	TLSConfig *tls.Config
	// PlainOnLoopback lets clients on this machine log in without TLS. For the demo only.
	PlainOnLoopback bool
	// Simulated makes the greeting say that the enclave protects nothing.
	Simulated bool
	Limits    Limits // zero fields: DefaultLimits
	// Conns counts the connections of accounts; nil: a table with Limits.Caps. Those of intake have another, of
	// Limits.Caps too, so that strangers do not take the places of users.
	Conns  *limit.Conns
	Logger *slog.Logger // nil: discard; gets no secrets, addresses or content
}

// Server serves SMTP on any number of listeners. Safe for concurrent use.
type Server struct {
	options Options
	limits  Limits
	tls     *tls.Config // nil: none
	log     *slog.Logger
	conns   [2]*limit.Conns // by Mode
	budgets [2]budget       // by Mode
	engines [2]engine       // without TLS, with TLS
	panics  atomic.Uint64

	ctx    context.Context // ends when Shutdown gives up waiting
	cancel context.CancelFunc
	live   sync.WaitGroup // guards
	loop   sync.WaitGroup // the engines' accept loops

	mu        sync.Mutex
	down      bool
	guards    map[*guard]struct{}
	listeners map[net.Listener]struct{}
}

// New makes a server. It runs goroutines until Shutdown.
func New(o Options) (*Server, error) {
	if o.Courier == nil || o.Guests == nil {
		return nil, errors.New("smtpgate: Options.Courier or Options.Guests is missing")
	}
	if o.Hostname == "" {
		o.Hostname = o.Courier.Domain()
	}
	s := &Server{
		options: o, limits: o.Limits.orDefaults(), log: o.Logger, conns: [2]*limit.Conns{Intake: limit.NewConns(o.Limits.Caps), Submission: o.Conns},
		guards: make(map[*guard]struct{}), listeners: make(map[net.Listener]struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.conns[Submission] == nil {
		s.conns[Submission] = limit.NewConns(o.Limits.Caps)
	}
	if o.TLSConfig != nil {
		s.tls = o.TLSConfig.Clone()
		s.tls.MinVersion = max(s.tls.MinVersion, tls.VersionTLS12)
	}
	for i := range s.budgets {
		s.budgets[i] = budget{total: s.limits.InFlight, free: s.limits.InFlight}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for i := range s.engines {
		s.engines[i].start(s, i == withTLS)
	}
	return s, nil
}

// Indices of Server.engines.
const (
	withoutTLS = 0
	withTLS    = 1
)

// ServeTLS accepts connections that begin with a TLS handshake (RFC 8314). It returns nil after Shutdown, and
// closes l in any case.
func (s *Server) ServeTLS(l net.Listener, m Mode) error {
	if s.tls == nil {
		l.Close()
		return errors.New("smtpgate: ServeTLS needs Options.TLSConfig")
	}
	return s.serve(l, m, true)
}

// ServePlain accepts connections that begin in plain text and may STARTTLS. It returns nil after Shutdown, and
// closes l in any case.
func (s *Server) ServePlain(l net.Listener, m Mode) error { return s.serve(l, m, false) }

// acceptPause is how long accepting rests after an error that may pass, such as too many open files.
const acceptPause = 100 * time.Millisecond

func (s *Server) serve(l net.Listener, m Mode, implicitTLS bool) error {
	defer l.Close()
	if !s.enlist(l) {
		return nil
	}
	defer s.delist(l)
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			s.accept(c, m, implicitTLS)
		case s.stopping():
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("smtpgate: listener was closed: %w", err)
		default:
			s.log.Warn("accepting SMTP connections failed, will go on", "error", err)
			select {
			case <-time.After(acceptPause):
			case <-s.ctx.Done():
				return nil
			}
		}
	}
}

// accept counts a connection and lets its goroutine run, or turns it away.
func (s *Server) accept(c net.Conn, m Mode, implicitTLS bool) {
	peer := peerOf(c)
	ticket, err := s.conns[m].Open(peer)
	if err != nil {
		if !implicitTLS {
			c.SetWriteDeadline(time.Now().Add(acceptPause))
			c.Write([]byte(replyMany.line()))
		}
		c.Close()
		return
	}
	g := newGuard(s, c, m, ticket, peer)
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

// peerOf is a connection's remote address; invalid when it has none.
func peerOf(c net.Conn) netip.Addr {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// Shutdown closes the listeners and says 421 to every client: at once to those that wait, to others when their
// command is done. When ctx ends first, the rest is cut off and ctx's error returned. Once it has returned, no
// goroutine of the server is left. The server cannot be used again.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.down = true
	for l := range s.listeners {
		l.Close()
	}
	for g := range s.guards {
		g.timed.kick()
	}
	s.mu.Unlock()

	done := make(chan struct{})
	go func() {
		s.live.Wait()
		for i := range s.engines {
			s.engines[i].Close()
		}
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
			g.cancel()
			g.raw.Close()
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

// panicked notes a panic: where it was, never what it said, which could be a client's.
func (s *Server) panicked(where string, stack []byte) {
	s.panics.Add(1)
	s.log.Error("smtpgate: panic", "where", where, "stack", string(stack))
}

package adminport

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/refound"
	"troxymail/mail/accounts"
	"troxymail/mail/adminapi"
	"troxymail/mail/limit"
)

// Times of a connection.
const (
	// provenWithin is how long a connection may take for TLS and its first signed request.
	provenWithin = 10 * time.Second
	// idleTimeout is how long one that has proven itself may ask nothing.
	idleTimeout = 2 * time.Minute
	// operationTimeout is when an operation is given up with an unknown outcome.
	operationTimeout = 25 * time.Second
	// writeTimeout is how long a client may take to read a response.
	writeTimeout = 10 * time.Second
	// acceptPause is how long accepting rests after an error that may pass.
	acceptPause = 100 * time.Millisecond
)

// connectionCaps bound the connections; loopback and a site behind one address count as one.
var connectionCaps = limit.Caps{Total: 64, PreAuth: 32, PerAddress: 32, PerNetwork: 32}

// Protocol is what TLS negotiates (ALPN, RFC 7301): so nothing said to another port of this server is taken
// for a request here.
const Protocol = "troxymail-admin/1"

// Accounts does what administrators ask for; *accounts.Admin implements it. Safe for concurrent use.
type Accounts interface {
	Create(ctx context.Context, address, password string, quota uint64) error
	SetPassword(ctx context.Context, address, password string) error
	Enable(ctx context.Context, address string, enabled bool) error
	Remove(ctx context.Context, address string) error
	List(ctx context.Context) ([]accounts.Account, error)
	AddAppPassword(ctx context.Context, address, label, password string) error
	RemoveAppPassword(ctx context.Context, address, label string) error
	AppPasswords(ctx context.Context, address string) ([]string, error)
}

// Refounding founds the group without replicas that are gone for good; *replica.Replica implements it, whose methods
// are described there. Safe for concurrent use.
type Refounding interface {
	Propose(ctx context.Context, members []wire.ReplicaID) (*refound.Plan, error)
	Order(ctx context.Context, order []byte) error
}

// Options say for whom a Server speaks. All fields but Logger are required.
type Options struct {
	Replica uint16
	Genesis [32]byte          // hash of the genesis
	Admin   ed25519.PublicKey // pinned by the genesis
	TLS     *tls.Config       // with the server's certificate; made stricter here
	// Accounts is asked only while Active.
	Accounts Accounts
	// Active reports whether the enclave orders commands; while it does not, Status and Refounding are all there is.
	// Safe for concurrent use.
	Active     func() bool
	Refounding Refounding
	// Status says how the replica fares, before it is ready too. It returns by itself within seconds.
	Status func(context.Context) adminapi.Status
	// Beside serves connections that negotiate another protocol (ALPN) at the same port; may be nil.
	Beside map[string]Handler
	Rand   io.Reader    // crypto/rand.Reader outside of tests
	Logger *slog.Logger // nil: discard
}

// Handler serves the connections of another protocol. What it requires of who connects is its own affair.
type Handler struct {
	TLS *tls.Config // has the protocol in NextProtos
	// Serve serves one connection after its handshake, sets its own deadlines, and returns when ctx ends.
	Serve func(ctx context.Context, c *tls.Conn)
}

// Server serves administrators. Safe for concurrent use.
type Server struct {
	o     Options
	tls   *tls.Config
	conns *limit.Conns
	ctx   context.Context // ends with Close
	stop  context.CancelFunc
	live  sync.WaitGroup

	mu   sync.Mutex
	open map[io.Closer]struct{} // listeners and connections; nil after Close; guarded by mu
}

// New returns a server; Close ends it.
func New(o Options) *Server {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := o.TLS.Clone()
	c.MinVersion, c.SessionTicketsDisabled, c.NextProtos = tls.VersionTLS13, true, []string{Protocol}
	c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		for _, p := range hello.SupportedProtos {
			if h, ok := o.Beside[p]; ok {
				return h.TLS, nil
			}
		}
		return nil, nil // the configuration that it is part of
	}
	s := &Server{o: o, tls: c, conns: limit.NewConns(connectionCaps), open: map[io.Closer]struct{}{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Serve accepts connections until Close (nil), or until l fails for good. It closes l.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if !s.enlist(l) {
		return nil
	}
	defer s.delist(l)
	for {
		c, err := l.Accept()
		switch {
		case err == nil:
			s.accept(c)
		case s.ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("adminport: listener was closed: %w", err)
		default:
			select {
			case <-time.After(acceptPause):
			case <-s.ctx.Done():
				return nil
			}
		}
	}
}

// Close ends all connections, whatever they do, and waits for them. Operations under way have an unknown
// outcome.
func (s *Server) Close() error {
	s.stop()
	s.mu.Lock()
	for c := range s.open {
		_ = c.Close()
	}
	s.open = nil
	s.mu.Unlock()
	s.live.Wait()
	return nil
}

// accept lets a connection's goroutine run, or turns the connection away.
func (s *Server) accept(c net.Conn) {
	ticket, err := s.conns.Open(peerOf(c))
	if err != nil {
		_ = c.Close()
		return
	}
	if !s.enlist(c) {
		ticket.Close()
		_ = c.Close()
		return
	}
	go func() { // enlist counted it in live
		defer s.delist(c)
		defer ticket.Close()
		defer c.Close()
		s.serve(c, ticket)
	}()
}

// enlist notes what Close must close; false after Close.
func (s *Server) enlist(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return false
	}
	s.open[c] = struct{}{}
	s.live.Add(1)
	return true
}

func (s *Server) delist(c io.Closer) {
	s.mu.Lock()
	delete(s.open, c)
	s.mu.Unlock()
	s.live.Done()
}

func peerOf(c net.Conn) netip.Addr {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr()
	}
	return netip.Addr{}
}

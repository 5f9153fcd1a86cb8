package session

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"troxymail/cache/content"
	"troxymail/enclave/seal"
	"troxymail/mail/auth"
)

// Options are what New needs. Cluster and Keys are required.
type Options struct {
	Cluster Cluster
	Keys    seal.Keys
	Cache   *content.Cache      // opened summaries and bodies; nil: one of the default size
	Now     func() time.Time    // nil: time.Now
	Rand    io.Reader           // nil: crypto/rand.Reader
	Auth    *auth.Authenticator // nil: one with default limits
	Limits  Limits              // zero fields: defaults
	Logger  *slog.Logger        // nil: discard; never gets secrets, addresses, names or content
}

// Server makes sessions; one in each enclave. Safe for concurrent use.
type Server struct {
	options Options
}

// New returns a server over the cluster.
func New(o Options) *Server { return &Server{options: o} }

// Login checks a password and returns the session of one connection. Errors are *imap.Error:
// AUTHENTICATIONFAILED, AUTHORIZATIONFAILED (disabled), UNAVAILABLE, LIMIT.
func (s *Server) Login(ctx context.Context, peer netip.Addr, username, password string) (*Session, error) {
	return nil, nil
}

package session

import (
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/cache/content"
	"troxymail/enclave/seal"
	"troxymail/mail/auth"
	"troxymail/mailstore/command"
)

// Options are what New needs. Cluster and Keys are required.
type Options struct {
	Cluster Cluster
	Reader  Reader // validated reads; nil: every read is ordered
	Bounded bool   // FETCH of content alone does without a validation for BoundedReads after the last one
	Keys    seal.Keys
	Cache   *content.Cache      // opened summaries and bodies; nil: one of the default size
	Parts   *content.Cache      // parts of mailboxes; nil: one of content.PartsBytes
	Now     func() time.Time    // nil: time.Now
	Rand    io.Reader           // nil: crypto/rand.Reader; safe for concurrent use
	Auth    *auth.Authenticator // nil: one with default costs and bounds
	Limits  Limits              // zero fields: defaults
	Logger  *slog.Logger        // nil: discard; never gets secrets, addresses, names or content
}

// Server makes sessions; one in each enclave. Safe for concurrent use.
type Server struct {
	cluster Cluster
	reader  Reader // may be nil
	bounded bool
	keys    seal.Keys
	cache   *content.Cache
	parts   *content.Cache
	now     func() time.Time
	rand    io.Reader
	auth    *auth.Authenticator
	limits  Limits
	log     *slog.Logger

	current, checked, ordered, refused, unasked atomic.Uint64 // ReadCounters

	appends *budget // bytes of messages being appended
	bodies  *budget // bytes of bodies opened outside of the cache

	mu       sync.Mutex
	throttle *auth.Throttle
	accounts map[command.AccountID]*account // those with sessions
}

// account is what the sessions of one account share.
type account struct {
	id       command.AccountID
	sessions int // under Server.mu
	names    atomic.Pointer[namespace]

	mu       sync.Mutex
	epoch    epoch                           // the latest that a session read or validated
	keywords map[command.MailboxID]*keywords // of mailboxes, as they were opened last
}

// saw notes what a session read or validated of the account.
func (a *account) saw(at epoch) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at.order >= a.epoch.order {
		a.epoch = at
	}
}

// latest returns the latest digest of the account that was seen.
func (a *account) latest() wire.Digest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.epoch.digest
}

// keep keeps n for all sessions of the account, unless a later version is there.
func (a *account) keep(n *namespace) {
	for {
		old := a.names.Load()
		if old != nil && old.version > n.version || a.names.CompareAndSwap(old, n) {
			return
		}
	}
}

// New returns a server over the cluster. Errors: no Cluster, randomness that fails.
func New(o Options) (*Server, error) {
	if o.Cluster == nil {
		return nil, errors.New("session: Options.Cluster is missing")
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Auth == nil {
		a, err := auth.New(auth.Options{Rand: o.Rand})
		if err != nil {
			return nil, err
		}
		o.Auth = a
	}
	if o.Cache == nil {
		o.Cache = content.New(content.DefaultBytes)
	}
	if o.Parts == nil {
		o.Parts = content.New(content.PartsBytes)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Limits.fill()
	return &Server{
		cluster: o.Cluster, reader: o.Reader, bounded: o.Bounded, keys: o.Keys, cache: o.Cache, parts: o.Parts, now: o.Now, rand: o.Rand, auth: o.Auth,
		limits: o.Limits, log: o.Logger,
		appends: newBudget(o.Limits.AppendInFlight), bodies: newBudget(o.Limits.BodiesInFlight),
		throttle: auth.NewThrottle(), accounts: make(map[command.AccountID]*account),
	}, nil
}

// enter counts a new session of an account; false when it has as many as it may.
func (s *Server) enter(id command.AccountID) (*account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[id]
	if a == nil {
		a = &account{id: id}
		s.accounts[id] = a
	}
	if a.sessions >= s.limits.SessionsPerAccount {
		return nil, false
	}
	a.sessions++
	return a, true
}

// leave ends what enter began; what the account's sessions shared goes with the last of them.
func (s *Server) leave(a *account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.sessions--; a.sessions == 0 {
		delete(s.accounts, a.id)
	}
}

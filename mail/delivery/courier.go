package delivery

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"troxymail/enclave/seal"
	"troxymail/mail/accounts"
	"troxymail/mailstore/command"
)

// Errors of Find and Deliver. Their texts name nothing of the inside.
var (
	// ErrUnknown: no account has the address, which is of the cluster's domain.
	ErrUnknown = errors.New("delivery: no such address here")
	// ErrElsewhere: no account has the address, which is of another domain.
	ErrElsewhere = errors.New("delivery: the address is of another domain")
	// ErrDisabled: the account is disabled.
	ErrDisabled = errors.New("delivery: the account is disabled")
	// ErrOverQuota: the account has no room for the message now.
	ErrOverQuota = errors.New("delivery: the account is over its quota")
	// ErrTooLarge: the message alone is larger than the account's quota.
	ErrTooLarge = errors.New("delivery: the message is larger than the account may hold")
	// ErrLimit: the account's INBOX holds as many messages as may be.
	ErrLimit = errors.New("delivery: the mailbox is full")
	// ErrChanged: the account was removed and made anew meanwhile; nothing was stored.
	ErrChanged = errors.New("delivery: the account changed meanwhile")
	// ErrUnavailable: no quorum answered in time; a delivery's outcome is unknown.
	ErrUnavailable = accounts.ErrUnavailable
	// ErrInternal: a fault of our own, which was logged.
	ErrInternal = errors.New("delivery: internal error")
)

// Cluster is what deliveries need of the replicated state. Safe for concurrent use.
type Cluster interface {
	accounts.Cluster
	// StoreBody makes a sealed body over wire.InlineBodyBytes durable at f+1 replicas. ErrUnavailable when too
	// few confirm before ctx ends.
	StoreBody(ctx context.Context, sealed []byte) error
}

// Options are what New needs. Cluster, Keys and Domain are required.
type Options struct {
	Cluster Cluster
	Keys    seal.Keys
	Domain  string           // the cluster's mail domain, lower case
	Now     func() time.Time // nil: time.Now
	Rand    io.Reader        // nil: crypto/rand.Reader; safe for concurrent use
	Logger  *slog.Logger     // nil: discard; never gets secrets, addresses or content
}

// Courier finds recipients and delivers to them. Safe for concurrent use.
type Courier struct {
	cluster Cluster
	keys    seal.Keys
	domain  string
	now     func() time.Time
	rand    io.Reader
	log     *slog.Logger

	mu         sync.Mutex
	inboxes    map[command.AccountID]inbox // at most maxInboxes
	postmaster fallback
}

// maxInboxes bounds the INBOXes that a courier remembers: 52 bytes and a map's overhead each.
const maxInboxes = 16_384

// New returns a courier. Error: an option that is required is missing.
func New(o Options) (*Courier, error) {
	if o.Cluster == nil || o.Domain == "" {
		return nil, errors.New("delivery: Options.Cluster or Options.Domain is missing")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Courier{
		cluster: o.Cluster, keys: o.Keys, domain: o.Domain, now: o.Now, rand: o.Rand, log: o.Logger,
		inboxes: make(map[command.AccountID]inbox),
	}, nil
}

// Domain returns the cluster's mail domain.
func (c *Courier) Domain() string { return c.domain }

// internal notes a fault of our own and returns what callers hear of it.
func (c *Courier) internal(what string, err error) error {
	c.log.Error("delivery: cannot "+what, "error", err)
	return ErrInternal
}

// unanswered notes what the cluster could not do; a caller that gave up hears the same.
func (c *Courier) unanswered(what string, err error) error {
	if !errors.Is(err, context.Canceled) {
		c.log.Warn("delivery: cannot "+what, "error", err)
	}
	return ErrUnavailable
}

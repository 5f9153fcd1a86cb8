package session

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/mail/accounts"
	"troxymail/mail/auth"
	"troxymail/mailstore/command"
)

// Guest is one connection before its login: it remembers how often that failed, so that every attempt on a
// connection waits longer. Not safe for concurrent use.
type Guest struct {
	server   *Server
	peer     netip.Addr
	failures int
}

// NewGuest returns the guest of a new connection from peer.
func (s *Server) NewGuest(peer netip.Addr) *Guest { return &Guest{server: s, peer: peer} }

// Failures returns how many logins failed on the connection: an engine closes it after some.
func (g *Guest) Failures() int { return g.failures }

// Login is NewGuest(peer).Login, for one attempt.
func (s *Server) Login(ctx context.Context, peer netip.Addr, username, password string) (*Session, error) {
	return s.NewGuest(peer).Login(ctx, username, password)
}

// Login checks a password and returns the session of this connection; Close ends it. The username is the
// account's address. It may wait seconds: for earlier failures of the connection, the address prefix or the
// account, and for its turn. Errors are *imap.Error: AUTHENTICATIONFAILED (wrong password or no such
// account, alike in text and cost), AUTHORIZATIONFAILED (disabled), LIMIT (sessions of the account),
// UNAVAILABLE (no quorum, too many logins at once, or ctx ended: never counted as a failed login).
func (g *Guest) Login(ctx context.Context, username, password string) (*Session, error) {
	_, record, vault, err := g.check(ctx, username, password)
	if err != nil {
		return nil, err
	}
	a, ok := g.server.enter(record.Account)
	if !ok {
		return nil, errSessions
	}
	return newSession(g.server, a, vault, record.Version), nil
}

// Identity is who logged in where no mailbox is needed: to send mail.
type Identity struct {
	Address string // the account's, normalised
	Account command.AccountID
	Version uint64 // of the account at the login
}

// Authenticate is Login without a session: same delays, same counts, same errors but LIMIT.
func (g *Guest) Authenticate(ctx context.Context, username, password string) (Identity, error) {
	address, record, _, err := g.check(ctx, username, password)
	if err != nil {
		return Identity{}, err
	}
	return Identity{Address: address, Account: record.Account, Version: record.Version}, nil
}

// check checks a password, after the delays that earlier failures ask for, and returns the account's address
// and record and what opens its records.
func (g *Guest) check(ctx context.Context, username, password string) (
	string, *command.AccountRecord, *accounts.Vault, error) {
	s := g.server
	address, err := accounts.Normalize(username)
	if err != nil {
		address = "" // no account has it; it still costs what others do
	}
	id := accounts.ID(s.keys, address)
	if err := s.pause(ctx, g, id); err != nil {
		return "", nil, nil, errBusyLogin
	}
	record, err := s.readAccount(ctx, id)
	if err != nil {
		return "", nil, nil, err
	}
	vault, verifiers, err := s.open(record)
	if err != nil {
		return "", nil, nil, err
	}
	ok, err := s.auth.Check(ctx, verifiers, password)
	if err != nil {
		return "", nil, nil, errBusyLogin
	}
	if !ok {
		s.failed(g, id)
		return "", nil, nil, errAuthFailed
	}
	s.succeeded(g, id)
	if !record.Enabled {
		return "", nil, nil, errDisabled
	}
	return address, record, vault, nil
}

// pause waits as long as earlier failures ask for.
func (s *Server) pause(ctx context.Context, g *Guest, id command.AccountID) error {
	s.mu.Lock()
	d := s.throttle.Delay(s.now(), g.peer, id, g.failures)
	s.mu.Unlock()
	if d == 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) failed(g *Guest, id command.AccountID) {
	g.failures++
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttle.Failed(s.now(), g.peer, id)
}

func (s *Server) succeeded(g *Guest, id command.AccountID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttle.Succeeded(s.now(), g.peer, id)
}

// readAccount reads an account from the cluster; nil when there is none.
func (s *Server) readAccount(ctx context.Context, id command.AccountID) (*command.AccountRecord, error) {
	out, err := s.cluster.Do(ctx, &command.AccountRead{Account: id})
	if err != nil {
		s.logFailure("read an account", err)
		return nil, errNoQuorum
	}
	switch out.Status {
	case command.StatusOK:
	case command.StatusNoAccount:
		return nil, nil
	default:
		return nil, errInternal
	}
	record, err := command.DecodeAccountRecord(out.Payload)
	if err != nil || record.Account != id {
		s.log.Error("session: the cluster's account record does not decode")
		return nil, errInternal
	}
	return &record, nil
}

// open unwraps an account's key and opens its verifiers; for no account it returns none.
func (s *Server) open(r *command.AccountRecord) (*accounts.Vault, auth.Verifiers, error) {
	if r == nil {
		return nil, nil, nil
	}
	vault, err := accounts.OpenVault(s.keys, s.rand, r)
	if err != nil {
		s.log.Error("session: an account's key does not open")
		return nil, nil, errDamaged
	}
	verifiers, err := vault.OpenVerifiers(r.Verifiers)
	if err != nil {
		s.log.Error("session: an account's verifiers do not open")
		return nil, nil, errDamaged
	}
	return vault, verifiers, nil
}

// logFailure notes what the cluster could not do; a caller that gave up is no failure.
func (s *Server) logFailure(what string, err error) {
	if !errors.Is(err, context.Canceled) {
		s.log.Warn("session: cannot "+what, "error", err)
	}
}

// accountKeys are the keys whose change a session must hear of wherever it is.
func accountKeys(id command.AccountID) []wire.Key { return []wire.Key{command.AccountKey(id)} }

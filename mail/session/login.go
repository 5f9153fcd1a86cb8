package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/netip"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/mail/accounts"
	"troxymail/mail/auth"
	"troxymail/mailstore/command"
)

// Guest is one connection before its login: it remembers how often that failed, so that every attempt on a
// connection waits longer, and who logged in. Not safe for concurrent use.
type Guest struct {
	server   *Server
	peer     netip.Addr
	failures int
	address  string // who logged in
	record   *command.AccountRecord
	epoch    epoch // of the account
	vault    *accounts.Vault
}

// NewGuest returns the guest of a new connection from peer.
func (s *Server) NewGuest(peer netip.Addr) *Guest { return &Guest{server: s, peer: peer} }

// Failures returns how many logins failed on the connection: an engine closes it after some.
func (g *Guest) Failures() int { return g.failures }

// Login is NewGuest(peer).Login, for one attempt.
func (s *Server) Login(ctx context.Context, peer netip.Addr, username, password string) (*Session, error) {
	return s.NewGuest(peer).Login(ctx, username, password)
}

// Login is CheckPassword and Open.
func (g *Guest) Login(ctx context.Context, username, password string) (*Session, error) {
	if err := g.CheckPassword(ctx, username, password); err != nil {
		return nil, err
	}
	return g.Open()
}

// CheckPassword logs a guest in by a password. The username is the account's address. It may wait seconds: for
// earlier failures of the connection, the address prefix or the account, and for its turn. Errors are
// *imap.Error: AUTHENTICATIONFAILED (wrong password or no such account, alike in text and cost),
// AUTHORIZATIONFAILED (disabled), UNAVAILABLE (no quorum, too many logins at once, or ctx ended: never counted
// as a failed login).
func (g *Guest) CheckPassword(ctx context.Context, username, password string) error {
	return g.check(ctx, username, func(v auth.Verifiers, salt auth.Salt) (bool, error) {
		return g.server.auth.Check(ctx, v, salt, password)
	})
}

// Challenge returns what SCRAM tells a client that names an account: the same whether there is one or not.
func (g *Guest) Challenge(username string) (salt auth.Salt, iterations int) {
	_, id := g.server.account(username)
	return accounts.Salt(g.server.keys, id), g.server.auth.Iterations()
}

// CheckProof is CheckPassword by a proof of SCRAM; it returns the server's signature.
func (g *Guest) CheckProof(ctx context.Context, username string, p *auth.Proof) (signature [sha256.Size]byte, err error) {
	err = g.check(ctx, username, func(v auth.Verifiers, salt auth.Salt) (known bool, err error) {
		signature, known = g.server.auth.CheckProof(v, salt, p)
		return known, nil
	})
	return signature, err
}

// Open returns a session of who logged in; Close ends it. Call it once, after CheckPassword or CheckProof. LIMIT
// when the account has as many sessions as it may.
func (g *Guest) Open() (*Session, error) {
	if g.record == nil {
		return nil, errInternal
	}
	a, ok := g.server.enter(g.record.Account)
	if !ok {
		return nil, errSessions
	}
	return newSession(g.server, a, g.vault, g.record.Version, g.epoch), nil
}

// Identity is who logged in where no mailbox is needed: to send mail.
type Identity struct {
	Address string // the account's, normalised
	Account command.AccountID
	Version uint64 // of the account at the login
}

// Identity returns who logged in; the zero value when nobody did.
func (g *Guest) Identity() Identity {
	if g.record == nil {
		return Identity{}
	}
	return Identity{Address: g.address, Account: g.record.Account, Version: g.record.Version}
}

// account returns the address and id of the account that a client names. One that nobody can have still costs
// what others do.
func (s *Server) account(username string) (address string, id command.AccountID) {
	address, err := accounts.Normalize(username)
	if err != nil {
		address = ""
	}
	return address, accounts.ID(s.keys, address)
}

// check logs a guest in when judge says so, after the delays that earlier failures ask for.
func (g *Guest) check(ctx context.Context, username string, judge func(auth.Verifiers, auth.Salt) (bool, error)) error {
	s := g.server
	g.record = nil
	address, id := s.account(username)
	if err := s.pause(ctx, g, id); err != nil {
		return errBusyLogin
	}
	record, epoch, err := s.readAccount(ctx, id)
	if err != nil {
		return err
	}
	vault, verifiers, err := s.open(record)
	if err != nil {
		return err
	}
	ok, err := judge(verifiers, accounts.Salt(s.keys, id))
	if err != nil {
		return errBusyLogin
	}
	if !ok {
		s.failed(g, id)
		return errAuthFailed
	}
	s.succeeded(g, id)
	if !record.Enabled {
		return errDisabled
	}
	g.address, g.record, g.vault, g.epoch = address, record, vault, epoch
	return nil
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

// epoch is the digest of an account, as of an order.
type epoch struct {
	digest wire.Digest
	order  uint64
}

// readAccount reads an account from the cluster, with its epoch; nil when there is none.
func (s *Server) readAccount(ctx context.Context, id command.AccountID) (*command.AccountRecord, epoch, error) {
	out, err := s.cluster.Do(ctx, &command.AccountRead{Account: id})
	if err != nil {
		s.logFailure("read an account", err)
		return nil, epoch{}, errNoQuorum
	}
	at := epoch{out.Digest(command.AccountKey(id)), out.Order}
	switch out.Status {
	case command.StatusOK:
	case command.StatusNoAccount:
		return nil, at, nil
	default:
		return nil, epoch{}, errInternal
	}
	record, err := command.DecodeAccountRecord(out.Payload)
	if err != nil || record.Account != id {
		s.log.Error("session: the cluster's account record does not decode")
		return nil, epoch{}, errInternal
	}
	return &record, at, nil
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

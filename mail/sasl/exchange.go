package sasl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"

	"troxymail/mail/auth"
)

// The mechanisms.
const (
	SCRAM = "SCRAM-SHA-256"
	Plain = "PLAIN"
	Login = "LOGIN"
)

// Mechanisms are all that Begin knows, the best first.
var Mechanisms = []string{SCRAM, Plain, Login}

// Errors of Next that are not the Checker's. Their texts may be shown.
var (
	// ErrMalformed: the response breaks the mechanism's syntax.
	ErrMalformed = errors.New("sasl: malformed response")
	// ErrIdentity: the client wants to act as another than who it logs in as.
	ErrIdentity = errors.New("sasl: you can log in only as yourself")
	// ErrBinding: the client demands channel binding.
	ErrBinding = errors.New("sasl: channel binding is not offered")
)

// Checker decides on logins; *session.Guest is one. Its errors are passed on as they are.
type Checker interface {
	// CheckPassword returns nil when the account of that name has that password.
	CheckPassword(ctx context.Context, username, password string) error
	// Challenge returns what SCRAM tells a client that names an account, whether there is one or not.
	Challenge(username string) (salt auth.Salt, iterations int)
	// CheckProof returns the server's signature when the proof was made with a password of the account.
	CheckProof(ctx context.Context, username string, p *auth.Proof) (signature [sha256.Size]byte, err error)
}

// Exchange is one authentication. Not safe for concurrent use.
type Exchange struct {
	checker Checker
	step    func(ctx context.Context, response []byte) (challenge []byte, done bool, err error)
}

// Begin begins an exchange; nil for a mechanism that is not of Mechanisms, whose names have no case. nonce is
// the server's part of SCRAM's: printable, without comma, never used before.
func Begin(mechanism string, c Checker, nonce string) *Exchange {
	x := &Exchange{checker: c}
	switch strings.ToUpper(mechanism) {
	case SCRAM:
		s := &scram{checker: c, nonce: nonce}
		x.step = s.first
		s.next = func(f stepFunc) { x.step = f }
	case Plain:
		x.step = x.plain
	case Login:
		x.step = (&login{checker: c}).next
	default:
		return nil
	}
	return x
}

type stepFunc = func(ctx context.Context, response []byte) (challenge []byte, done bool, err error)

// Next takes a client's response, decoded: nil when there is none yet, as at a start without an initial
// response. It returns a challenge to send, or done when the Checker let the client in and nothing is left to
// say. After an error or done the exchange is over: ErrMalformed from then on.
func (x *Exchange) Next(ctx context.Context, response []byte) (challenge []byte, done bool, err error) {
	challenge, done, err = x.step(ctx, response)
	if done || err != nil {
		x.step = over
	}
	return challenge, done, err
}

func over(context.Context, []byte) ([]byte, bool, error) { return nil, false, ErrMalformed }

// plain is RFC 4616.
func (x *Exchange) plain(ctx context.Context, response []byte) ([]byte, bool, error) {
	if response == nil {
		return []byte{}, false, nil
	}
	parts := bytes.Split(response, []byte{0})
	if len(parts) != 3 {
		return nil, false, ErrMalformed
	}
	identity, username, password := string(parts[0]), string(parts[1]), string(parts[2])
	if identity != "" && identity != username {
		return nil, false, ErrIdentity
	}
	if err := x.checker.CheckPassword(ctx, username, password); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}

// login is for clients that know nothing else.
type login struct {
	checker  Checker
	username string
	named    bool
}

func (l *login) next(ctx context.Context, response []byte) ([]byte, bool, error) {
	switch {
	case response == nil && !l.named:
		return []byte("Username:"), false, nil
	case !l.named: // an initial response is the user name
		l.username, l.named = string(response), true
		return []byte("Password:"), false, nil
	}
	if err := l.checker.CheckPassword(ctx, l.username, string(response)); err != nil {
		return nil, false, err
	}
	return nil, true, nil
}

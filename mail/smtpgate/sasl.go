package smtpgate

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"
	gosasl "github.com/emersion/go-sasl"

	"troxymail/mail/sasl"
)

// exchange is a SASL exchange in the form that the engine takes.
type exchange struct {
	guard *guard
	inner *sasl.Exchange
}

var _ gosasl.Server = exchange{}

// Next implements gosasl.Server. Every error of it may be shown.
func (x exchange) Next(response []byte) (challenge []byte, done bool, err error) {
	err = backend{x.guard}.safely("auth", func() (r *reply) {
		challenge, done, r = x.guard.authenticate(x.inner, response)
		return r
	})
	return challenge, done, err
}

// authenticate takes one response of a client that wants to log in.
func (g *guard) authenticate(x *sasl.Exchange, response []byte) (challenge []byte, done bool, r *reply) {
	ctx, cancel := context.WithTimeout(g.ctx, g.server.limits.PreAuth)
	defer cancel()
	challenge, done, err := x.Next(ctx, response)
	if err != nil {
		r, wrong := loginReply(err)
		if wrong {
			if g.failures++; g.failures >= failedLogins {
				g.fatal = replyFailed
			}
		}
		return nil, false, r
	}
	if done {
		g.loggedIn()
	}
	return challenge, done, nil
}

// loginReply returns what a client hears of a login that failed, and whether the password was wrong.
func loginReply(err error) (r *reply, wrong bool) {
	switch {
	case errors.Is(err, sasl.ErrMalformed):
		return replyMalformed, false
	case errors.Is(err, sasl.ErrIdentity):
		return replyAsYourself, false
	case errors.Is(err, sasl.ErrBinding):
		return replyNoBinding, false
	}
	var e *imap.Error
	if errors.As(err, &e) {
		switch e.Code {
		case imap.ResponseCodeAuthenticationFailed:
			return replyWrong, true
		case imap.ResponseCodeAuthorizationFailed:
			return replySuspended, false
		}
	}
	return replyLater, false
}

package service

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"

	"troxymail/enclave/seal"
	"troxymail/mail/delivery"
	"troxymail/mail/limit"
	"troxymail/mail/session"
	"troxymail/mail/smtpgate"
)

// newSMTP makes the SMTP server. Its logins are those of the sessions, so that failures count in one place.
func newSMTP(o *Options, over cluster, keys seal.Keys, sessions *session.Server, config *tls.Config,
	conns *limit.Conns) (*smtpgate.Server, error) {
	courier, err := delivery.New(delivery.Options{
		Cluster: over, Keys: keys, Domain: o.Genesis.Domain, Rand: rand.Reader, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	return smtpgate.New(smtpgate.Options{
		Courier: courier, Guests: func(peer netip.Addr) smtpgate.Guest { return sessions.NewGuest(peer) },
		TLSConfig: config, PlainOnLoopback: o.PlainOnLoopback, Simulated: o.Simulated, Conns: conns, Logger: o.Logger,
	})
}

// serveSMTP serves the listeners that there are.
func (s *Service) serveSMTP(ctx context.Context, stop context.CancelCauseFunc, group *sync.WaitGroup, ports Listeners) {
	for _, p := range []struct {
		name  string
		l     net.Listener
		mode  smtpgate.Mode
		serve func(net.Listener, smtpgate.Mode) error
	}{
		{"submission", ports.Submission, smtpgate.Submission, s.smtp.ServePlain},
		{"submissions", ports.Submissions, smtpgate.Submission, s.smtp.ServeTLS},
		{"smtp", ports.SMTP, smtpgate.Intake, s.smtp.ServePlain},
	} {
		if p.l != nil {
			group.Go(func() {
				s.serve(ctx, stop, p.name, p.l, func(l net.Listener) error { return p.serve(l, p.mode) })
			})
		}
	}
}

package service

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/genesis"
	"troxymail/enclave/handover"
	"troxymail/enclave/replica"
	"troxymail/enclave/seal"
	"troxymail/mail/accounts"
	"troxymail/mail/adminport"
	"troxymail/mail/auth"
	"troxymail/mail/imapgate"
	"troxymail/mail/limit"
	"troxymail/mail/session"
	"troxymail/mail/smtpgate"
	"troxymail/mailstore/command"
)

const (
	// storeTimeout is when storing a large body at f+1 replicas is given up.
	storeTimeout = 60 * time.Second
	// stopTimeout is how long clients may finish their commands when the service stops.
	stopTimeout = 3 * time.Second
)

// ErrCertificate is returned by New for a server certificate that is not for this replica's TLS key.
var ErrCertificate = errors.New("service: the server certificate is not for this replica's key; issue a new one")

// Listeners accept clients: IMAP and submission with STARTTLS, and with TLS from the first byte (IMAPS,
// Submissions), SMTP for mail from elsewhere, and over HTTPS those that ask how to reach the others
// (Autoconfig). The last four may be nil: not served then.
type Listeners struct{ IMAP, IMAPS, Submission, Submissions, SMTP, Autoconfig net.Listener }

func (l Listeners) close() {
	for _, x := range []net.Listener{l.IMAP, l.IMAPS, l.Submission, l.Submissions, l.SMTP, l.Autoconfig} {
		if x != nil {
			_ = x.Close()
		}
	}
}

// Options say what a Service is made of. All fields but Name, PlainOnLoopback, Bounded, Ordered and Simulated are required.
type Options struct {
	Self    wire.ReplicaID
	Genesis genesis.File
	Secrets *genesis.Secrets
	// Certificate is the server's certificate chain, DER, leaf first. Public; from the host.
	Certificate [][]byte
	Link        boundary.Link
	// Listen opens the ports for clients. It is called once, when the replica can serve; the service
	// closes what it returned.
	Listen func() (Listeners, error)
	// Name is the host name that mail programs are told to connect to; it is in the certificate. Empty: they are
	// told nothing.
	Name string
	// PlainOnLoopback lets clients of this machine log in without TLS: for the demo.
	PlainOnLoopback bool
	// Bounded lets sessions show content that they know of for session.BoundedReads after a validation, without another.
	Bounded bool
	// Ordered has sessions order every read as they do writes: what fast reads are measured against.
	Ordered bool
	// Simulated says that the platform protects nothing, so that greetings can say it.
	Simulated bool
	// Platform is the name of what the enclave runs in, for status.
	Platform string
	// Admin accepts administrators from the start, so that a replica that does not serve yet can say why;
	// the service closes it. Nil for none.
	Admin net.Listener
	// Handover gives the group's key to enclaves that prove what they are, at the Admin port; nil for not.
	Handover *handover.Giver
	// Unsafe lets the enclave continue from what its host's log shows, without its peers: for tests of one replica.
	Unsafe bool
	// Computing is called around each check of a password (auth.Options). Nil for nothing.
	Computing func() (done func())
	Logger    *slog.Logger
}

// Service is the trusted side of one replica. Make it with New, then call Run.
type Service struct {
	o        Options
	replica  *replica.Replica
	sessions *session.Server
	imap     *imapgate.Server
	smtp     *smtpgate.Server
	tls      *tls.Config
	admin    *accounts.Admin
	port     *adminport.Server
	serving  chan struct{} // closed when clients are accepted
}

// New puts a service together; nothing runs yet. Errors: ErrCertificate, genesis.ErrFile.
func New(o Options) (*Service, error) {
	if err := o.Genesis.Validate(); err != nil {
		return nil, err
	}
	group, err := quorum.New(o.Genesis.Replicas)
	if err != nil {
		return nil, err
	}
	serverTLS, err := tlsConfig(o.Certificate, o.Secrets)
	if err != nil {
		return nil, err
	}
	keys := o.Secrets.Keys(o.Genesis.Hash())
	start := time.Now()
	var founding wire.Founding // zero: nothing of the host's log is believed but in a founding
	if o.Unsafe {
		founding = o.Genesis.Founding()
	}
	s := &Service{o: o, serving: make(chan struct{})}
	s.replica = replica.New(replica.Options{
		Group: group, Self: o.Self, Pillars: o.Genesis.Pillars, Founding: founding, Link: o.Link, Logger: o.Logger,
		Genesis: o.Genesis.Hash(), Admin: o.Genesis.Admin,
		Certificate: keys.Key(seal.PurposeCertificate), Request: keys.Key(seal.PurposeRequest), Reply: keys.Key(seal.PurposeReply),
		Cache: keys.Key(seal.PurposeCache),
		Now:   func() int64 { return int64(time.Since(start)) + 1 },
	})
	over := cluster{r: s.replica}
	authenticator, err := auth.New(auth.Options{Rand: rand.Reader, Computing: o.Computing})
	if err != nil {
		return nil, err
	}
	var reader session.Reader = over
	if o.Ordered {
		reader = nil
	}
	sessions, err := session.New(session.Options{
		Cluster: over, Reader: reader, Bounded: o.Bounded, Keys: keys, Auth: authenticator, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	s.sessions = sessions
	s.admin = &accounts.Admin{Cluster: over, Keys: keys, Auth: authenticator, Rand: rand.Reader}
	s.tls = serverTLS
	s.port = s.newAdminPort(serverTLS)
	conns := limit.NewConns(limit.DefaultCaps())
	s.imap, err = imapgate.New(imapgate.Options{
		Sessions: imapgate.FromServer(sessions), TLSConfig: serverTLS, PlainOnLoopback: o.PlainOnLoopback,
		Simulated: o.Simulated, Conns: conns, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	s.smtp, err = newSMTP(&o, over, keys, sessions, serverTLS, conns)
	return s, err
}

// tlsConfig makes the server's TLS configuration: TLS 1.2 or newer.
func tlsConfig(chain [][]byte, secrets *genesis.Secrets) (*tls.Config, error) {
	if len(chain) == 0 {
		return nil, ErrCertificate
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	key := secrets.ServerKey()
	if public, ok := key.Public().(interface{ Equal(x crypto.PublicKey) bool }); !ok || !public.Equal(leaf.PublicKey) {
		return nil, ErrCertificate
	}
	certificate := tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf}
	return &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12,
		// A ticket is of no use at another replica, and one that comes while the client writes breaks clients
		// that read in a thread of their own (imaplib2).
		SessionTicketsDisabled: true,
	}, nil
}

// Ready is closed when the enclave is ACTIVE and commands can be ordered.
func (s *Service) Ready() <-chan struct{} { return s.replica.Ready() }

// Admin does what an administrator asked for; the caller has checked who asks.
func (s *Service) Admin() *accounts.Admin { return s.admin }

// Stats returns what the enclave saw and refused.
func (s *Service) Stats() replica.Stats { return s.replica.Stats() }

// Serving is closed when clients are accepted.
func (s *Service) Serving() <-chan struct{} { return s.serving }

// Run runs the enclave and, once the group has answered it, serves clients, until ctx ends (nil) or the
// link to the host closes (boundary.ErrClosed). Then no listener is open any more. The caller closes the
// link.
func (s *Service) Run(ctx context.Context) error {
	run, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var group sync.WaitGroup
	// The runtime outlives the clients, whose commands it is still to answer.
	runtime, stopRuntime := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRuntime()
	group.Go(func() {
		if err := s.replica.Run(runtime); err != nil {
			stop(fmt.Errorf("service: enclave: %w", err))
		}
	})
	group.Go(func() { s.report(run) })
	group.Go(func() { s.followLag(run) })
	if s.o.Admin != nil {
		group.Go(func() { s.serve(run, stop, "admin", s.o.Admin, s.port.Serve) })
	}
	var ports Listeners
	if err := s.awaitGroup(run); err == nil {
		if ports, err = s.o.Listen(); err != nil {
			stop(fmt.Errorf("service: %w", err))
		} else {
			group.Go(func() { s.serve(run, stop, "imap", ports.IMAP, s.imap.ServePlain) })
			group.Go(func() { s.serve(run, stop, "imaps", ports.IMAPS, s.imap.ServeTLS) })
			s.serveSMTP(run, stop, &group, ports)
			s.serveAutoconfig(run, stop, &group, ports)
			close(s.serving)
		}
	}
	<-run.Done()
	ports.close()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	var gates sync.WaitGroup
	gates.Go(func() { _ = s.smtp.Shutdown(grace) })
	_ = s.imap.Shutdown(grace)
	gates.Wait()
	_ = s.port.Close()
	stopRuntime()
	group.Wait()
	if cause := context.Cause(run); ctx.Err() == nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// awaitGroup waits until the enclave is ACTIVE and a command of its own was ordered and answered: before
// that it could serve nobody, and clients do better at another replica. It returns ctx's error.
func (s *Service) awaitGroup(ctx context.Context) error {
	select {
	case <-s.replica.Ready():
	case <-ctx.Done():
		return ctx.Err()
	}
	for ctx.Err() == nil {
		if _, err := s.replica.Do(ctx, &command.Ping{AsRead: true}); err == nil {
			return nil
		} else if !errors.Is(err, replica.ErrUnavailable) {
			<-ctx.Done() // stopped: Run ends for its own reason
		}
	}
	return ctx.Err()
}

func (s *Service) serve(ctx context.Context, stop context.CancelCauseFunc, name string, l net.Listener, serve func(net.Listener) error) {
	if err := serve(l); err != nil && ctx.Err() == nil {
		stop(fmt.Errorf("service: %s: %w", name, err))
	}
}

package handover

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"troxymail/enclave/genesis"
)

// MaxSessions bounds the handovers that a giver takes part in at a time.
const MaxSessions = 4

// ErrBusy is returned by Give while MaxSessions are under way.
var ErrBusy = errors.New("handover: too many at a time")

// Giver hands the group's key over. Safe for concurrent use.
type Giver struct {
	o        Options
	secrets  *genesis.Secrets
	instance *instance
	sessions chan struct{} // holds one element for each session
}

// NewGiver returns a giver of an enclave with secrets; nil for one that has none itself, and says so.
func NewGiver(o Options, secrets *genesis.Secrets) (*Giver, error) {
	i, err := newInstance(o.Rand)
	return &Giver{o: o, secrets: secrets, instance: i, sessions: make(chan struct{}, MaxSessions)}, err
}

// TLS is the configuration of the connections that Give is called with.
func (g *Giver) TLS() *tls.Config { return g.instance.config() }

// Give takes the giver's part on a connection with the configuration TLS, whose handshake it completes. It
// returns nil when the key was given. The caller closes c. Errors: ErrBusy, ErrChannel, ErrFrame, ErrGenesis,
// ErrReplica, ErrEvidence, ErrNoKey, those of the connection.
func (g *Giver) Give(ctx context.Context, c *tls.Conn) error {
	select {
	case g.sessions <- struct{}{}:
		defer func() { <-g.sessions }()
	default:
		return ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	if err := c.SetDeadline(time.Now().Add(sessionTimeout)); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = c.NetConn().Close() })()
	if err := c.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrChannel, err)
	}
	channel, err := g.instance.open(c, roleGiver)
	if err != nil {
		return err
	}
	return g.give(c, channel)
}

func (g *Giver) give(c *tls.Conn, on *channel) error {
	mine, err := g.o.hello(roleGiver)
	if err != nil {
		return err
	}
	frame, err := readFrame(c)
	if err != nil {
		return err
	}
	theirs, err := decodeHello(frame)
	if err != nil {
		return err
	}
	if err := writeFrame(c, mine.append(nil)); err != nil {
		return err
	}
	evidence, err := readFrame(c) // read whatever the verdict is: who still writes cannot hear it
	if err != nil {
		return err
	}
	switch {
	case theirs.role != roleReceiver:
		return ErrFrame
	case theirs.genesis != g.o.Genesis:
		return errors.Join(ErrGenesis, say(c, answer{verdict: foreignGenesis}))
	case theirs.replica == g.o.Self || int(theirs.replica) >= g.o.Replicas:
		return errors.Join(ErrReplica, say(c, answer{verdict: badReplica}))
	case g.secrets == nil:
		return errors.Join(ErrNoKey, say(c, answer{verdict: noKey}))
	}
	if err := g.o.check(roleReceiver, evidence, on, &mine, &theirs); err != nil {
		return errors.Join(err, say(c, answer{verdict: refused}))
	}
	evidence, err = g.o.attest(roleGiver, on, &mine, &theirs)
	if err != nil {
		return err
	}
	if err := say(c, answer{verdict: given, body: evidence}); err != nil {
		return err
	}
	// The receiver asks for the key once it knows who would give it.
	if frame, err = readFrame(c); err != nil {
		return err
	}
	if len(frame) != 0 {
		return ErrFrame
	}
	key := g.secrets.GroupKey().Bytes()
	err = say(c, answer{verdict: given, body: key[:]})
	clear(key[:])
	return err
}

func say(c *tls.Conn, a answer) error { return writeFrame(c, a.append(nil)) }

// Serve gives on a listener of its own until ctx ends (nil) or l fails. It closes l, and waits for its
// sessions.
func (g *Giver) Serve(ctx context.Context, l net.Listener) error {
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	defer l.Close()
	var live sync.WaitGroup
	defer live.Wait()
	for {
		raw, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("handover: %w", err)
		}
		live.Go(func() {
			defer raw.Close()
			_ = g.Give(ctx, tls.Server(raw, g.TLS())) // the receiver was told; nothing is left to do here
		})
	}
}

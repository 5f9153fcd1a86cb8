package handover

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"troxymail/enclave/genesis"
	"troxymail/enclave/seal"
)

const (
	connectTimeout = 5 * time.Second        // an attempt to reach one giver is given up
	reachAgain     = 250 * time.Millisecond // between two rounds of attempts in which none was reached
)

// ErrNobody is returned by Fetch without an address to ask.
var ErrNobody = errors.New("handover: name the address of at least one enclave that has the keys")

// Fetch asks the enclaves at addresses (host:port), one after the other, for the group's key, and returns
// the secrets made from it: the caller seals them and has a certificate issued for their TLS key. While none can be
// reached it tries again, for o.Patience. When none gives it, the error holds every one's reason.
func Fetch(ctx context.Context, o Options, addresses []string) (*genesis.Secrets, error) {
	if len(addresses) == 0 {
		return nil, ErrNobody
	}
	until := time.Now().Add(o.Patience)
	for {
		secrets, reached, err := fetchAny(ctx, o, addresses)
		if err == nil || reached || time.Now().Add(reachAgain).After(until) {
			return secrets, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(reachAgain):
		}
	}
}

// fetchAny tries every address once, until one gives the key; reached tells that one took the connection.
func fetchAny(ctx context.Context, o Options, addresses []string) (_ *genesis.Secrets, reached bool, _ error) {
	var failed []error
	for _, address := range addresses {
		dialer := net.Dialer{Timeout: connectTimeout}
		raw, err := dialer.DialContext(ctx, "tcp", address)
		var secrets *genesis.Secrets
		if err == nil {
			reached = true
			secrets, err = Receive(ctx, o, raw)
			_ = raw.Close()
		}
		if err == nil {
			return secrets, true, nil
		}
		failed = append(failed, fmt.Errorf("%s: %w", address, err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, reached, errors.Join(failed...)
}

// Receive takes the receiver's part on a connection to a giver. The caller closes raw. Errors: ErrChannel,
// ErrFrame, ErrGenesis, ErrReplica, ErrEvidence, ErrRefused, ErrNoKey, those of the connection.
func Receive(ctx context.Context, o Options, raw net.Conn) (*genesis.Secrets, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	if err := raw.SetDeadline(time.Now().Add(sessionTimeout)); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })()
	i, err := newInstance(o.Rand)
	if err != nil {
		return nil, err
	}
	c := tls.Client(raw, i.config())
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChannel, err)
	}
	channel, err := i.open(c, roleReceiver)
	if err != nil {
		return nil, err
	}
	key, err := o.receive(c, channel)
	if err != nil {
		return nil, err
	}
	return genesis.Received(key, o.Rand)
}

func (o *Options) receive(c *tls.Conn, on *channel) (key seal.GroupKey, err error) {
	mine, err := o.hello(roleReceiver)
	if err != nil {
		return key, err
	}
	if err := writeFrame(c, mine.append(nil)); err != nil {
		return key, err
	}
	frame, err := readFrame(c)
	if err != nil {
		return key, err
	}
	theirs, err := decodeHello(frame)
	switch {
	case err != nil:
		return key, err
	case theirs.role != roleGiver:
		return key, ErrFrame
	case theirs.genesis != o.Genesis:
		return key, ErrGenesis
	}
	evidence, err := o.attest(roleReceiver, on, &theirs, &mine)
	if err != nil {
		return key, err
	}
	if err := writeFrame(c, evidence); err != nil {
		return key, err
	}
	shown, err := hear(c)
	if err != nil {
		return key, err
	}
	if err := o.check(roleGiver, shown, on, &theirs, &mine); err != nil {
		return key, err
	}
	if err := writeFrame(c, nil); err != nil {
		return key, err
	}
	raw, err := hear(c)
	if err != nil {
		return key, err
	}
	if len(raw) != 32 {
		return key, ErrFrame
	}
	return seal.ParseGroupKey([32]byte(raw))
}

// hear reads a giver's answer and makes an error of a refusal.
func hear(c *tls.Conn) ([]byte, error) {
	frame, err := readFrame(c)
	if err != nil {
		return nil, err
	}
	a, err := decodeAnswer(frame)
	if err != nil {
		return nil, err
	}
	switch a.verdict {
	case given:
		return a.body, nil
	case refused:
		return nil, ErrRefused
	case foreignGenesis:
		return nil, ErrGenesis
	case noKey:
		return nil, ErrNoKey
	case badReplica:
		return nil, ErrReplica
	}
	return nil, ErrFrame
}

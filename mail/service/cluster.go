package service

import (
	"context"
	"errors"
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/enclave/replica"
	"troxymail/mail/session"
	"troxymail/mailstore/command"
)

// cluster gives sessions the enclave runtime in their own terms.
type cluster struct{ r *replica.Replica }

var (
	_ session.Cluster = cluster{}
	_ session.Reader  = cluster{}
)

func (c cluster) Do(ctx context.Context, cmd command.Command) (session.Outcome, error) {
	o, err := c.r.Do(ctx, cmd)
	return session.Outcome{Order: o.Order, Status: o.Status, Payload: o.Payload, Touched: o.Touched}, unavailable(err)
}

func (c cluster) Record(ctx context.Context, digest wire.Digest, size uint32) ([]byte, error) {
	record, err := c.r.Record(ctx, digest, size)
	if errors.Is(err, replica.ErrGone) {
		return nil, fmt.Errorf("%w: %w", session.ErrGone, err)
	}
	return record, unavailable(err)
}

func (c cluster) StoreBody(ctx context.Context, sealed []byte) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	err := c.r.StoreBody(ctx, sealed)
	if errors.Is(err, context.DeadlineExceeded) {
		err = replica.ErrUnavailable
	}
	return unavailable(err)
}

func (c cluster) Watch(keys []wire.Key) (<-chan struct{}, func()) { return c.r.Watch(keys) }

func (c cluster) Validate(ctx context.Context, keys []wire.Key) ([]wire.KeyVersion, bool) {
	return c.r.Validate(ctx, keys)
}

func (c cluster) Peek(ctx context.Context, cmd command.Command) (session.Seen, bool) {
	seen, ok := c.r.Peek(ctx, cmd)
	return session.Seen(seen), ok
}

// unavailable translates the runtime's ways of saying that the group did not answer.
func unavailable(err error) error {
	if errors.Is(err, replica.ErrUnavailable) || errors.Is(err, replica.ErrBusy) || errors.Is(err, replica.ErrStopped) {
		return fmt.Errorf("%w: %w", session.ErrUnavailable, err)
	}
	return err
}

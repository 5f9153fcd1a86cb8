package accounts

import (
	"context"
	"errors"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// ErrUnavailable is returned (wrapped) by a Cluster when no quorum answered in time. The outcome of the
// command is then unknown: it may be executed still.
var ErrUnavailable = errors.New("accounts: no quorum of replicas answers; the outcome is unknown")

// Outcome is what the cluster answered to a command: voted, and durable at f+1 replicas.
type Outcome struct {
	Order   uint64
	Status  wire.Status
	Payload []byte // decode it with mailstore/command; belongs to the caller
	// Touched are the digests of the command's keys at the end of the order, voted like the rest.
	Touched []wire.KeyDigest
}

// Digest returns the digest of k, zero when the outcome does not name it (or k names nothing that exists).
func (o *Outcome) Digest(k wire.Key) wire.Digest {
	for i := range o.Touched {
		if o.Touched[i].Key == k {
			return o.Touched[i].Digest
		}
	}
	return wire.Digest{}
}

// Cluster orders commands. Safe for concurrent use.
type Cluster interface {
	// Do orders one command and returns its outcome when f+1 replicas agree on it and made it durable.
	// ErrUnavailable when no quorum answers within the cluster's time, or ctx's error: both leave the
	// outcome unknown.
	Do(ctx context.Context, c command.Command) (Outcome, error)
}

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
}

// Cluster orders commands. Safe for concurrent use.
type Cluster interface {
	// Do orders one command and returns its outcome when f+1 replicas agree on it and made it durable.
	// ErrUnavailable when no quorum answers within the cluster's time, or ctx's error: both leave the
	// outcome unknown.
	Do(ctx context.Context, c command.Command) (Outcome, error)
}

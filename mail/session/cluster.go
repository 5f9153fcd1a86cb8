package session

import (
	"context"
	"errors"

	"troxymail/bftcore/wire"
	"troxymail/mail/accounts"
)

// ErrUnavailable is returned (wrapped) by Cluster.Do and Cluster.StoreBody when no quorum answered in
// time. The outcome is unknown: the command may be executed still.
var ErrUnavailable = accounts.ErrUnavailable

// ErrGone is returned (wrapped) by Cluster.Record when no host has the record any more: the message was
// expunged.
var ErrGone = errors.New("session: no host has the record")

// Outcome is what the cluster answered to a command: voted, and durable at f+1 replicas.
type Outcome = accounts.Outcome

// Cluster is what a session needs of the replicated state. Safe for concurrent use.
type Cluster interface {
	accounts.Cluster

	// Record returns a sealed summary or body by its digest, from any host; digest and size are checked.
	// The bytes belong to the caller and are not changed by it. ErrGone when nobody has it,
	// ErrUnavailable when nobody answers.
	Record(ctx context.Context, digest wire.Digest, size uint32) ([]byte, error)

	// StoreBody makes a sealed body over wire.InlineBodyBytes durable at f+1 replicas, so that an Append
	// may name it by digest. ErrUnavailable when too few confirm. sealed is not changed while it runs,
	// and not kept afterwards.
	StoreBody(ctx context.Context, sealed []byte) error

	// Watch gives hints, coalesced into one, that one of keys may have changed. The channel holds at most
	// one hint and is never closed; cancel ends the watch and may be called twice. Hints come from the
	// host: they may be missing or needless, so nothing but the timing of a read depends on them.
	Watch(keys []wire.Key) (changes <-chan struct{}, cancel func())
}

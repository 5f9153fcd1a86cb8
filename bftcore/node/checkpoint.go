package node

import (
	"context"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/transfer"
)

// Checkpoints is the part of the application that keeps states for others and takes one from them. Safe for
// concurrent use.
type Checkpoints interface {
	// Rooted returns the checkpoints above order after that are durable here, with all large bodies that they name, rising.
	Rooted(after uint64) []wire.Stable
	// Whole reports whether all large bodies that the state names are here: until then Rooted returns none.
	Whole() bool
	// Stable tells that a checkpoint is stable: what only older states need may go.
	Stable(s wire.Stable)
	// Read gives a peer parts of the state after order, or false when there is none to be read now. It keeps that state
	// for the peer for a while, and no other that it read before.
	Read(order uint64, by wire.ReplicaID) (transfer.Read, bool)
	// Kept reports whether there is such a state.
	Kept(order uint64) bool
	// Take begins to take over the state of a stable checkpoint.
	Take(s wire.Stable) (Taking, error)
	// Retrace begins a way to a stable checkpoint: the copy is at order at least, by the own log, or wraps ErrElsewhere.
	// It takes as long as copying the store does, and ends with ctx.
	Retrace(ctx context.Context, order uint64) (Way, error)
}

// Arrived is a state that was finished: a Taking after Finish, or a Way after Arrive.
type Arrived interface{ Abort() }

// Taking is a state that is being put together. One goroutine calls it; Own may read what is there.
type Taking interface {
	Head() transfer.Item
	Check(x transfer.Item, content []byte) ([]transfer.Item, error)
	// Own returns the content of a part from the own disk; empty when it is not there.
	Own(x transfer.Item) []byte
	// Add keeps a part that fits.
	Add(p *transfer.Part) error
	// Finish makes the state durable; Application.Install then puts it in the place of the present one.
	Finish() error
	// Abort ends it, also after Finish and Install. It leaves what was taken and not installed for another attempt.
	Abort()
}

// rooted tells the core of checkpoints that became durable; the executor calls it.
func (x *executor) rooted() {
	c := x.n.o.Checkpoints
	if c == nil {
		return
	}
	for _, s := range c.Rooted(x.lastRooted) { // after every batch: a look at former ones would cost a read each
		x.lastRooted = s.Order
		x.n.inbox.put(sourceSelf, 0, bftcore.Rooted{Order: s.Order, Root: s.Root})
	}
}

// boundary ends a durable piece of the store at a checkpoint.
func (x *executor) boundary(order uint64) error {
	if every := x.n.o.CheckpointEvery; every == 0 || order%every != 0 {
		return nil
	}
	return x.n.o.Application.Checkpoint()
}

// install puts a state that was taken over in the place of the present one, unless that came further by itself.
func (x *executor) install(t *taken) error {
	defer close(t.done)
	if x.n.o.Application.Applied() < t.stable.Order {
		// The log has to show that the checkpoint is stable before the store is there: see bftcore.Config.Vouches.
		if _, err := x.n.o.Log.Sync(); err != nil {
			return err
		}
		if err := x.n.o.Application.Install(t.state); err != nil {
			return err
		}
		x.n.roots.note(t.stable.Order, t.stable.Root)
		x.n.transfers.installed.Add(1)
		x.n.o.Logger.Info("transfer.installed", "order", t.stable.Order)
	}
	t.state.Abort()
	x.n.inbox.put(sourceSelf, 0, bftcore.Installed{Stable: t.stable})
	return nil
}

// taken is a finished state on its way to the executor.
type taken struct {
	stable wire.Stable
	state  Arrived
	done   chan struct{} // closed when it was installed, or is not to be
}

// NoteStable takes note of a checkpoint that f+1 replicas attested.
func (n *Node) NoteStable(s wire.Stable) {
	if s.Order <= n.stable.Load() {
		return
	}
	n.stable.Store(s.Order)
	if n.o.Checkpoints != nil {
		n.o.Checkpoints.Stable(s)
	}
	n.truncate()
}

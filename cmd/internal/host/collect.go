package host

import (
	"context"
	"errors"
	"os"

	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/state"
)

// bodyGrace is how many orders a large body stays after its last reference went: for sessions that still show
// the message (as with small records), and for requests that name a body which an earlier one named.
const bodyGrace = 65_536

// listLying lists the bodies on the disk that no message refers to and that the state machine does not know of:
// they were confirmed, and the host stopped before a request named them. Call it while nothing is applied.
func (h *Host) listLying() error {
	machine, order := h.machine(), h.machine().Applied()
	for d := range h.bodies.Stored() {
		if err := machine.Lying(d, order); err != nil {
			return err
		}
	}
	return nil
}

// runCollect removes large bodies that no stable checkpoint refers to, each time that checkpoints have moved far
// enough, until ctx ends.
func (h *Host) runCollect(ctx context.Context, n *node.Node) {
	looked := uint64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.filled.collect:
		}
		stable := h.keeping.stableOrder()
		if stable < looked+h.o.bodyGrace/16 {
			continue
		}
		done, err := h.collect(ctx, n, stable)
		if done {
			looked = stable
		}
		if err != nil && ctx.Err() == nil {
			h.o.Logger.Error("collect.failed", "cause", err.Error())
		}
	}
}

// collect removes the bodies whose last reference went bodyGrace orders before the stable checkpoint, and that no
// snapshot refers to: a snapshot of an order below that one does. Nothing goes while the store is behind the checkpoint:
// one that was lost is built anew from little, and knows nothing of what the orders name that it lacks. done is false then.
func (h *Host) collect(ctx context.Context, n *node.Node, stable uint64) (done bool, err error) {
	if h.machine().Applied() < stable {
		return false, nil
	}
	return true, h.collectUnused(ctx, n, stable)
}

func (h *Host) collectUnused(ctx context.Context, n *node.Node, stable uint64) error {
	if h.filled.all() {
		err := h.building.unless(func() error {
			return errors.Join(os.RemoveAll(h.path(takingName)), os.RemoveAll(h.path(partName)))
		})
		if err != nil {
			return err
		}
	}
	var after *wire.Digest
	for ctx.Err() == nil {
		store := h.store()
		list, err := state.Unused(store, after, fillKeys)
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			after = &list[i]
			since, unused, err := state.UnusedSince(store, list[i])
			if err != nil {
				return err
			}
			if !unused || since+h.o.bodyGrace > stable || since > h.keeping.oldest() {
				continue
			}
			if removed := n.Collect(ctx, list[i]); !removed {
				continue
			}
			h.collected.Add(1)
			if err := state.Forget(store, list[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

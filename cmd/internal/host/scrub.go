package host

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/blob"
	"troxymail/mailstore/state"
)

const (
	// scrubRate is how fast stored records are read to see that they are sound, in bytes a second: slow
	// enough to leave the disk to others.
	scrubRate = 16 << 20
	// scrubCost is what looking for a record counts beside its bytes.
	scrubCost = 4 << 10
	// scrubKeys is how many records are looked up at once.
	scrubKeys = 256
)

// scrub reads, once after each opening of the folder, every sealed record that messages refer to, and has
// those that are missing or damaged fetched from peers. It goes on where it stopped when an enclave goes and
// another comes.
type scrub struct {
	after                   *wire.Digest // the last one looked at; Serve's
	done                    atomic.Bool
	checked, repaired, lost atomic.Uint64
}

// ScrubFigures are how far the scrub is.
type ScrubFigures struct {
	Checked  uint64 // records that were read
	Repaired uint64 // of them, missing or damaged here and fetched from a peer
	Lost     uint64 // of them, missing or damaged here and not to be had from any peer
	Done     bool
}

func (s *scrub) figures() ScrubFigures {
	return ScrubFigures{
		Checked: s.checked.Load(), Repaired: s.repaired.Load(), Lost: s.lost.Load(), Done: s.done.Load(),
	}
}

// scrub runs beside n until all records were looked at or ctx ends.
func (h *Host) runScrub(ctx context.Context, n *node.Node) {
	s := &h.scrub
	pause := time.NewTimer(0)
	defer pause.Stop()
	for !s.done.Load() {
		list, err := state.Referred(h.store(), s.after, scrubKeys)
		if err != nil {
			h.o.Logger.Error("scrub.failed", "cause", err.Error())
			return
		}
		if len(list) == 0 {
			s.done.Store(true)
			f := s.figures()
			h.o.Logger.Info("scrub.done", "checked", f.Checked, "repaired", f.Repaired, "lost", f.Lost)
			return
		}
		for i := range list {
			bytes := h.scrubOne(ctx, n, list[i])
			pause.Reset(time.Duration(bytes+scrubCost) * time.Second / time.Duration(h.o.scrubRate))
			select {
			case <-ctx.Done():
				return
			case <-pause.C:
			}
			s.after = &list[i]
		}
	}
}

// scrubOne looks at one record and returns how many bytes it read.
func (h *Host) scrubOne(ctx context.Context, n *node.Node, d wire.Digest) int {
	record, err := h.bodies.Get(d, wire.MaxBodyBytes)
	h.scrub.checked.Add(1)
	if !errors.Is(err, blob.ErrMissing) && !errors.Is(err, blob.ErrDamaged) {
		return len(record)
	}
	if referred, err := state.StillReferred(h.store(), d); err != nil || !referred {
		return len(record)
	}
	switch {
	case n.Repair(ctx, d):
		h.scrub.repaired.Add(1)
	case ctx.Err() == nil:
		h.scrub.lost.Add(1)
		h.o.Logger.Error("record.lost", "cause", err.Error())
	}
	return len(record)
}

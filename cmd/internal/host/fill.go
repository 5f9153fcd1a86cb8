package host

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"troxymail/bftcore/node"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

const (
	// fillAgain is when bodies that no peer delivered are asked for again.
	fillAgain = 5 * time.Second
	// fillKeys is how many bodies are looked up at once.
	fillKeys = 256
	// fillingName is a file that is there while the state, taken over from peers, lacks bodies that were never here.
	// Without it a body that is not there was lost.
	fillingName = "filling"
)

// filled says whether all large bodies that the state names are on the own disk: a checkpoint is attested only
// then. What is executed has its bodies; a state that came from peers may lack some, and so may any after a fault of
// the disk: it is looked through.
type filled struct {
	done    atomic.Bool
	wake    chan struct{} // has a token when there is something to look through; capacity 1
	collect chan struct{} // has a token when a checkpoint became stable; capacity 1
	missing atomic.Uint64 // bodies that no peer delivered in the last pass
}

func (f *filled) init() {
	f.wake, f.collect = make(chan struct{}, 1), make(chan struct{}, 1)
	f.again()
}

func (f *filled) all() bool { return f.done.Load() }

// again has the state looked through once more.
func (f *filled) again() {
	f.done.Store(false)
	nudge(f.wake)
}

func (f *filled) collectNow() { nudge(f.collect) }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// runFill fetches the large bodies that the state names and the disk lacks, one after the other, until ctx ends.
func (h *Host) runFill(ctx context.Context, n *node.Node) {
	f := &h.filled
	if !f.all() {
		nudge(f.wake) // a former node may have taken the token
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		case <-timer.C:
		}
		of := h.held.Load()
		missing, err := h.fillPass(ctx, n)
		f.missing.Store(missing)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, kv.ErrClosed): // a state was taken over, and its store takes the place of this one
		case err != nil:
			h.o.Logger.Error("fill.failed", "cause", err.Error())
		case missing == 0 && of == h.held.Load():
			if err := os.RemoveAll(h.path(fillingName)); err != nil {
				h.o.Logger.Error("fill.failed", "cause", err.Error())
			}
			f.done.Store(true)
			continue
		}
		timer.Reset(fillAgain)
	}
}

// fillPass looks through the state once and returns how many bodies are still missing.
func (h *Host) fillPass(ctx context.Context, n *node.Node) (missing uint64, err error) {
	get := n.Repair // which names what was lost
	if _, err := os.Stat(h.path(fillingName)); err == nil {
		get = n.Fetch
	}
	var after *wire.Digest
	pause := time.NewTimer(time.Hour)
	defer pause.Stop()
	for ctx.Err() == nil {
		store := h.store()
		list, err := state.Large(store, after, fillKeys)
		if err != nil || len(list) == 0 {
			return missing, err
		}
		for i := range list {
			after = &list[i]
			if h.bodies.Has(list[i]) {
				continue
			}
			if referred, err := state.StillReferred(store, list[i]); err != nil || !referred {
				continue
			}
			if !get(ctx, list[i]) {
				missing++
			}
			pause.Reset(time.Duration(wire.InlineBodyBytes) * time.Second / time.Duration(h.o.scrubRate))
			select {
			case <-ctx.Done():
			case <-pause.C:
			}
		}
	}
	return missing, nil
}

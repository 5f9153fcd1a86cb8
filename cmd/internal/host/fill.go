package host

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/state"
)

const (
	// fillAgain is when bodies that no peer delivered are asked for again.
	fillAgain = 5 * time.Second
	// fillKeys is how many bodies are looked up at once.
	fillKeys = 256
	// fillAtOnce is how many bodies are asked for at once: a peer that lacks one says nothing, and it takes a while until
	// another is asked for it. No checkpoint is attested before all are here.
	fillAtOnce = 8
	// fillingName is a file that is there while the state, taken over from peers, lacks bodies that were never here.
	// Without it a body that is not there was lost.
	fillingName = "filling"
)

// filled says whether all large bodies that the state names are on the own disk: a checkpoint is attested only
// then. What is executed has its bodies; a state that came from peers may lack some, and so may any after a fault of
// the disk: it is looked through.
type filled struct {
	done atomic.Bool // set under mu

	mu        sync.Mutex
	epoch     uint64 // of the state that is to be looked through; guarded by mu
	replacing bool   // another state is on its way to the place of the present one; guarded by mu

	wake    chan struct{} // has a token when there is something to look through; capacity 1
	collect chan struct{} // has a token when a checkpoint became stable; capacity 1
	missing atomic.Uint64 // bodies that no peer delivered in the last pass
}

func (f *filled) init() {
	f.wake, f.collect = make(chan struct{}, 1), make(chan struct{}, 1)
	f.again()
}

func (f *filled) all() bool { return f.done.Load() }

// again has the state looked through once more; what is found out about it by a look that began before does not count.
func (f *filled) again() {
	f.next(false)
	nudge(f.wake)
}

// replace says that the state is about to be another one: nothing counts until again.
func (f *filled) replace() { f.next(true) }

func (f *filled) next(replacing bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epoch++
	f.replacing = replacing
	f.done.Store(false)
}

// looks returns the epoch of a look that begins.
func (f *filled) looks() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.epoch
}

// found takes note of what a look found out, by whole, when it counts; it reports whether it does. Nothing is replaced
// meanwhile.
func (f *filled) found(epoch uint64, whole func() bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.replacing || f.epoch != epoch {
		return false
	}
	f.done.Store(whole())
	return true
}

func (f *filled) collectNow() { nudge(f.collect) }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// obtain gets a large body from peers and puts it on the disk; false when none gave it.
type obtain func(context.Context, wire.Digest) bool

// runFill fetches the large bodies that the state names and the disk lacks, a few at a time, until ctx ends: by fetch
// those that were never here, and by repair, which names them, those that were lost.
func (h *Host) runFill(ctx context.Context, repair, fetch obtain) {
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
		epoch := f.looks()
		missing, err := h.fillPass(ctx, repair, fetch)
		if ctx.Err() != nil {
			return
		}
		whole := err == nil && missing == 0
		counts := f.found(epoch, func() bool {
			if whole {
				err = os.RemoveAll(h.path(fillingName))
			}
			return whole && err == nil
		})
		if !counts {
			continue // the store that was looked through is not the present one any more: again says when there is another
		}
		f.missing.Store(missing)
		if err != nil {
			h.o.Logger.Error("fill.failed", "cause", err.Error())
		}
		if !f.all() {
			timer.Reset(fillAgain)
		}
	}
}

// fillPass looks through the state once and returns how many bodies are still missing.
func (h *Host) fillPass(ctx context.Context, repair, fetch obtain) (missing uint64, err error) {
	get := repair
	if _, err := os.Stat(h.path(fillingName)); err == nil {
		get = fetch
	}
	var asking sync.WaitGroup
	var lacking atomic.Uint64
	room := make(chan struct{}, fillAtOnce)
	pause := time.NewTimer(time.Hour)
	defer pause.Stop()
	err = h.eachLacking(ctx, func(d wire.Digest) {
		select {
		case <-ctx.Done():
			return
		case room <- struct{}{}:
		}
		asking.Go(func() {
			if !get(ctx, d) {
				lacking.Add(1)
			}
			<-room
		})
		pause.Reset(time.Duration(wire.InlineBodyBytes) * time.Second / time.Duration(h.o.scrubRate))
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
	})
	asking.Wait()
	return lacking.Load(), err
}

// eachLacking calls do for the large bodies that the state names and the disk lacks, until ctx ends.
func (h *Host) eachLacking(ctx context.Context, do func(d wire.Digest)) error {
	var after *wire.Digest
	for ctx.Err() == nil {
		store := h.store()
		list, err := state.Large(store, after, fillKeys)
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			after = &list[i]
			if h.bodies.Has(list[i]) {
				continue
			}
			if referred, err := state.StillReferred(store, list[i]); err == nil && referred {
				do(list[i])
			}
		}
	}
	return nil
}

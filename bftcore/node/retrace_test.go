package node

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// trail is a copy of a store at an order, which ends as it is told to.
type trail struct {
	Checkpoints
	mu      sync.Mutex
	at      uint64
	begun   []uint64
	aborted int
	there   bool
	broken  error
}

func (x *trail) Retrace(_ context.Context, order uint64) (Way, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.begun, x.at = append(x.begun, order), order
	if x.broken != nil {
		return nil, x.broken
	}
	return x, nil
}

func (x *trail) Order() uint64 { return x.at }

func (x *trail) Apply(order uint64, _ []wire.Request) error {
	if order != x.at+1 {
		return errors.New("a gap")
	}
	x.at = order
	return nil
}

func (x *trail) Arrive(wire.Stable) (bool, error) { return x.there, nil }

func (x *trail) Abort() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.aborted++
}

// batches are those of orders from one to another.
func batches(from, to uint64) (list []bftcore.Batch) {
	for o := from; o <= to; o++ {
		list = append(list, bftcore.Batch{Order: o})
	}
	return list
}

// answers are what the core is told of ways.
func answers(n *Node) (list []bftcore.Retraced) {
	for _, e := range n.inbox.take(nil) {
		if x, ok := e.event.(bftcore.Retraced); ok {
			list = append(list, x)
		}
	}
	return list
}

// A way is gone piece by piece; another attempt ends it and begins anew, and so does its end.
func TestWayIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &trail{there: true}
		n := newTaker(t, x)
		stop := running(t, n.retraceWays)
		defer stop()
		s := wire.Stable{Order: 8}
		n.stretches.put(bftcore.Retrace{Attempt: 1, Stable: s, From: 2, Batches: batches(3, 5)})
		synctest.Wait()
		if got := answers(n); len(got) != 1 || got[0] != (bftcore.Retraced{Attempt: 1, Order: 5}) || n.stretches.target.Load() != 8 {
			t.Fatalf("told %+v, on the way to %d", got, n.stretches.target.Load())
		}
		n.stretches.put(bftcore.Retrace{Attempt: 2, Stable: s, From: 1, Batches: batches(3, 8)})
		synctest.Wait()
		if x.aborted != 1 || !slices.Equal(x.begun, []uint64{2, 2}) || len(n.execute) != 1 {
			t.Fatalf("%d ended, begun behind %v, %d at the executor", x.aborted, x.begun, len(n.execute))
		}
		w := <-n.execute
		if w.taken.stable != s || w.taken.state != Arrived(x) {
			t.Errorf("%+v is to be installed", w.taken)
		}
		close(w.taken.done)
		n.stretches.put(bftcore.Retrace{Attempt: 3})
		synctest.Wait()
		if got := answers(n); len(got) > 0 || x.aborted != 1 {
			t.Errorf("told %+v in the end, %d ended", got, x.aborted)
		}
	})
}

// A way to elsewhere, and a disk that fails, is told to the core once; a log that does not lead to where the way begins is
// no fault of the disk.
func TestWayToElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &trail{}
		n := newTaker(t, x)
		stop := running(t, n.retraceWays)
		defer stop()
		s := wire.Stable{Order: 4}
		n.stretches.put(bftcore.Retrace{Attempt: 1, Stable: s, From: 2, Batches: batches(1, 4)})
		synctest.Wait()
		if got := answers(n); len(got) != 1 || !got[0].Failed || x.aborted != 1 || len(n.execute) > 0 {
			t.Errorf("told %+v, %d ended", got, x.aborted)
		}
		x.broken = ErrElsewhere
		n.stretches.put(bftcore.Retrace{Attempt: 2, Stable: s, From: 1, Batches: batches(1, 2)})
		synctest.Wait()
		if got := answers(n); len(got) != 1 || !got[0].Failed || n.diskErrors.Load() != 0 {
			t.Errorf("told %+v, %d disk errors", got, n.diskErrors.Load())
		}
		x.broken = errors.New("the disk is full")
		n.stretches.put(bftcore.Retrace{Attempt: 3, Stable: s, From: 1, Batches: batches(1, 2)})
		synctest.Wait()
		n.stretches.put(bftcore.Retrace{Attempt: 3, Stable: s, From: 1, Batches: batches(3, 4)})
		synctest.Wait()
		if got := answers(n); len(got) != 1 || !got[0].Failed || n.diskErrors.Load() != 1 {
			t.Errorf("told %+v, %d disk errors", got, n.diskErrors.Load())
		}
	})
}

// A transfer that goes on does not hold up a way, and what belongs to an attempt that is over is left out.
func TestWayBesideATransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &trail{}
		n := newTaker(t, x)
		n.o.Links = mute{}
		stop := running(t, n.retraceWays)
		defer stop()
		n.transfers.target.Store(8) // it goes on
		s := wire.Stable{Order: 8}
		n.stretches.newest.Store(2) // another attempt is about to be put
		n.stretches.list = append(n.stretches.list, bftcore.Retrace{Attempt: 1, Stable: s, From: 1, Batches: batches(1, 4)})
		notify(n.stretches.wake)
		synctest.Wait()
		if x.at != 0 {
			t.Errorf("it went to %d on a way that is over", x.at)
		}
		n.stretches.put(bftcore.Retrace{Attempt: 2, Stable: s, From: 1, Batches: batches(1, 4)})
		synctest.Wait()
		if permille, comes := n.stateComes(); x.at != 4 || !comes || permille != 500 || n.transfers.target.Load() != 8 {
			t.Errorf("at %d, %d of a thousand", x.at, permille)
		}
	})
}

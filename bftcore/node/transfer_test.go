package node

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/transfer"
)

// shelf has every state in one part, on the own disk.
type shelf struct {
	Checkpoints
	mu    sync.Mutex
	taken []uint64 // orders of the states that were begun
}

type shelved struct{ Taking }

func (s *shelf) Take(x wire.Stable) (Taking, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, x.Order)
	return shelved{}, nil
}

func (s *shelf) begun() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

func (shelved) Head() transfer.Item                                  { return transfer.Item{Name: "head"} }
func (shelved) Check(transfer.Item, []byte) ([]transfer.Item, error) { return nil, nil }
func (shelved) Own(transfer.Item) []byte                             { return []byte("all of it") }
func (shelved) Add(*transfer.Part) error                             { return nil }
func (shelved) Finish() error                                        { return nil }
func (shelved) Abort()                                               {}

// taking runs what takes states over until the function that it returns was called.
func taking(t *testing.T, n *Node) (stop func()) { return running(t, n.takeParts) }

// running runs a part of a node in the same way.
func running(t *testing.T, part func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := part(ctx); err != nil {
			t.Error(err)
		}
	})
	return func() {
		cancel()
		group.Wait()
	}
}

// While a finished state waits for the executor, the next one is not begun: it would be put together in the place
// of the finished one, and its beginning would become the store.
func TestNextStateWaitsForInstall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, _ := newLeader(t)
		s := &shelf{}
		n.o.Checkpoints = s
		stop := taking(t, n)
		n.Transfer(wire.Stable{Order: 8})
		synctest.Wait()
		n.Transfer(wire.Stable{Order: 16})
		synctest.Wait()
		if got := s.begun(); !slices.Equal(got, []uint64{8}) || len(n.execute) != 1 {
			t.Errorf("begun %v with %d at the executor before the first is installed", got, len(n.execute))
		}
		w := <-n.execute
		close(w.taken.done)
		synctest.Wait()
		if got := s.begun(); !slices.Equal(got, []uint64{8, 16}) {
			t.Errorf("begun %v after the first was installed", got)
		}
		stop()
	})
}

// early notes what peers were asked before a state was begun, which takes long.
type early struct {
	shelf
	asked chan uint64
}

func (e *early) Send(_ int, frame []byte) {
	if ask, _, err := wire.DecodeTransfer(frame); err == nil && ask != nil && ask.Token == 0 {
		e.asked <- ask.Order
	}
}

func (e *early) Take(x wire.Stable) (Taking, error) {
	close(e.asked) // who asks later panics
	return e.shelf.Take(x)
}

// Before a state is begun all peers are asked for it, so that they keep it.
func TestStateIsHeldBeforeItIsBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, _ := newLeader(t)
		e := &early{asked: make(chan uint64, 8)}
		n.o.Checkpoints, n.o.Links = e, e
		stop := taking(t, n)
		n.Transfer(wire.Stable{Order: 8})
		synctest.Wait()
		asked := 0
		for order := range e.asked {
			if asked++; order != 8 {
				t.Errorf("asked for %d", order)
			}
		}
		if asked != n.o.Config.Quorum.N()-1 {
			t.Errorf("%d peers were asked", asked)
		}
		close((<-n.execute).taken.done)
		stop()
	})
}

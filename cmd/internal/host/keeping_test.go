package host

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"troxymail/mailstore/command"
)

// paper is a snapshot of nothing.
type paper struct {
	order  uint64
	grown  int64
	closed bool
}

func (p *paper) Order() uint64 { return p.order }
func (p *paper) Grown() int64  { return p.grown }
func (p *paper) Close()        { p.closed = true }

// A peer that was slow goes on to a newer state. It does not hold the one before, whose lease would let each newer one go
// with the next checkpoint, before a busy peer has it: no transfer would ever end.
func TestPeerHoldsWhatItAskedForLast(t *testing.T) {
	k := keeping[*paper]{most: leaseBytes}
	now := time.Now()
	order := uint64(0)
	next := func() {
		order += checkpointEvery
		k.fresh(&paper{order: order}, now)
		k.setStable(order, now)
		now = now.Add(5 * time.Second)
	}
	next()
	if k.at(order, 1, now) == nil {
		t.Fatal("the first state is not there")
	}
	next()
	next()
	wanted := order // it gives the first up
	for range 10 {  // it takes it nearly a minute, and asks now and then
		if k.at(wanted, 1, now) == nil {
			t.Fatalf("the state of %d is gone at checkpoint %d: %v are kept", wanted, order, k.orders())
		}
		next()
	}
}

// Two peers that read different states hold both; what a peer has not asked for lately goes.
func TestTwoSnapshotsAreKept(t *testing.T) {
	k := keeping[*paper]{most: leaseBytes}
	now := time.Now()
	made := []*paper{}
	next := func() {
		made = append(made, &paper{order: uint64(len(made)+1) * checkpointEvery})
		k.fresh(made[len(made)-1], now)
		k.setStable(made[len(made)-1].order, now)
		now = now.Add(time.Second)
	}
	next()
	k.at(1*checkpointEvery, 1, now)
	next()
	k.at(2*checkpointEvery, 2, now)
	for range 5 {
		next()
	}
	if got := k.orders(); !slices.Equal(got, []uint64{1 * checkpointEvery, 2 * checkpointEvery}) {
		t.Fatalf("%v are kept for two that read", got)
	}
	for _, x := range made[2:] {
		if !x.closed {
			t.Errorf("the snapshot of %d is neither kept nor closed", x.order)
		}
	}
	now = now.Add(leaseTime)
	next()
	next()
	if got := k.orders(); slices.Contains(got, 1*checkpointEvery) || !slices.Contains(got, made[len(made)-1].order) {
		t.Errorf("%v are kept a minute after the last read", got)
	}
	held := made[len(made)-1].order
	for began := now; now.Before(began.Add(2*leaseMost + time.Minute)); {
		k.at(held, 1, now)
		next()
	}
	if got := k.orders(); slices.Contains(got, held) || len(got) > 2 {
		t.Errorf("%v are kept where one peer has read %d for half an hour", got, held)
	}
}

// A state that is being read goes when the file has grown by leaseBytes for its sake, whichever of the two it is.
func TestNoStateIsKeptForAnyGrowth(t *testing.T) {
	k := keeping[*paper]{most: leaseBytes}
	now := time.Now()
	made := []*paper{}
	next := func() {
		made = append(made, &paper{order: uint64(len(made)+1) * checkpointEvery})
		k.fresh(made[len(made)-1], now)
		k.setStable(made[len(made)-1].order, now)
	}
	next()
	k.at(made[0].order, 1, now)
	next()
	k.at(made[1].order, 2, now)
	made[0].grown, made[1].grown = leaseBytes, leaseBytes
	next()
	if got := k.orders(); !slices.Equal(got, []uint64{made[0].order, made[1].order}) {
		t.Fatalf("%v are kept for two that read", got)
	}
	for i := range 2 {
		made[i].grown = leaseBytes + 1
		next()
		if !made[i].closed {
			t.Errorf("the state of %d stays: %v are kept", made[i].order, k.orders())
		}
	}
}

// A peer that reads a state for ever, under load, does not make the file grow for ever: bbolt would use no page from its end
// again while the state is kept.
func TestStoreGrowsLittleForAReader(t *testing.T) {
	g := newGroup(t, 3)
	s := g.stable(0, 0, 1, 2)
	h := g.hosts[0]
	h.keeping.mu.Lock()
	h.keeping.most = 4 << 20
	h.keeping.mu.Unlock()
	size := func() int64 {
		info, err := os.Stat(h.path(storeName))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	var clients sync.WaitGroup
	for c := range 3 {
		clients.Go(func() {
			for range 500 {
				g.do(c, &command.Ping{Data: make([]byte, 256)})
				checkpoints{h}.Read(s.Order, 1)
			}
		})
	}
	clients.Wait()
	if h.keeping.keeps(s.Order) {
		t.Errorf("the state of %d is kept still: the file grew from %d to %d bytes", s.Order, before, size())
	}
	if grown := size() - before; grown > 8<<20 {
		t.Errorf("the file grew by %d bytes", grown)
	}
}

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

// checkpointing is a keeping while checkpoints come and become stable.
type checkpointing struct {
	keeping[*paper]
	made []*paper
	now  time.Time
}

func newCheckpointing() *checkpointing {
	return &checkpointing{keeping: keeping[*paper]{most: leaseBytes}, now: time.Now()}
}

// next makes a checkpoint, and lets so much time pass behind it.
func (k *checkpointing) next(pause time.Duration) *paper {
	x := &paper{order: uint64(len(k.made)+1) * checkpointEvery}
	k.made = append(k.made, x)
	k.fresh(x, k.now)
	k.setStable(x.order, k.now)
	k.now = k.now.Add(pause)
	return x
}

// A peer that was slow goes on to a newer state. It does not hold the one before, whose lease would let each newer one go
// with the next checkpoint, before a busy peer has it: no transfer would ever end.
func TestPeerHoldsWhatItAskedForLast(t *testing.T) {
	k := newCheckpointing()
	const pause = 5 * time.Second
	first := k.next(pause)
	if k.at(first.order, 1, k.now) == nil {
		t.Fatal("the first state is not there")
	}
	k.next(pause)
	wanted := k.next(pause).order // it gives the first up
	for range 10 {                // it takes it nearly a minute, and asks now and then
		if k.at(wanted, 1, k.now) == nil {
			t.Fatalf("the state of %d is gone at checkpoint %d: %v are kept", wanted, k.made[len(k.made)-1].order, k.orders())
		}
		k.next(pause)
	}
}

// Two peers that read different states hold both; what a peer has not asked for lately goes.
func TestTwoSnapshotsAreKept(t *testing.T) {
	k := newCheckpointing()
	next := func() { k.next(time.Second) }
	next()
	k.at(1*checkpointEvery, 1, k.now)
	next()
	k.at(2*checkpointEvery, 2, k.now)
	for range 5 {
		next()
	}
	if got := k.orders(); !slices.Equal(got, []uint64{1 * checkpointEvery, 2 * checkpointEvery}) {
		t.Fatalf("%v are kept for two that read", got)
	}
	for _, x := range k.made[2:] {
		if !x.closed {
			t.Errorf("the snapshot of %d is neither kept nor closed", x.order)
		}
	}
	k.now = k.now.Add(leaseTime)
	next()
	next()
	held := k.made[len(k.made)-1].order
	if got := k.orders(); slices.Contains(got, 1*checkpointEvery) || !slices.Contains(got, held) {
		t.Errorf("%v are kept a minute after the last read", got)
	}
	for began := k.now; k.now.Before(began.Add(2*leaseMost + time.Minute)); {
		k.at(held, 1, k.now)
		next()
	}
	if got := k.orders(); slices.Contains(got, held) || len(got) > 2 {
		t.Errorf("%v are kept where one peer has read %d for half an hour", got, held)
	}
}

// A state that is being read goes when the file has grown by leaseBytes for its sake, whichever of the two it is.
func TestNoStateIsKeptForAnyGrowth(t *testing.T) {
	k := newCheckpointing()
	read := []*paper{k.next(0)}
	k.at(read[0].order, 1, k.now)
	read = append(read, k.next(0))
	k.at(read[1].order, 2, k.now)
	read[0].grown, read[1].grown = leaseBytes, leaseBytes
	k.next(0)
	if got := k.orders(); !slices.Equal(got, []uint64{read[0].order, read[1].order}) {
		t.Fatalf("%v are kept for two that read", got)
	}
	for _, x := range read {
		x.grown = leaseBytes + 1
		k.next(0)
		if !x.closed {
			t.Errorf("the state of %d stays: %v are kept", x.order, k.orders())
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

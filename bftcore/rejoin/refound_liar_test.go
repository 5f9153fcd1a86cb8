package rejoin

import (
	"slices"
	"testing"
	"time"

	"troxymail/bftcore/wire"
)

// lossOfOne stops a group of five, one of which is lost; the host of replica 1, which led, has batches that nobody else
// has, and gives them to nobody. It returns the members of a founding with that host, and those without it.
func lossOfOne(t *testing.T, seed uint64) (w *world, with, without []wire.ReplicaID) {
	w = started(t, 5, seed)
	w.nodes[1].lead(20)
	w.nodes[1].withholds = true
	for _, x := range w.nodes {
		x.stop()
	}
	with, without = []wire.ReplicaID{0, 1, 2, 3}, []wire.ReplicaID{0, 2, 3}
	for _, r := range with {
		w.nodes[r].start(true)
	}
	w.run(5 * time.Second)
	return w, with, without
}

// A host that withholds what its enclave speaks of holds up a founding that it takes part in: no honest host shows a plan
// for it, and each names who is waited for. The administrator leaves it out too, and it comes back like one that was lost.
func TestRefoundBesideOneThatWithholds(t *testing.T) {
	w, with, without := lossOfOne(t, 21)
	for range 30 {
		for _, r := range with {
			w.nodes[r].step(Refound{Members: with})
		}
		w.run(time.Second)
	}
	for _, r := range without {
		x := w.nodes[r]
		if p := x.set.Plan(); p != nil && len(p.Members) == len(with) {
			t.Errorf("%d shows a plan that rests on batches that it does not have", r)
		}
		if s := x.driver.Status(); !slices.Equal(s.Waiting, []wire.ReplicaID{1}) {
			t.Errorf("%d waits for %v", r, s.Waiting)
		}
	}
	if w.active() != 0 {
		t.Fatal("founded without the batches")
	}
	w.nodes[1].stop()
	w.orders(w.asks(without...), without...)
	w.settle()
	for _, r := range without {
		if n := len(w.nodes[r].set.State().Disclosure().Entries); n != 0 {
			t.Errorf("%d remembers %d orders of the one that was left out", r, n)
		}
	}
	w.nodes[1].withholds = false
	for _, r := range []int{1, 4} {
		w.nodes[r].start(true)
		w.settle()
		if inc := w.nodes[r].set.Incarnation(); inc.Number != 2 || inc.Founding != w.nodes[0].set.Incarnation().Founding {
			t.Errorf("%d is back as %+v", r, inc)
		}
	}
}

// It gives its batches after all: then it is a member like any other, and all have them.
func TestRefoundOnceBatchesAreGiven(t *testing.T) {
	w, with, _ := lossOfOne(t, 22)
	for _, r := range with {
		w.nodes[r].step(Refound{Members: with})
	}
	w.run(5 * time.Second)
	w.nodes[1].withholds = false
	w.orders(w.asks(with...), with...)
	w.settle()
	for _, r := range with {
		if n := len(w.nodes[r].batches); n != 20 {
			t.Errorf("%d has %d batches", r, n)
		}
	}
}

// It keeps its JOIN to itself and collects all others': its enclave is ACTIVE in a founding of which nobody else
// knows. The others are founded without it, in another one; what its enclave certifies counts for nobody, and once it
// hears of them it comes back.
func TestRefoundBesideOneThatKeepsItsJoin(t *testing.T) {
	w, with, without := lossOfOne(t, 23)
	w.nodes[1].withholds = false
	p := w.asks(with...)
	for _, r := range without {
		w.cut[[2]int{1, int(r)}] = true
	}
	w.orders(p, with...)
	for end := w.now + Time(time.Minute); !w.nodes[1].set.Active() && w.now < end; {
		w.run(100 * time.Millisecond)
	}
	if w.active() != 1 || w.nodes[1].set.Incarnation().Founding != p.Founding {
		t.Fatalf("%d are ACTIVE, %+v", w.active(), w.nodes[1].set.Incarnation())
	}
	w.orders(w.asks(without...), without...)
	w.run(20 * time.Second)
	alone, others := w.nodes[1].set.Incarnation().Founding, w.nodes[0].set.Incarnation().Founding
	if w.active() != len(without) || others.Generation <= alone.Generation {
		t.Fatalf("%d are ACTIVE in %+v, one in %+v", w.active(), others, alone)
	}
	clear(w.cut)
	w.nodes[1].step(Overtaken{})
	w.settle()
	if inc := w.nodes[1].set.Incarnation(); inc.Founding != others || inc.Number != 2 {
		t.Errorf("%+v", inc)
	}
}

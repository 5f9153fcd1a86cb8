package rejoin

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/refound"
)

// asks lets an administrator ask the enclaves of members to be founded alone, until they show one plan.
func (w *world) asks(members ...wire.ReplicaID) *refound.Plan {
	w.t.Helper()
	for end := w.now + Time(time.Minute); w.now < end; {
		var plans []*refound.Plan
		for _, r := range members {
			x := w.nodes[r]
			x.step(Refound{Members: members})
			if p := x.set.Plan(); p != nil {
				plans = append(plans, p)
			}
		}
		if len(plans) == len(members) && !slices.ContainsFunc(plans, func(p *refound.Plan) bool { return p.Founding != plans[0].Founding }) &&
			len(plans[0].Members) == len(members) {
			return plans[0]
		}
		w.run(200 * time.Millisecond)
	}
	for _, r := range members {
		w.t.Logf("%d: %v %+v", r, w.nodes[r].set.Standing(), w.nodes[r].driver.Status())
	}
	w.t.Fatalf("%v show no plan", members)
	return nil
}

// orders gives members the administrator's order for a plan, and returns how many took it.
func (w *world) orders(p *refound.Plan, members ...wire.ReplicaID) (took int) {
	o := p.Sign(admin, genesis)
	var all []wire.ReplicaID
	for i := range p.Members {
		all = append(all, p.Members[i].Replica)
	}
	for _, r := range members {
		if x := w.nodes[r]; x.set.Order(o.Append(nil)) == nil {
			x.step(Refound{Members: all, Ordered: true})
			took++
		}
	}
	return took
}

// All stop and one is lost: the others are founded by order, and not before; the lost one comes back empty.
func TestRefound(t *testing.T) {
	for _, n := range []int{3, 5} {
		w := started(t, n, 7)
		lost := wire.ReplicaID(n - 1)
		var members []wire.ReplicaID
		for _, x := range w.nodes {
			x.stop()
			if x.id != int(lost) {
				members = append(members, wire.ReplicaID(x.id))
				x.start(true)
			}
		}
		w.run(2 * time.Second)
		p := w.asks(members...)
		w.run(10 * time.Second)
		if w.active() != 0 {
			t.Fatalf("%d replicas: founded without an order", n)
		}
		if s := w.nodes[0].driver.Status(); len(s.Waiting) != 0 {
			t.Errorf("%+v", s)
		}
		if w.orders(p, members...) != len(members) {
			t.Fatal("the order was refused")
		}
		if took := w.settle(); took > 2*time.Second {
			t.Errorf("%d replicas took %v after the order", n, took)
		}
		x := w.nodes[lost]
		x.log, x.synced = nil, 0
		x.start(false)
		if took := w.settle(); took > time.Second {
			t.Errorf("%d replicas: the lost one took %v", n, took)
		}
		if inc := x.set.Incarnation(); inc.Number != 2 || inc.Founding != p.Founding || w.nodes[0].set.Incarnation().Founding != p.Founding {
			t.Errorf("%+v", inc)
		}
	}
}

// One that was cut off when the others were founded without it runs on in the old generation. Once it hears that f+1
// are in a later one, it comes back to them.
func TestOneThatWasLeftOutRunsOn(t *testing.T) {
	w := started(t, 3, 14)
	for other := range 2 {
		w.cut[[2]int{2, other}], w.cut[[2]int{other, 2}] = true, true
		w.nodes[other].stop()
		w.nodes[other].start(true)
	}
	w.orders(w.asks(0, 1), 0, 1)
	w.run(5 * time.Second)
	clear(w.cut)
	w.run(5 * time.Second)
	if !w.nodes[2].set.Active() || w.nodes[2].set.Incarnation().Founding.Generation != 1 || w.active() != 2 {
		t.Fatalf("%+v", w.nodes[2].set.Incarnation())
	}
	w.nodes[2].step(Overtaken{})
	w.settle()
	if inc := w.nodes[2].set.Incarnation(); inc.Number != 2 || inc.Founding.Generation != 2 || w.nodes[2].resigns != 1 {
		t.Errorf("%+v, %d RESIGNs", inc, w.nodes[2].resigns)
	}
}

// One that was left out has batches that it gives to nobody, and takes part in a founding of all with the folder that it
// had. Nobody takes over what its enclave speaks of, so that nobody waits for it; and that its store has executed as many
// orders makes nothing of the batches that it needs.
func TestLeftOutTakesPart(t *testing.T) {
	w := started(t, 3, 24)
	left := w.nodes[1] // leads view 1
	left.lead(20)
	left.withholds = true
	for _, x := range w.nodes {
		x.stop()
	}
	w.nodes[0].start(true)
	w.nodes[2].start(true)
	p := w.asks(0, 2)
	w.orders(p, 0, 2)
	w.settle()
	w.nodes[2].lead(5) // view 2
	left.applied = 20
	for _, x := range w.nodes {
		x.stop()
	}
	for _, x := range w.nodes {
		x.start(true)
	}
	if took := w.settle(); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
	for _, x := range w.nodes {
		inc, d := x.set.Incarnation(), x.set.State().Disclosure()
		if inc.Number != 1 || inc.Founding.Generation != p.Founding.Generation+1 || len(d.Entries) != 5 {
			t.Errorf("%d: %+v remembers %d orders", x.id, inc, len(d.Entries))
		}
	}
}

// One that ran on resigns when an administrator asks, so that it and one that restarted can be founded.
func TestRefoundOfOneThatRuns(t *testing.T) {
	w := started(t, 3, 8)
	w.nodes[2].stop()
	w.nodes[1].start(true)
	w.run(10 * time.Second)
	if !w.nodes[0].set.Active() || w.nodes[1].set.Active() {
		t.Fatal("one alone is ACTIVE, and the other cannot return")
	}
	w.orders(w.asks(0, 1), 0, 1)
	w.settle()
	if w.nodes[0].resigns != 1 {
		t.Errorf("%d RESIGNs", w.nodes[0].resigns)
	}
}

// The order reaches one member alone, which joins and waits. Given again, to all, it brings them together.
func TestOrderIsGivenAgain(t *testing.T) {
	w := newWorld(t, 3, 9)
	w.nodes[0].start(false)
	w.nodes[1].start(false)
	p := w.asks(0, 1)
	w.orders(p, 0)
	w.run(5 * time.Second)
	if w.active() != 0 || w.nodes[0].driver.Status().Phase != Joining {
		t.Fatalf("%+v", w.nodes[0].driver.Status())
	}
	if again := w.asks(0, 1); again.Founding != p.Founding {
		t.Fatal("the plan changed although nothing did")
	}
	w.orders(p, 0, 1)
	w.settle()
}

// A member restarts after the administrator looked: the order is nothing, and a new one is needed.
func TestOrderForAnotherLife(t *testing.T) {
	w := newWorld(t, 3, 10)
	w.nodes[0].start(false)
	w.nodes[1].start(false)
	p := w.asks(0, 1)
	w.orders(p, 0)
	w.run(time.Second)
	w.nodes[1].start(true)
	w.run(5 * time.Second)
	if w.orders(p, 0, 1) != 0 || w.active() != 0 {
		t.Fatal("an order for a life that is over was taken")
	}
	w.orders(w.asks(0, 1), 0, 1)
	w.settle()
}

// The administrator thinks better of it, or the missing one comes after all: then all found the group, also when one
// had joined already.
func TestMissingOneComesAfterAll(t *testing.T) {
	for _, joined := range []bool{false, true} {
		w := newWorld(t, 3, 11)
		w.nodes[0].start(false)
		w.nodes[1].start(false)
		p := w.asks(0, 1)
		if joined {
			w.orders(p, 0)
		}
		w.run(time.Second)
		w.nodes[2].start(false)
		w.run(5 * time.Second)
		if w.active() != 0 {
			t.Fatal("founded without an order")
		}
		for _, x := range w.nodes {
			x.step(Refound{})
		}
		if took := w.settle(); took > 20*time.Second {
			t.Errorf("took %v", took)
		}
	}
}

// A wish that nobody repeats is forgotten.
func TestRefoundExpires(t *testing.T) {
	w := newWorld(t, 3, 12)
	w.nodes[0].start(false)
	w.nodes[1].start(false)
	w.asks(0, 1)
	w.nodes[2].start(false)
	w.run(time.Duration(refoundFor) + time.Second)
	w.settle()
}

// Wishes that make no sense change nothing.
func TestRefoundOfNobody(t *testing.T) {
	w := started(t, 3, 13)
	for _, members := range [][]wire.ReplicaID{nil, {1, 2}, {0, 9}} {
		w.nodes[0].step(Refound{Members: members, Ordered: true})
		w.run(time.Second)
		if w.nodes[0].resigns != 0 || w.nodes[0].driver.refound.members != nil {
			t.Errorf("%v: %d RESIGNs", members, w.nodes[0].resigns)
		}
	}
}

// Whatever fails in between, the administrator asks again, and in the end the survivors are together.
func TestRefoundUnderFaults(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			n := []int{3, 5}[seed%2]
			w := started(t, n, seed)
			lost := w.rng.IntN(n)
			w.nodes[lost].stop()
			var members []wire.ReplicaID
			for _, x := range w.nodes {
				if x.id != lost {
					members = append(members, wire.ReplicaID(x.id))
					x.start(w.rng.IntN(2) == 0)
				}
			}
			w.loss = 0.2
			for range 6 {
				p := w.asks(members...)
				w.run(time.Duration(w.rng.IntN(1500)) * time.Millisecond)
				w.orders(p, members[:1+w.rng.IntN(len(members))]...)
				w.run(time.Duration(w.rng.IntN(1500)) * time.Millisecond)
				if w.rng.IntN(2) == 0 {
					w.nodes[members[w.rng.IntN(len(members))]].start(w.rng.IntN(2) == 0)
				}
				if w.active() == len(members) {
					break
				}
			}
			w.loss = 0
			if w.active() < len(members) {
				w.orders(w.asks(members...), members...)
			}
			w.settle()
			if seed%3 == 0 { // it has its folder still, and all lose their power
				for _, x := range w.nodes {
					x.start(true)
				}
				w.settle()
				return
			}
			w.nodes[lost].log, w.nodes[lost].synced = nil, 0
			w.nodes[lost].start(true)
			w.settle()
		})
	}
}

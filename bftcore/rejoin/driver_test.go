package rejoin

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"troxymail/bftcore/wire"
)

// started returns a group that was founded.
func started(t *testing.T, n int, seed uint64) *world {
	w := newWorld(t, n, seed)
	for _, x := range w.nodes {
		x.start(false)
	}
	w.settle()
	return w
}

func TestFirstStart(t *testing.T) {
	for _, n := range []int{3, 5, 7} {
		w := newWorld(t, n, 1)
		for _, x := range w.nodes {
			x.start(false)
		}
		if took := w.settle(); took > time.Second {
			t.Errorf("%d replicas took %v", n, took)
		}
		if f := w.nodes[0].set.Incarnation().Founding; f.Generation != 1 {
			t.Errorf("%+v", f)
		}
	}
}

// After a start of all, nobody goes on asking how the others stand: what an ACTIVE host asks is no need of its own.
func TestQuietAfterTheStart(t *testing.T) {
	for _, n := range []int{3, 5} {
		w := started(t, n, 20)
		w.run(3 * time.Second)
		for _, x := range w.nodes {
			for range 3 { // as if they had been late, so that all begin to watch
				for other := range w.nodes {
					if hello, err := x.set.Hello(w.nonce()); err == nil && other != x.id {
						w.fly(x.id, other, hello.Message)
					}
				}
				w.run(600 * time.Millisecond)
			}
		}
		w.run(10 * time.Second)
		for _, x := range w.nodes {
			if list := x.driver.Needy(); len(list) > 0 || x.driver.watch.hello != nil {
				t.Errorf("%d replicas: %d takes %v to be in need", n, x.id, list)
			}
		}
		if len(w.flying) > 0 || w.active() != n {
			t.Errorf("%d replicas: %d messages fly", n, len(w.flying))
		}
	}
}

// Too few: it waits, and says for whom.
func TestWaitsForTheMissing(t *testing.T) {
	w := newWorld(t, 3, 2)
	w.nodes[0].start(false)
	w.nodes[1].start(false)
	w.run(20 * time.Second)
	if n := w.active(); n != 0 {
		t.Fatalf("%d ACTIVE without the third", n)
	}
	if s := w.nodes[0].driver.Status(); !slices.Equal(s.Waiting, []wire.ReplicaID{2}) || s.Phase == Done {
		t.Errorf("%+v", s)
	}
	w.nodes[2].start(false)
	if took := w.settle(); took > time.Second {
		t.Errorf("took %v after the third came", took)
	}
	if s := w.nodes[0].driver.Status(); s.Phase != Done || s.Waiting != nil {
		t.Errorf("%+v", s)
	}
}

// One restarts while the others run on: it returns in the same founding, each time as a new incarnation.
func TestOneReturns(t *testing.T) {
	w := started(t, 3, 3)
	f := w.nodes[0].set.Incarnation().Founding
	for i := range uint32(4) {
		w.nodes[1].start(true)
		if took := w.settle(); took > time.Second {
			t.Errorf("took %v", took)
		}
		if inc := w.nodes[1].set.Incarnation(); inc.Founding != f || inc.Number != i+2 {
			t.Fatalf("%+v", inc)
		}
	}
	if n := w.nodes[0].resigns + w.nodes[2].resigns; n != 0 {
		t.Errorf("%d resigned because of one", n)
	}
}

// Where one of those who grant is slower than questions are repeated, whoever returns alone must not take what the other
// knows of its own request for a reason to ask for another number.
func TestOneReturnsBesideASlowPeer(t *testing.T) {
	w := started(t, 3, 3)
	w.far, w.way = 2, 5*Time(time.Second)
	w.nodes[1].start(true)
	if took := w.settle(); took > 25*time.Second { // two ways there and back
		t.Errorf("took %v", took)
	}
	if inc := w.nodes[1].set.Incarnation(); inc.Number != 2 {
		t.Errorf("as incarnation %d", inc.Number)
	}
}

// Who granted the number and restarted since knows of it, and not of its grant: its former grant does not explain that, and
// fits nobody's who knows of its new life. Another number has to be asked for.
func TestOneReturnsWhileItsGrantersRestart(t *testing.T) {
	w := started(t, 5, 3)
	x := w.nodes[3]
	x.start(true)
	for x.driver.attempt.request == nil {
		w.run(10 * time.Millisecond)
	}
	for _, k := range []int{1, 2} { // they grant, and it does not hear of it
		w.cut[[2]int{k, 3}] = true
	}
	w.run(time.Second)
	if p := x.driver.peers; p[0].state == nil || p[4].state == nil || x.driver.active {
		t.Fatalf("it has no grant of 0 or 4, or is ACTIVE: %v", x.driver.active)
	}
	for _, k := range []int{0, 4} {
		w.nodes[k].start(true)
		for !w.nodes[k].set.Active() {
			w.run(10 * time.Millisecond)
		}
	}
	clear(w.cut)
	w.settle()
	if inc := x.set.Incarnation(); inc.Number != 3 || inc.Founding.Generation != 1 {
		t.Errorf("as %+v", inc)
	}
}

// F5: two of three restart. The third resigns, and all found the next generation.
func TestMinorityResigns(t *testing.T) {
	w := started(t, 3, 4)
	w.nodes[0].start(true)
	w.nodes[2].start(true)
	if took := w.settle(); took > 6*time.Second {
		t.Errorf("took %v", took)
	}
	if f := w.nodes[1].set.Incarnation().Founding; f.Generation != 2 || w.nodes[1].resigns != 1 {
		t.Errorf("%+v, %d RESIGNs", f, w.nodes[1].resigns)
	}
}

// With one down, one that lies about its need cannot make the last one resign: it has to show it.
func TestLiarsDoNotMakeOthersResign(t *testing.T) {
	w := started(t, 3, 5)
	w.nodes[2].stop()
	hello, err := w.nodes[0].set.Hello(w.nonce())
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		w.fly(0, 1, hello.Message)
		w.run(100 * time.Millisecond)
	}
	if w.nodes[1].resigns != 0 || w.active() != 2 {
		t.Errorf("%d RESIGNs, %d ACTIVE", w.nodes[1].resigns, w.active())
	}
}

// Power fails for all, again and again, at any moment of a founding: it goes on in ever newer generations.
func TestPowerFailsDuringFoundings(t *testing.T) {
	for seed := range uint64(40) {
		w := newWorld(t, 3+2*int(seed%2), seed)
		w.loss = 0.2
		for range 6 {
			for _, x := range w.nodes {
				x.start(w.rng.IntN(2) == 0)
			}
			w.run(time.Duration(w.rng.IntN(600)) * time.Millisecond)
		}
		w.loss = 0
		w.settle()
	}
}

// Whatever restarts, stops, is cut off and lost: once that ends, all come together, and no two foundings have one
// name.
func TestAnyFaults(t *testing.T) {
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			n := []int{3, 3, 5}[seed%3]
			w := started(t, n, seed)
			w.loss = []float64{0, 0.05, 0.3}[seed/3%3]
			for range 30 {
				x := w.nodes[w.rng.IntN(n)]
				switch w.rng.IntN(6) {
				case 0:
					x.stop()
				case 1, 2:
					x.start(w.rng.IntN(2) == 0)
				case 3:
					w.cut[[2]int{x.id, w.rng.IntN(n)}] = true
				case 4:
					clear(w.cut)
				}
				w.run(time.Duration(w.rng.IntN(3000)) * time.Millisecond)
			}
			w.loss = 0
			clear(w.cut)
			for _, x := range w.nodes {
				if !x.up {
					x.start(false)
				}
			}
			w.settle()
		})
	}
}

// Messages of nobody and of anybody change nothing.
func FuzzReceive(f *testing.F) {
	w := newWorld(f, 3, 1)
	for _, x := range w.nodes {
		x.start(false)
	}
	w.run(500 * time.Millisecond)
	for _, fl := range w.flying {
		f.Add(fl.raw, uint8(fl.from))
	}
	hello, _ := w.nodes[1].set.Hello(w.nonce())
	f.Add(hello.Message, uint8(1))
	f.Fuzz(func(t *testing.T, raw []byte, from uint8) {
		if Wants(raw) {
			w.nodes[0].step(Received{From: wire.ReplicaID(from), Raw: raw})
		}
		w.nodes[0].driver.Step(w.now, Received{From: wire.ReplicaID(from), Raw: raw})
		if !w.nodes[0].set.Active() {
			t.Fatal("not ACTIVE any more")
		}
		w.nodes[0].driver.Ready()
	})
}

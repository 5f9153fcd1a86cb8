package rejoin

import (
	"testing"
	"time"
)

// givenUp is a group of three of which replica 1 has executed 20 orders that the others do not know of: 0 and 2 were founded
// without it. Replica 2, which leads, has batches of the first five orders there, and gives them to nobody.
func givenUp(t *testing.T, seed uint64) *world {
	w := started(t, 3, seed)
	left := w.nodes[1] // leads view 1
	left.lead(20)
	for _, x := range w.nodes {
		x.stop()
	}
	w.nodes[0].start(true)
	w.nodes[2].start(true)
	w.orders(w.asks(0, 2), 0, 2)
	w.settle()
	left.applied = 20
	w.nodes[2].lead(5) // view 2
	w.nodes[2].withholds = true
	return w
}

// One that was left out comes back alone with the folder that it had. That its store has executed as many orders makes nothing
// of the batches of those that its enclave takes over: it waits for them.
func TestLeftOutReturnsAlone(t *testing.T) {
	w := givenUp(t, 31)
	w.nodes[1].start(true)
	w.run(20 * time.Second)
	if w.nodes[1].set.Active() {
		t.Error("it returned without the batches")
	}
	w.nodes[2].withholds = false
	w.settle()
}

// It joins a founding that comes to nothing, in which one that lies showed an older past. From then on it says what was ACTIVE
// last, as the others do; its store is still of what was given up.
func TestLeftOutJoinedInVain(t *testing.T) {
	w := givenUp(t, 32)
	liar := w.nodes[2]
	newest := liar.log
	liar.log, liar.synced = newest[:len(newest)-1], len(newest)-1
	for _, x := range w.nodes {
		x.stop()
	}
	for _, x := range w.nodes {
		x.start(true)
	}
	for w.nodes[1].driver.Status().Phase != Joining || w.nodes[1].needsSync {
		w.run(10 * time.Millisecond)
		if w.active() > 0 {
			t.Fatal("the founding was to come to nothing")
		}
	}
	for _, x := range w.nodes {
		x.stop()
	}
	liar.log, liar.synced = newest, len(newest)
	for _, x := range w.nodes {
		x.start(true)
	}
	w.run(20 * time.Second)
	if w.active() > 0 {
		t.Error("they were founded without the batches")
	}
	liar.withholds = false
	w.settle()
}

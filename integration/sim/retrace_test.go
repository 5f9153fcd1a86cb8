package sim

import (
	"slices"
	"testing"
)

// calm is a cluster of n in which nothing fails by itself; liars are only called so until somebody lets them.
func calm(t *testing.T, seed uint64, n int, liars ...int) *Cluster {
	t.Helper()
	c := New(seed, false)
	for c.n != n {
		seed += 1000
		c = New(seed, false)
	}
	c.scene = scene{
		replicas: n, liars: make([]bool, n), maxBatch: 4, window: 8, checkpoint: 4, keepLog: 1 << 20, delayMin: 50 * microsecond, delayMax: 2 * millisecond,
		syncMax: 5 * millisecond, enclaveMax: 200 * microsecond, thinkMax: 200 * millisecond, patience: 250 * millisecond,
	}
	c.begin(liars...)
	return c
}

// begin starts all, without faults.
func (c *Cluster) begin(liars ...int) {
	for i, h := range c.hosts {
		h.lies = slices.Contains(liars, i)
		h.startEnclave()
		h.start()
	}
	c.striking = true // sessions ask
}

// until plays on until something has come about.
func (c *Cluster) until(t *testing.T, what string, has func() bool) {
	t.Helper()
	for end := c.now + 60*second; !has(); c.next() {
		if c.failure != "" || c.now > end {
			t.Fatalf("never: %s %s", what, c.failure)
		}
	}
}

// alone has some replicas lag by more than a checkpoint, all go down, and one that was there lose its disk: fewer than
// f+1 have a state that others attested then, and no process keeps it.
func (c *Cluster) alone(t *testing.T, away []int, lost int) {
	t.Helper()
	at := func(i int) uint64 { return c.hosts[i].store.applied }
	c.until(t, "all order", func() bool {
		return !slices.ContainsFunc(c.hosts, func(h *host) bool { return h.core == nil || h.store.applied < 10 })
	})
	highest := uint64(0)
	for _, i := range away {
		highest = max(highest, at(i))
		c.hosts[i].off()
	}
	c.until(t, "a checkpoint behind those that are away", func() bool { return c.hosts[0].disk.stable > highest+4 })
	c.until(t, "something behind that", func() bool { return at(0) > c.hosts[0].disk.stable+2 && at(lost) > c.hosts[0].disk.stable })
	for _, h := range c.hosts {
		h.disk.sync(h.disk.end())
		h.off()
	}
	h := c.hosts[lost]
	if !c.mayForget(h) {
		t.Fatal("another has forgotten")
	}
	h.loseDisk()
	h.reached = 0
	c.check.forgets(h, 0)
	c.striking = false
	for _, h := range c.hosts {
		h.start()
		h.startEnclave()
	}
}

// One of three has the state of the stable checkpoint, and the log that leads there: the one that lagged retraces it.
func TestWaysAreRetraced(t *testing.T) {
	for seed := range uint64(10) {
		c := calm(t, seed, 3)
		c.alone(t, []int{1}, 2)
		if !c.settle("one is alone with the state") || c.counts[retraced] == 0 {
			t.Fatalf("seed %d: %d ways retraced %s", seed, c.counts[retraced], c.failure)
		}
	}
}

// Of five, one that has the state tells wrong ways: they are found out, and the other's is gone.
func TestWrongWaysAreLeft(t *testing.T) {
	wrong := 0
	for seed := range uint64(10) {
		c := calm(t, seed, 5, 0)
		c.alone(t, []int{3, 4}, 2)
		c.lying = true
		if !c.settle("one of two that have the state lies") || c.counts[retraced] == 0 {
			t.Fatalf("seed %d: %d ways retraced %s", seed, c.counts[retraced], c.failure)
		}
		wrong += c.counts[wrongWay]
	}
	if wrong == 0 {
		t.Error("no way led elsewhere: the test does not show what it is to show")
	}
}

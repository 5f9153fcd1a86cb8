package sim

import "testing"

// Requests may wait for less than a few steps of the network and the disks take: then views fail until patience is long
// enough, and it stays about that long while requests are answered.
func TestPatienceGrowsUntilViewsLast(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		c := New(seed, false)
		c.scene = scene{
			replicas: c.n, liars: make([]bool, c.n), strict: true, maxBatch: 1, window: 2, checkpoint: 32, keepLog: 16,
			delayMin: 50 * microsecond, delayMax: 50 * millisecond, syncMax: 100 * millisecond, enclaveMax: 5 * millisecond,
			thinkMax: second, patience: 60 * millisecond,
		}
		c.begin()
		for c.failure == "" && c.now < 120*second {
			c.next()
		}
		if c.failure != "" || c.answers < 450 || len(c.check.views) > 250 {
			t.Errorf("seed %d, %d replicas: %d answers in %d views %s", seed, c.n, c.answers, len(c.check.views), c.failure)
		} else {
			t.Logf("seed %d, %d replicas: %d answers in %d views", seed, c.n, c.answers, len(c.check.views))
		}
	}
}

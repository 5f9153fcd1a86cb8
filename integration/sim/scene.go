package sim

import "math/rand/v2"

// scene is what a seed makes of a run.
type scene struct {
	replicas   int
	liars      []bool
	fade       bool // liars fall silent, or lie again, when all has settled
	gentle     bool // what befalls one replica at a time does so only while all others order
	strict     bool // certificates wait for their syncs
	lone       bool // mostly the leader's sessions want something; not drawn with the rest
	maxBatch   int
	window     int
	checkpoint uint64
	pillars    int    // 0 for one; not drawn with the rest (see Cluster.Pillars)
	keepLog    uint64 // orders of log below a stable checkpoint that are kept for peers

	loss, duplicate, straggle, replay float64
	delayMin, delayMax, straggleMax   Time
	syncMax, enclaveMax               Time
	applyMax, thinkMax                Time
	patience, pauseMax, downMax       Time

	// How often what happens, in the mean; 0 for never.
	hostEvery, enclaveEvery, leaderEvery, pauseEvery, jumpEvery Time
	powerEvery, blackoutEvery, forgetEvery                      Time
	cutEvery, lieEvery, cloneEvery, twinEvery                   Time
}

func newScene(rng *rand.Rand) scene {
	pick := func(v ...Time) Time { return v[rng.IntN(len(v))] }
	prob := func(v ...float64) float64 { return v[rng.IntN(len(v))] }
	s := scene{
		replicas: int(pick(3, 3, 3, 5, 5)), maxBatch: int(pick(1, 4, 64)), window: int(pick(2, 8, 64)), checkpoint: uint64(pick(2, 4, 8, 32)),
		keepLog: uint64(pick(0, 4, 16, 64)),
		loss:    prob(0, 0, 0.02, 0.2), duplicate: prob(0, 0.05, 0.3), straggle: prob(0, 0.02, 0.1), replay: prob(0, 0.005, 0.05),
		delayMin: 50 * microsecond, delayMax: pick(100*microsecond, 2*millisecond, 50*millisecond), straggleMax: pick(100, 500, 2000) * millisecond,
		syncMax: pick(200*microsecond, 5*millisecond, 100*millisecond), enclaveMax: pick(0, 200*microsecond, 5*millisecond),
		applyMax: pick(0, millisecond, 20*millisecond), thinkMax: pick(10, 50, 200, 1000) * millisecond,
		patience: pick(60, 250, 1000) * millisecond, pauseMax: pick(50, 1500, 5000) * millisecond, downMax: pick(20, 500, 3000) * millisecond,
		hostEvery: pick(0, 0, 700, 3000) * millisecond, enclaveEvery: pick(0, 700, 3000) * millisecond,
		leaderEvery: pick(0, 500, 2500) * millisecond, pauseEvery: pick(0, 0, 1000) * millisecond, jumpEvery: pick(0, 0, 2000) * millisecond,
		powerEvery: pick(0, 0, 1000, 3000) * millisecond, blackoutEvery: pick(0, 0, 1500, 4000) * millisecond,
		forgetEvery: pick(0, 700, 3000) * millisecond,
		cutEvery:    pick(0, 0, 200, 1000) * millisecond, lieEvery: pick(10, 50, 200) * millisecond, cloneEvery: pick(0, 300, 1000) * millisecond,
		twinEvery: pick(0, 0, 1000) * millisecond,
		fade:      rng.IntN(2) == 0, gentle: rng.IntN(2) == 0, strict: rng.IntN(4) == 0,
	}
	s.liars = make([]bool, s.replicas)
	for range rng.IntN((s.replicas-1)/2 + 1) {
		s.liars[rng.IntN(s.replicas)] = true
	}
	return s
}

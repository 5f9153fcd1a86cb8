package sim

import (
	"math/rand/v2"

	"troxymail/bftcore"
)

// scene is what a seed makes of a run.
type scene struct {
	replicas int
	liars    []bool
	silent   bool // liars fall silent at the end instead of behaving
	maxBatch int
	window   int
	requests int // of each proxy
	duration bftcore.Time

	loss, duplicate, straggle float64
	delayMin, delayMax        bftcore.Time
	syncMax, enclaveMax       bftcore.Time
	applyMax, thinkMax        bftcore.Time
	crashEvery, powerEvery    bftcore.Time // 0: never
	blackoutEvery, cutEvery   bftcore.Time
}

func newScene(rng *rand.Rand) scene {
	pick := func(v ...bftcore.Time) bftcore.Time { return v[rng.IntN(len(v))] }
	prob := func(v ...float64) float64 { return v[rng.IntN(len(v))] }
	s := scene{
		replicas: int(pick(3, 3, 5)), maxBatch: int(pick(1, 4, 64)), window: int(pick(2, 8, 64)),
		requests: 10 + rng.IntN(30), duration: pick(1, 2, 4) * second,
		loss: prob(0, 0, 0.02, 0.2), duplicate: prob(0, 0.05, 0.3), straggle: prob(0, 0, 0.02),
		delayMin: 50 * microsecond, delayMax: pick(100*microsecond, 2*millisecond, 50*millisecond),
		syncMax: pick(200*microsecond, 5*millisecond, 100*millisecond), enclaveMax: pick(0, 200*microsecond,
			5*millisecond),
		applyMax: pick(0, 1*millisecond, 20*millisecond), thinkMax: pick(1, 20, 100) * millisecond,
		crashEvery: pick(0, 0, 300, 1000) * millisecond, powerEvery: pick(0, 0, 500, 1500) * millisecond,
		blackoutEvery: pick(0, 0, 800, 2000) * millisecond, cutEvery: pick(0, 0, 200, 700) * millisecond,
		silent: rng.IntN(2) == 0,
	}
	s.liars = make([]bool, s.replicas)
	for range rng.IntN((s.replicas-1)/2 + 1) {
		s.liars[rng.IntN(s.replicas)] = true
	}
	return s
}

// planFaults lets faults happen at random moments until healing.
func (c *Cluster) planFaults() {
	c.every(c.scene.crashEvery, func() { c.strike(c.hosts[c.rng.IntN(c.n)], false) })
	c.every(c.scene.powerEvery, func() { c.strike(c.hosts[c.rng.IntN(c.n)], true) })
	c.every(c.scene.blackoutEvery, func() {
		c.faults.Blackouts++
		c.trace("all", "power loss of all")
		for _, h := range c.hosts {
			if !h.lies { // a liar's enclave is never set back, so its host keeps its power as well
				c.strike(h, true)
			}
		}
	})
	c.every(c.scene.cutEvery, func() {
		if c.chance(0.5) {
			c.net.heal()
			c.trace("net", "healed")
		} else {
			c.net.partition()
		}
	})
	c.every(10*millisecond, func() { c.liar.act() })
}

func (c *Cluster) every(mean bftcore.Time, f func()) {
	if mean == 0 {
		return
	}
	c.after(c.between(1, 2*mean), func() {
		if !c.healing {
			f()
			c.every(mean, f)
		}
	})
}

// strike stops a host and starts it again after a while.
func (c *Cluster) strike(h *host, power bool) {
	if !h.up {
		return
	}
	if power {
		c.faults.PowerLosses++
	} else {
		c.faults.Crashes++
	}
	c.trace(h.name(), "stops, power loss %v", power)
	h.stop(power)
	c.after(c.between(0, 500*millisecond), func() {
		if !h.up {
			c.trace(h.name(), "starts, store at %d, %d records", h.store.applied, len(h.log.records))
			h.start()
		}
	})
}

// healBudget is how much time a healed cluster has to come together.
const healBudget = 60 * second

// heal ends all faults and waits until the correct hosts agree.
func (c *Cluster) heal() {
	c.trace("all", "faults end")
	c.healing = true
	c.net.heal()
	c.scene.loss, c.scene.duplicate, c.scene.straggle = 0, 0, 0
	for _, h := range c.hosts {
		if h.lies && c.scene.silent {
			h.up = false
			h.life++
		} else if !h.up {
			h.start()
		}
	}
	if c.rng.IntN(2) == 0 {
		c.lying = false
	}
	end := c.now + healBudget
	for c.failure == "" && len(c.queue) > 0 && c.queue[0].at < end {
		if c.steps%64 == 0 && c.check.settled() {
			return
		}
		c.next()
	}
	if c.failure == "" && !c.check.settled() {
		c.fail("not settled %d s after the faults ended: %s", healBudget/second, c.check.unsettled())
	}
}

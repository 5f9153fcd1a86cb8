package sim

import "troxymail/bftcore/wire"

// planFaults lets faults happen at random moments until they end.
func (c *Cluster) planFaults() {
	s := &c.scene
	c.every(s.hostEvery, func() { c.crashHost(c.victim()) })
	c.every(s.enclaveEvery, func() { c.crashEnclave(c.victim()) })
	c.every(s.leaderEvery, func() {
		if h := c.leader(); h != nil && c.victim() != nil {
			c.counts[leaderKill]++
			if c.chance(0.5) {
				c.crashHost(h)
			} else {
				c.crashEnclave(h)
			}
		}
	})
	c.every(s.pauseEvery, func() { c.pause(c.anyHost()) })
	c.every(s.jumpEvery, func() { c.anyHost().jump() })
	c.every(s.powerEvery, func() { c.losePower(c.victim()) })
	c.every(s.blackoutEvery, func() {
		c.counts[powerLossAll]++
		c.trace("all", "power loss of all")
		for _, h := range c.hosts {
			c.losePower(h)
		}
	})
	c.every(s.forgetEvery, func() {
		if h := c.victim(); h != nil {
			h.forget()
		}
	})
	c.every(s.cutEvery, func() {
		if c.chance(0.5) {
			c.net.heal()
		} else {
			c.net.partition()
		}
	})
	c.every(s.lieEvery, c.liar.act)
	c.every(s.cloneEvery, c.liar.clone)
	c.every(s.twinEvery, c.liar.twin)
	c.every(200*millisecond, func() {
		for _, h := range c.hosts {
			h.remember()
		}
		c.remembered()
	})
}

func (c *Cluster) anyHost() *host { return c.hosts[c.rng.IntN(c.n)] }

// victim is the host that something befalls now; nil for none.
func (c *Cluster) victim() *host {
	h := c.anyHost()
	if c.scene.gentle {
		for _, o := range c.hosts {
			if o != h && o.core == nil {
				return nil
			}
		}
	}
	return h
}

// leader is the host that leads the newest view that began somewhere.
func (c *Cluster) leader() *host {
	var newest wire.Rank
	var found *host
	for h := range c.correct {
		if h.core == nil {
			continue
		}
		s := h.core.Status()
		if at := (wire.Rank{Generation: h.run.config.Founding.Generation, View: s.View}); s.InView && (found == nil || newest.Less(at)) {
			newest, found = at, c.hosts[s.Leader]
		}
	}
	return found
}

// crashHost ends a host's process, which begins again after a while. What it wrote stays.
func (c *Cluster) crashHost(h *host) {
	if h != nil && h.up {
		c.counts[hostCrash]++
		c.trace(h.name(), "host crashes")
		h.stop()
		c.restart(h)
	}
}

// crashEnclave ends an enclave's process.
func (c *Cluster) crashEnclave(h *host) {
	if h != nil && h.encl != nil {
		c.counts[enclaveCrash]++
		c.trace(h.name(), "enclave crashes")
		h.stopEnclave()
		c.restart(h)
	}
}

// restart starts after a while what does not run of a replica then.
func (c *Cluster) restart(h *host) {
	c.after(c.between(0, c.scene.downMax), func() { c.restartHost(h) })
	c.after(c.between(0, c.scene.downMax), func() { c.restartEnclave(h) })
}

func (c *Cluster) restartHost(h *host) {
	if !h.up {
		c.counts[hostRestart]++
		c.trace(h.name(), "host starts")
		h.start()
	}
}

func (c *Cluster) restartEnclave(h *host) {
	if h.encl == nil {
		c.counts[enclaveRestart]++
		c.trace(h.name(), "enclave starts")
		h.startEnclave()
	}
}

// losePower ends both processes of a replica; of what was not synced some is lost. A liar's disk keeps what it likes.
func (c *Cluster) losePower(h *host) {
	if h == nil || !h.up && h.encl == nil {
		return
	}
	c.counts[powerLossOne]++
	h.off()
	if !h.lies {
		some, torn := h.disk.lose(c.rng.IntN(h.disk.end() - h.disk.synced + 1))
		if some {
			c.counts[lostTail]++
			h.reached = 0
		}
		if torn {
			c.counts[tornTail]++
		}
	}
	c.trace(h.name(), "power loss, %d records left", h.disk.end())
	c.restart(h)
}

// pause stops a process for a while.
func (c *Cluster) pause(h *host) {
	if l := c.leader(); l != nil && c.chance(0.5) {
		h = l
	}
	if h.up && h.paused <= c.now {
		c.counts[pause]++
		h.paused = c.now + c.between(millisecond, c.scene.pauseMax)
		c.trace(h.name(), "is stopped until %.3f ms", float64(h.paused)/1e6)
	}
}

// jump sets a host's clock forward or back.
func (h *host) jump() {
	by := h.c.between(-5*second, 30*second)
	h.skew += by
	h.c.counts[clockJump]++
	h.c.trace(h.name(), "clock jumps by %.3f s", float64(by)/1e9)
	if h.core != nil {
		h.run.timer = 0
		h.turn()
		if c := h.encl.client; c != nil {
			c.planned = 0
			h.serve(c)
		}
	}
}

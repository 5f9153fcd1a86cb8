package sim

import "fmt"

// healBudget is how much time a cluster without faults has to come together.
const healBudget = 240 * second

// heal ends all faults and waits until the correct hosts agree and what they ask for is answered; a host that lied
// is run by the honest program. Then, in some scenes, those hosts fall silent or lie again, and with nobody else
// failing requests are answered as before.
func (c *Cluster) heal() {
	c.trace("all", "faults end")
	c.striking, c.lying = false, false
	c.net.heal()
	c.scene.loss, c.scene.duplicate, c.scene.straggle, c.scene.replay = 0, 0, 0, 0
	for _, h := range c.hosts {
		if h.lies {
			h.stop()
			h.stopEnclave()
			h.clones, h.twins = nil, nil
		}
		h.start()
		h.startEnclave()
	}
	c.settle("the faults ended")
	if c.failure != "" || !c.scene.fade {
		return
	}
	for _, h := range c.hosts {
		if h.lies && c.rng.IntN(2) == 0 {
			c.trace(h.name(), "falls silent")
			h.stop()
			h.stopEnclave()
		}
	}
	c.lying = true
	c.lieOn()
	c.settle("liars lie again and nobody else fails")
}

// lieOn lets liars go on.
func (c *Cluster) lieOn() {
	c.after(c.between(1, 2*c.scene.lieEvery), func() {
		c.liar.act()
		c.lieOn()
	})
}

// settle waits until all has come together.
func (c *Cluster) settle(since string) {
	for _, h := range c.hosts {
		h.answered = 0
	}
	c.calm = c.now
	end := c.now + healBudget
	for c.failure == "" && c.queue.first() < end {
		if c.steps%16 == 0 && c.mayBeSettled() && c.unsettled() == "" {
			return
		}
		c.next()
	}
	if c.failure == "" {
		if what := c.unsettled(); what != "" {
			for _, h := range c.hosts {
				h.tell()
			}
			c.fail("not settled %d s after %s: %s", healBudget/second, since, what)
		}
	}
}

// tell traces how a host stands.
func (h *host) tell() {
	switch {
	case h.core != nil:
		h.c.trace(h.name(), "store %d, log from %d, %v", h.store.applied, h.disk.first, h.encl.set.State().Disclosure())
		h.c.trace(h.name(), "%+v", h.core.Status())
		h.c.trace(h.name(), "%+v", h.core.Counters())
	case h.linked:
		h.c.trace(h.name(), "%v %+v", h.encl.set.Standing(), h.driver.Status())
	default:
		h.c.trace(h.name(), "does not run")
	}
}

// asksOn reports whether the sessions of a host go on asking while a cluster heals: until enough is answered, and then
// for a while now and then, because a host that lags far may need the next checkpoint. Nothing may be open in the end.
func (h *host) asksOn() bool {
	t := (h.c.now - h.c.calm) / second
	return h.answered < probes || t >= 16 && t%16 < 4
}

// probes is how many commands of each correct host have to be answered.
const probes = 2

// mayBeSettled is a quick look.
func (c *Cluster) mayBeSettled() bool {
	for h := range c.correct {
		if h.core == nil || h.answered < probes || h.encl.client == nil || len(h.encl.client.open) > 0 {
			return false
		}
	}
	return true
}

// unsettled says what is missing until all has come together.
func (c *Cluster) unsettled() string {
	var first *host
	for h := range c.correct {
		switch {
		case h.core == nil || !h.encl.set.Active():
			return fmt.Sprintf("%s does not order: %v, %+v", h.name(), h.encl.set.Standing(), h.driver.Status())
		case h.answered < probes:
			return fmt.Sprintf("%s had %d answers: %+v %+v", h.name(), h.answered, h.core.Status(), h.core.Counters())
		case len(h.encl.client.open) > 0:
			return fmt.Sprintf("%s waits for %d answers: %+v", h.name(), len(h.encl.client.open), h.core.Status())
		case h.store.applied < c.check.acked:
			return fmt.Sprintf("%s applied %d, %d is acknowledged: %+v", h.name(), h.store.applied, c.check.acked, h.core.Status())
		}
		if first == nil {
			first = h
		}
		switch {
		case h.run.config.Founding != first.run.config.Founding:
			return fmt.Sprintf("%s is in %v, %s in %v", h.name(), h.run.config.Founding, first.name(), first.run.config.Founding)
		case h.store.applied != first.store.applied || h.store.root() != first.store.root():
			return fmt.Sprintf("%s is at %d, %s at %d: %+v", h.name(), h.store.applied, first.name(), first.store.applied, h.core.Status())
		}
	}
	return ""
}

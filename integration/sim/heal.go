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
			h.off()
			h.clones, h.twins = nil, nil
		}
		h.start()
		h.startEnclave()
	}
	if !c.settle("the faults ended") || !c.scene.fade {
		return
	}
	for _, h := range c.hosts {
		if h.lies && c.rng.IntN(2) == 0 {
			c.trace(h.name(), "falls silent")
			h.off()
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

// settle waits until all has come together, and reports whether it has.
func (c *Cluster) settle(since string) bool {
	for _, h := range c.hosts {
		h.answered = 0
	}
	c.calm = c.now
	end := c.now + healBudget
	for c.failure == "" && c.queue.first() < end {
		if c.steps%16 == 0 && c.mayBeSettled() && c.unsettled() == "" {
			return true
		}
		c.next()
	}
	if c.failure != "" {
		return false
	}
	what := c.unsettled()
	switch {
	case what == "":
		return true
	case c.scene.keepLog < longLog && c.stranded():
		c.counts[stranded]++
		c.trace("all", "stranded: %s", what)
		return false
	}
	for _, h := range c.hosts {
		h.tell()
	}
	c.fail("not settled %d s after %s: %s", healBudget/second, since, what)
	return false
}

// longLog is how many orders of log below a stable checkpoint are enough that no seed gets stranded: more than a few
// checkpoints, as 512 MiB of a host are.
const longLog = 64

// stranded reports whether the correct hosts cannot come together for want of what no honest program could give them: too
// few of them have the state of the stable checkpoint to attest a newer one, which they would be f+1 for, none keeps that
// state for the others, and no log of those that have been there leads the others to it. What is acknowledged is not lost then, but
// nothing is ordered; hosts keep much log because of this (ARCHITECTURE.md, What is not safe yet).
func (c *Cluster) stranded() bool {
	order := uint64(0)
	for h := range c.correct {
		if h.core == nil {
			return false
		}
		order = max(order, h.core.Status().Stable.Order)
	}
	there := 0
	for h := range c.correct {
		if h.store.applied >= order {
			there++
		}
		if h.disk.stateAt(order) != nil {
			return false
		}
	}
	if there > c.group.F() {
		return false
	}
	for h := range c.correct {
		for p := range c.correct {
			if h.store.applied < order && p.store.applied >= order && p.leads(h.store.applied+1, order) {
				return false
			}
		}
	}
	return true
}

// leads reports whether the log of a host proves what it executed from one order to another.
func (h *host) leads(from, to uint64) bool {
	for o := from; o <= to; o++ {
		if _, ok, err := h.config().Proven(o, h.disk.of(o)); !ok || err != nil {
			return false
		}
	}
	return true
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

package sim

import "slices"

// At most one host at a time shows an older past than its enclave had (M_R of package rr): one whose disk was set back,
// or lost what was synced, or a lying one. Another may only once the first has again what it ever promised.

// mayForget reports whether h may show an older past from now on, and marks it.
func (c *Cluster) mayForget(h *host) bool {
	if c.forgetful != nil && c.forgetful != h {
		return false
	}
	c.forgetful = h
	return true
}

// remembered ends that when the host has again what it promised: a correct one when all that it ever called durable
// is, again, with its enclave's state, and the state of a checkpoint as new as it attested; a lying one when its enclave is ACTIVE, and all correct ones are in a
// later generation than those of its clones that acted.
func (c *Cluster) remembered() {
	h := c.forgetful
	if h == nil || h.core == nil || !h.encl.set.Active() {
		return
	}
	if h.lies {
		if h.owes < c.check.leftBehind() {
			c.forgetful, h.owes = nil, 0
		}
		return
	}
	hasState := func(x *state) bool { return x.applied >= h.attested }
	if h.core.Durable() >= h.claimed && h.disk.synced == h.disk.end() && (h.attested == 0 || slices.ContainsFunc(h.disk.states, hasState)) {
		c.forgetful = nil
	}
}

// remember keeps what a host could show later.
func (h *host) remember() {
	if !h.lies {
		h.disk.remember()
		return
	}
	if h.linked && h.encl.set.Active() {
		if len(h.former) == keptImages {
			h.former = slices.Delete(h.former, 1, 2)
		}
		h.former = append(h.former, h.encl.set.Frontier())
	}
}

// loseDisk leaves nothing of what was on a host's disk.
func (h *host) loseDisk() {
	h.disk.restore(image{file: newState(h.c.n)})
	h.disk.stable = 0
}

// forget makes a host show an older past.
func (h *host) forget() {
	c := h.c
	if !h.up || !c.mayForget(h) {
		return
	}
	if h.lies {
		if len(h.former) == 0 {
			return
		}
		c.counts[lieOldPast]++
		h.stopEnclave()
		h.evidence = h.former[c.rng.IntN(len(h.former))]
		c.trace(h.name(), "shows an older past")
		h.startEnclave()
		return
	}
	h.off()
	d := &h.disk
	switch kind := c.rng.IntN(8); {
	case kind < 4 && len(d.past) > 0:
		c.counts[rollback]++
		x := d.past[c.rng.IntN(len(d.past))]
		d.restore(x)
		c.trace(h.name(), "is set back to %d records, store at %d", d.end(), d.file.applied)
	case kind < 6:
		c.counts[diskLoss]++
		h.loseDisk()
		c.trace(h.name(), "loses its disk")
	case kind == 6:
		c.counts[logLoss]++
		d.restore(image{file: d.file})
		c.trace(h.name(), "loses its log, store at %d", d.file.applied)
	default:
		c.counts[storeLoss]++
		d.sync(d.end())
		d.file, d.states = newState(c.n), nil
		c.trace(h.name(), "loses its store")
	}
	h.reached = 0
	d.past = slices.DeleteFunc(d.past, func(x image) bool { return x.file.applied > d.file.applied })
	c.check.forgets(h, d.file.applied)
	c.restart(h)
}

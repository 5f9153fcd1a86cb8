package sim

import (
	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// sync syncs the log in the background once that is asked for: one sync at a time covers all that was written before it
// began.
func (h *host) sync() {
	if h.run.syncing || !h.run.wantsSync {
		return
	}
	run, end := h.run, h.disk.end()
	run.syncing, run.wantsSync = true, false
	h.in(100*microsecond, h.c.scene.syncMax, func() {
		run.syncing = false
		h.disk.sync(end)
		h.cut()
		h.release()
		h.step(bftcore.Synced{Record: uint64(h.disk.synced - run.base)})
	})
}

// root tells the core of the newest checkpoint that is durable here.
func (h *host) root() {
	roots := h.disk.file.roots
	if len(roots) == 0 || roots[len(roots)-1].Order <= h.run.rooted {
		return
	}
	s := roots[len(roots)-1]
	h.run.rooted, h.attested, h.claimed = s.Order, max(h.attested, s.Order), max(h.claimed, s.Order)
	h.in(0, millisecond, func() { h.step(bftcore.Rooted{Order: s.Order, Root: s.Root}) })
}

// stable takes note of a stable checkpoint: the log below may go, but for what is kept for peers that lag a little.
func (h *host) stable(order uint64) {
	h.c.counts[checkpoint]++
	h.disk.stable = max(h.disk.stable, order)
	h.disk.dropStates()
	if kept := h.c.scene.keepLog; order > kept {
		h.run.below = order - kept
	}
}

// cut cuts the log, up to what the store has by itself. All of it is synced before.
func (h *host) cut() {
	below := min(h.run.below, h.disk.file.applied)
	if below == 0 {
		return
	}
	h.disk.sync(h.disk.end())
	if h.disk.cut(below, h.disk.live()) {
		h.c.counts[logCut]++
	}
	h.run.below = 0
}

// transfer copies the state of a checkpoint from a peer that has it. The newest that is asked for is taken.
func (h *host) transfer(t bftcore.Transfer) {
	idle := h.run.wanted.Order == 0
	h.run.wanted, h.run.tries = t.Stable, 0
	if idle {
		h.take()
	}
}

// maxTries is how many peers are asked for a state before the core is told that it is not to be had.
const maxTries = 20

// take asks one peer after the other.
func (h *host) take() {
	run := h.run
	h.in(millisecond, 100*millisecond, func() {
		s := run.wanted
		p := h.c.hosts[h.c.rng.IntN(h.c.n)]
		x := p.gives(h, s.Order)
		var told bftcore.Event = bftcore.Installed{Stable: s}
		switch run.tries++; {
		case h.store.applied >= s.Order: // by itself
		case x == nil && run.tries < maxTries:
			h.take()
			return
		case x == nil:
			told = bftcore.NotInstalled{}
		case x.root() != s.Root:
			h.c.counts[wrongState]++
			if !p.lies {
				h.c.fail("%s gives another state of order %d than f+1 attested", p.name(), s.Order)
			}
			h.take()
			return
		default:
			h.install(x, s)
		}
		run.wanted = wire.Stable{}
		h.step(told)
	})
}

// gives returns the state after an order, for a peer that is connected; nil when it has none. A liar has always one, and
// often a wrong one, also when it does not lie otherwise.
func (p *host) gives(to *host, order uint64) *state {
	if p.core == nil || p.paused > p.c.now || p.c.net.cut[p.id][to.id] || p.c.net.cut[to.id][p.id] {
		return nil
	}
	if p.lies && p.c.chance(0.7) {
		x := p.store.clone()
		x.applied, x.chain[0] = order, x.chain[0]+1
		return x
	}
	x := p.disk.stateAt(order)
	if x == nil && p != to {
		p.in(0, millisecond, func() { p.step(bftcore.WantCheckpoint{}) })
	}
	return x
}

// install puts a state in the place of the present one, durably, once the log shows that it is stable.
func (h *host) install(x *state, s wire.Stable) {
	h.disk.sync(h.disk.end())
	h.c.counts[transfer]++
	h.c.trace(h.name(), "takes over the state of order %d", s.Order)
	h.store = x.clone()
	h.store.roots = []wire.Stable{s}
	h.save()
	h.disk.checkpoint(x)
	h.c.check.installed(h)
}

// give sends a peer a batch out of the log.
func (h *host) give(g rejoin.Give) {
	h.in(100*microsecond, h.c.scene.syncMax, func() {
		h.disk.sync(h.disk.end())
		for _, raw := range h.disk.prepares(g.Order) {
			if x, err := wire.CertificateOf(raw); err == nil && x.Digest == g.Batch {
				h.send(g.To, raw)
				break
			}
		}
		h.driver.Step(h.clock(), rejoin.Given{To: g.To})
		h.turn()
	})
}

// load sends a peer old orders from the log; a strict host syncs what it has read.
func (h *host) load(l bftcore.Load) {
	config := &h.run.config
	h.in(0, 5*millisecond, func() {
		size := 0
		messages := h.disk.load(config, l)
		if config.Strict {
			h.disk.sync(h.disk.end())
		}
		for _, raw := range messages {
			size += len(raw)
			if h.lies && h.c.lying && h.c.chance(0.3) {
				raw = h.c.liar.misleads(raw)
			}
			h.send(l.Peer, raw)
		}
		h.step(bftcore.Loaded{To: l.Peer, Bytes: size})
	})
}

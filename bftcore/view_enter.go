package bftcore

import (
	"slices"

	"troxymail/bftcore/wire"
)

// onNewView takes the beginning of a view. Its selection is the word of the leader's enclave, which makes one a
// view: there is nothing in it for a host to check but that it is genuine.
func (c *Core) onNewView(from wire.ReplicaID, raw []byte) {
	m, err := wire.DecodeNewView(raw)
	if err != nil {
		c.malformed(from, err)
		return
	}
	x, g := &m.Certificate, &c.changing
	switch {
	case !c.fits(x) || x.Replica != c.cfg.Quorum.Leader(m.View()) || x.Replica == c.cfg.Self:
		c.foreign(from, x)
	case !c.ahead(m.View()):
		c.counters.OtherView++
	case g.offered != nil && g.offered.View() >= m.View():
		c.counters.Duplicate++
	default:
		c.authenticate(from, []wire.Certificate{*x}, func(genuine bool) {
			if genuine && c.ahead(m.View()) && (g.offered == nil || g.offered.View() < m.View()) {
				g.offered = &m
			}
		})
	}
}

// ahead reports whether this host could enter a view.
func (c *Core) ahead(view uint64) bool {
	return (view > c.view || view == c.view && !c.inView) && view > c.changing.shunned
}

// enter has the own enclave begin the view that a leader offers, once this host holds what it will be asked to
// vote for again. Otherwise its enclave would remember batches that perhaps nobody can show any more, and the
// next leader had to select them: nothing would be ordered ever after.
func (c *Core) enter() {
	g := &c.changing
	m := g.offered
	if m == nil || c.now < g.retryAt || c.open[AskEnter] || c.open[AskViewChange] {
		return
	}
	if !c.ahead(m.View()) {
		g.offered = nil
		return
	}
	if lacking := c.lacking(m.Disclosure.Entries); len(lacking) > 0 {
		c.need(lacking)
		return
	}
	c.ask(Ask{Op: AskEnter, Messages: [][]byte{m.Raw}}, func(t *Told) {
		if g.offered == m {
			g.offered = nil
		}
		if t.Refused {
			if c.ahead(m.View()) {
				g.shunned = m.View() // mute in it, or its leader is known to have restarted since
			}
			return
		}
		c.logContents(m.Disclosure.Entries)
		c.enterView(m)
		c.logFrontier(t.Frontier)
		c.counters.ViewsEntered++
	})
}

// enterView begins a view at this host, as its enclave has just done: from the checkpoint on, with the batches
// that were selected. What was collected for orders above in views before does not count in this one.
func (c *Core) enterView(m *wire.NewView) {
	if c.inView {
		c.leaveView(m.View())
	}
	c.view, c.inView, c.begun, c.entered = m.View(), true, m.Raw, max(c.now, 1)
	g := &c.changing
	if g.wanted <= c.view {
		g.wanted = 0
	}
	g.judgeAt, g.progress, g.served = 0, c.now, 0
	g.eased, g.done, g.prompt = c.now, 0, 0
	c.raise(m.Disclosure.Stable)
	c.resume(c.after(c.stable.Order), m.Disclosure.Entries)
	c.replayEarly()
}

// resume continues in the view where the own counters are, with the selected batches above.
func (c *Core) resume(next pillars, entries []wire.Entry) {
	c.selection = nil
	for i := range entries {
		if entries[i].Order >= next.first() {
			c.selection = entries[i:]
			break
		}
	}
	c.nextOwn, c.nextCall = next, slices.Clone(next)
	c.assignPending()
}

// selectedAt returns the batch that the view's beginning selected for an order.
func (c *Core) selectedAt(order uint64) (wire.Digest, bool) {
	if len(c.selection) == 0 || order < c.selection[0].Order || order > c.selectedEnd() {
		return wire.Digest{}, false
	}
	return c.selection[order-c.selection[0].Order].Batch, true // the selection has no gaps
}

// selectedEnd is the last order that the view's beginning settled; 0 for none.
func (c *Core) selectedEnd() uint64 {
	if n := len(c.selection); n > 0 {
		return c.selection[n-1].Order
	}
	return 0
}

// repropose proposes what the view's beginning selected. False while that is not done. Leader only.
func (c *Core) repropose() bool {
	for {
		next := c.nextCall.first()
		digest, ok := c.selectedAt(next)
		if !ok {
			return true
		}
		if next >= c.nextOwn.first()+reproposeAtOnce || c.buffered >= MaxInFlightBytes && !c.nextCall.holed() {
			return false
		}
		batch := c.content(next, digest)
		if batch == nil {
			return false
		}
		c.callPrepare(&wire.Prepare{Requests: batch.Requests, Digests: batch.Digests}, nil, len(batch.Raw))
	}
}

// early keeps messages of a view that has not begun here: they come right behind its NEW-VIEW.
type early struct {
	messages []Received
	counts   []int // by sender
	bytes    []int
}

// keepEarly keeps a PREPARE or COMMIT of a view to come.
func (c *Core) keepEarly(from wire.ReplicaID, x *wire.Certificate, raw []byte) {
	e := &c.early
	if !c.ahead(x.New.View) || x.New.View > c.view+uint64(c.n) || e.counts[from] >= maxEarly ||
		e.bytes[from]+len(raw) > maxEarlyBytes {
		c.counters.OtherView++
		return
	}
	e.messages = append(e.messages, Received{From: from, Raw: raw})
	e.counts[from]++
	e.bytes[from] += len(raw)
}

// replayEarly takes up what came before its view. What is not of the present one is kept or dropped anew.
func (c *Core) replayEarly() {
	messages := c.early.messages
	c.early = early{counts: make([]int, c.n), bytes: make([]int, c.n)}
	for _, m := range messages {
		c.receive(m.From, m.Raw)
	}
}

package bftcore

import (
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// left takes the own VIEW-CHANGE: from here on this host is between views. What made its enclave go is passed
// on, so that no liar can send one replica away alone.
//
// The message leaves once it is synced: a host that lost it would show a founding the old view. Rank by generation
// would be enough to choose right even so; it is rare, and costs nothing here.
func (c *Core) left(view uint64, wants [][]byte, t *Told) {
	g := &c.changing
	m, err := wire.DecodeViewChange(t.Message)
	if t.Refused || err != nil || m.View() != view {
		g.retryAt = c.now + refusedAgain
		return
	}
	c.leaveView(view)
	c.logFrontier(t.Frontier, Record{Kind: RecordViewChange, Body: m.Raw})
	g.changes[c.cfg.Self] = &m
	for _, raw := range wants {
		c.multicast(raw, false)
	}
	c.multicast(m.Raw, true)
	g.againAt = c.now + againAfter
	c.counters.ViewChanges++
}

// leaveView ends the present view at this host.
func (c *Core) leaveView(view uint64) {
	c.execute()
	c.keepContents()
	c.view, c.inView, c.begun, c.selection, c.reserved = view, false, nil, nil, 0
	c.recallAll()
	g := &c.changing
	g.since = c.now
	if g.wanted <= view {
		g.wanted = 0
	}
	if g.offered != nil && g.offered.View() < view {
		g.offered = nil
	}
}

// onViewChange takes what a peer's enclave certified before the view that it goes to.
func (c *Core) onViewChange(from wire.ReplicaID, raw []byte) {
	m, err := wire.DecodeViewChange(raw)
	if err != nil {
		c.malformed(from, err)
		return
	}
	x := &m.Certificate
	r := x.Replica
	if !c.fits(x) || r == c.cfg.Self {
		c.foreign(from, x)
		return
	}
	g := &c.changing
	switch have := g.changes[r]; {
	case m.View() < c.view || m.View() == c.view && c.inView:
		c.counters.OtherView++
		c.show(from)
	case have != nil && !supersedes(x, &have.Certificate):
		c.counters.Duplicate++
	default:
		c.authenticate(from, []wire.Certificate{*x}, func(genuine bool) {
			if have := g.changes[r]; genuine && (have == nil || supersedes(x, &have.Certificate)) {
				g.changes[r] = &m
			}
		})
	}
}

// begin has the own enclave make the NEW-VIEW when this host leads the view that it waits for. Only
// VIEW-CHANGEs whose batches are at hand are used (rule F10): what is selected must be proposed again, and a
// liar may disclose what it gives to nobody.
func (c *Core) begin() {
	g := &c.changing
	if c.inView || c.leader() != c.cfg.Self || c.now < g.retryAt || c.open[AskNewView] || c.open[AskViewChange] {
		return
	}
	if own := g.changes[c.cfg.Self]; own == nil || own.View() != c.view {
		return
	}
	var set []*wire.ViewChange
	for _, m := range g.changes {
		if m != nil && m.View() == c.view {
			set = append(set, m)
		}
	}
	bases := c.bases(set)
	if len(bases) == 0 {
		return
	}
	set = bases[g.refusals%len(bases)]
	view := c.view
	raws := make([][]byte, len(set))
	for i, m := range set {
		raws[i] = m.Raw
	}
	c.ask(Ask{Op: AskNewView, Number: view, Messages: raws}, func(t *Told) {
		m, err := wire.DecodeNewView(t.Message)
		if t.Refused || err != nil || m.View() != view {
			g.retryAt = c.now + refusedAgain
			g.refusals++
			return
		}
		c.logContents(m.Disclosure.Entries)
		c.enterView(&m)
		c.logFrontier(t.Frontier)
		c.multicast(m.Raw, true)
		c.counters.ViewsBegun++
	})
}

// bases returns those sets of f+1 VIEW-CHANGEs that fit together and select only batches that are at hand. The enclave
// is shown one of them and no more: it would choose by itself, and what it selected it never forgets. For what the
// others lack, peers are asked.
func (c *Core) bases(set []*wire.ViewChange) (bases [][]*wire.ViewChange) {
	size := c.cfg.Quorum.Size()
	var extend func(chosen []*wire.ViewChange, from int)
	extend = func(chosen []*wire.ViewChange, from int) {
		if len(chosen) == size {
			if lacking := c.lacking(selected(chosen)); len(lacking) > 0 {
				c.need(lacking)
			} else {
				bases = append(bases, slices.Clone(chosen))
			}
			return
		}
		for i := from; i < len(set); i++ {
			fits := func(m *wire.ViewChange) bool {
				return quorum.Consistent(quorum.WitnessOf(&m.Certificate), quorum.WitnessOf(&set[i].Certificate))
			}
			if !slices.ContainsFunc(chosen, func(m *wire.ViewChange) bool { return !fits(m) }) {
				extend(append(chosen, set[i]), i+1)
			}
		}
	}
	extend(make([]*wire.ViewChange, 0, size), 0)
	return bases
}

// selected is what an enclave will select from VIEW-CHANGEs.
func selected(set []*wire.ViewChange) []wire.Entry {
	told := make([]*wire.Disclosure, len(set))
	for i, m := range set {
		told[i] = &m.Disclosure
	}
	return wire.Highest(told)
}

// sayAgain repeats what a view change waits for: any message may be lost, and whoever was away needs it.
func (c *Core) sayAgain() {
	g := &c.changing
	if !c.sayingAgain() || c.now < g.againAt {
		return
	}
	g.againAt = c.now + max(againAfter, c.patience()/4)
	for r := range g.wants {
		// Between views, what made this host leave is shown again: whoever missed it may be content with the old
		// view, where this host has no vote any more.
		w := &g.wants[r]
		if !c.inView && w.View() >= c.view && c.view > 0 || wire.ReplicaID(r) == c.cfg.Self && g.wanted > c.view && w.View() == g.wanted {
			c.multicast(w.Raw, false)
		}
	}
	if own := g.changes[c.cfg.Self]; !c.inView && own != nil && own.View() == c.view {
		c.multicast(own.Raw, true)
	}
}

// sayingAgain reports whether there is something to repeat.
func (c *Core) sayingAgain() bool { return c.changing.wanted > c.view || !c.inView }

// show tells a peer how the present view began; and while it has not, why it is coming.
func (c *Core) show(to wire.ReplicaID) {
	p := &c.peers[to]
	if c.now < p.shownAt+againAfter && p.shownAt != 0 {
		return
	}
	p.shownAt = max(c.now, 1)
	if c.inView {
		if len(c.begun) > 0 {
			c.send(to, c.begun, c.leads())
		}
		return
	}
	for r := range c.changing.wants {
		if w := &c.changing.wants[r]; w.View() >= c.view && c.view > 0 {
			c.send(to, w.Raw, false)
		}
	}
	if own := c.changing.changes[c.cfg.Self]; own != nil && own.View() == c.view {
		c.send(to, own.Raw, true)
	}
}

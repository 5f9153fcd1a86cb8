package bftcore

import (
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// lesson is what commits an order that this host does not vote for in the present view: of a view that it
// missed, or while its enclave may not certify. A host learns such orders, and executes them, without a vote.
type lesson struct {
	proof   wire.Proof
	from    wire.ReplicaID
	ready   bool // certificates and requests are genuine
	logged  bool // it came out of the log
	missing int  // large bodies
}

// onProof takes what commits an order, from whoever was asked for it. What is of the present view counts like its
// parts.
func (c *Core) onProof(from wire.ReplicaID, raw []byte) {
	p, err := wire.DecodeProof(raw)
	if err != nil {
		c.malformed(from, err)
		return
	}
	x := &p.Prepare.Certificate
	order := x.New.Order
	heard := c.heard(from, &p)
	if !c.cfg.proves(&p) {
		if !heard {
			c.foreign(from, &p.Prepare.Certificate)
		}
		return
	}
	if c.offerContent(from, &p.Prepare) {
		return
	}
	c.claim(from, order)
	switch {
	case c.inView && x.New.View == c.view && order >= c.nextOwn.of(order):
		c.onPrepare(from, p.Prepare.Raw)
		for _, commit := range p.Raw {
			c.onCommit(from, commit)
		}
	case order <= c.executed:
		c.counters.OldOrder++
	case order > c.horizon():
		c.counters.BeyondWindow++
	case !c.askedOf(from, order):
		c.counters.Unsolicited++
	case c.lessons[order] != nil:
		c.counters.Duplicate++
	case order > c.executed+1 && c.buffered+len(raw) > MaxBufferedBytes:
		c.counters.BufferFull++
	default:
		c.study(&lesson{proof: p, from: from})
	}
}

// proves checks what can be checked of a PROOF without an enclave: f+1 certificates of distinct replicas, consistent
// in their incarnations, the leader's among them.
func (cfg *Config) proves(p *wire.Proof) bool {
	x := &p.Prepare.Certificate
	if !cfg.fits(x) || x.New.Order == 0 || x.Replica != cfg.Quorum.Leader(x.New.View) {
		return false
	}
	ws := []quorum.Witness{quorum.WitnessOf(x)}
	for i := range p.Commits {
		if !cfg.fits(&p.Commits[i].Certificate) {
			return false
		}
		ws = append(ws, quorum.WitnessOf(&p.Commits[i].Certificate))
	}
	_, ok := quorum.Holds(ws, cfg.Quorum.Size())
	return ok
}

// study has the own enclave verify the certificates of a lesson, and then its content: the call for a COMMIT
// checks the MACs of the requests, and certifies nothing where this host has no vote.
func (c *Core) study(l *lesson) {
	order := l.proof.Prepare.Certificate.New.Order
	certificates := []wire.Certificate{l.proof.Prepare.Certificate}
	for i := range l.proof.Commits {
		certificates = append(certificates, l.proof.Commits[i].Certificate)
	}
	asked := c.authenticate(l.from, certificates, func(genuine bool) {
		if c.lessons[order] != l {
			return
		}
		if !genuine {
			c.dropLesson(order)
			c.suspectSource(l.from, order)
			return
		}
		c.checkRequests(l.proof.Prepare.Requests, func(e *Checked) { c.studied(order, l, e) })
	})
	if asked {
		c.lessons[order] = l
		c.buffered += len(l.proof.Prepare.Raw)
	}
}

func (c *Core) studied(order uint64, l *lesson, e *Checked) {
	if c.lessons[order] != l {
		return
	}
	if e.Refused || len(e.Invalid) > 0 {
		c.dropLesson(order)
		c.suspectSource(l.from, order)
		return
	}
	l.ready = true
	for i := range l.proof.Prepare.Requests {
		for _, d := range l.proof.Prepare.Requests[i].Bodies {
			l.missing++
			c.needBody(d, bodyWaiter{lesson: l})
		}
	}
}

// suspectSource has somebody else asked next: this one sent what is not genuine.
func (c *Core) suspectSource(from wire.ReplicaID, order uint64) {
	p := &c.peers[from]
	p.askedTo = 0
	p.claim = min(p.claim, order-1)
}

func (c *Core) dropLesson(order uint64) {
	if l := c.lessons[order]; l != nil {
		c.buffered -= len(l.proof.Prepare.Raw)
		delete(c.lessons, order)
	}
}

// learned returns the lesson about an order, when it can be executed.
func (c *Core) learned(order uint64) *lesson {
	if l := c.lessons[order]; l != nil && l.ready && l.missing == 0 {
		return l
	}
	return nil
}

// executeLesson hands out a batch that was learned.
func (c *Core) executeLesson(order uint64, l *lesson) {
	x := &l.proof.Prepare.Certificate
	if !l.logged {
		c.record(RecordPrepare, order, l.proof.Prepare.Raw)
		for _, raw := range l.proof.Raw {
			c.record(RecordCommit, order, raw)
		}
	}
	c.proved(order)
	c.executed++
	c.dropLesson(order)
	c.counters.Learned++
	c.handOut(Batch{View: x.New.View, Order: order, Digest: x.Digest, Requests: l.proof.Prepare.Requests},
		l.proof.Prepare.Digests)
	if s := c.slots[order]; s != nil {
		if s.stage == stageOwn {
			c.dropSlot(s)
		} else {
			s.late = true
		}
	}
	c.onSynced(c.synced)
}

// forgetLessons drops what is learned already.
func (c *Core) forgetLessons() {
	for order := range c.lessons {
		if order <= c.executed {
			c.dropLesson(order)
		}
	}
}

func sortedOrders[T any](m map[uint64]T) []uint64 {
	orders := make([]uint64, 0, len(m))
	for o := range m {
		orders = append(orders, o)
	}
	slices.Sort(orders)
	return orders
}

func sortedNeeded(m map[wire.Digest]*needed) []wire.Digest {
	if len(m) == 0 {
		return nil
	}
	list := make([]wire.Digest, 0, len(m))
	for d := range m {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b wire.Digest) int {
		if x, y := m[a].order, m[b].order; x != y {
			return int(int64(x - y))
		}
		return slices.Compare(a[:], b[:])
	})
	return list
}

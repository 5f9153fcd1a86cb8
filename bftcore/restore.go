package bftcore

import (
	"fmt"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// restore replays the host log. What is in it was verified by the own enclave before it was written, and the
// own disk is the host itself, so certificates are not verified again. Afterwards the core stands where it
// stood: own certificates are known to be used, committed orders beyond the store are executed again, and
// what may not have left is sent again.
func (c *Core) restore(from Restored) error {
	c.executed, c.applied, c.oldest = from.Applied, from.Applied, from.Applied
	r := &replay{c: c, evidence: map[uint64][]*evidence{}, next: c.after(0), inView: true}
	if from.State != nil {
		r.floor = from.State.Disclosure.Stable.Order
	}
	if from.Records != nil {
		for x := range from.Records {
			if err := r.record(&x); err != nil {
				return err
			}
		}
	}
	if err := r.apart(from.Frontier); err != nil {
		return err
	}
	if from.State != nil {
		r.state(from.State)
		c.fillAfterFounding(from.State)
	}
	c.view, c.inView = r.view, r.inView
	if c.leads() && from.Applied >= r.next.first() && c.evidence.Frontier == nil && from.State == nil {
		return fmt.Errorf("%w: applied %d, last own PREPARE %d", ErrLogBehind, from.Applied, r.next.first()-1)
	}
	c.selection = nil
	if c.inView {
		c.resume(r.next, r.selection)
	} else {
		c.changing.since = c.now
	}
	c.entered, c.changing.progress = max(c.now, 1), c.now
	if r.begun != nil && r.begun.View() == c.view && c.inView {
		c.begun = r.begun.Raw
	}
	if m := r.change; m != nil && m.View() == c.view {
		c.changing.changes[c.cfg.Self] = m
	}
	r.takeUp()
	c.durable = c.applied
	c.execute()
	c.durable, c.proofs = c.executed, c.proofs[:0]
	c.sendAgain()
	return nil
}

// takeUp makes slots of what is of the present view, and lessons of what older views proved.
func (r *replay) takeUp() {
	c := r.c
	for _, o := range sortedOrders(r.evidence) {
		for _, e := range r.evidence[o] {
			switch {
			case c.inView && e.view == c.view && (o >= c.nextOwn.of(o) || e.voted(c.cfg.Self)):
				r.slot(o, e)
			case e.prepare != nil:
				r.lesson(o, e)
			}
		}
		if s := c.slots[o]; s != nil {
			c.commit(s)
		}
	}
}

// voted reports whether the own certificate is among the evidence.
func (e *evidence) voted(self wire.ReplicaID) bool {
	if e.prepare != nil && e.prepare.Certificate.Replica == self {
		return true
	}
	for i := range e.commits {
		if e.commits[i].Certificate.Replica == self {
			return true
		}
	}
	return false
}

func (r *replay) slot(order uint64, e *evidence) {
	c := r.c
	s := c.slotAt(order)
	if p := e.prepare; p != nil {
		s.proposal, s.from, s.size = p, p.Certificate.Replica, len(p.Raw)
		s.known, s.prepare, s.logged = true, p.Certificate, true
		if p.Certificate.Replica == c.cfg.Self {
			s.stage = stageOwn
			c.restoreFlying(s)
		}
		c.buffered += s.size
		c.awaitProposalBodies(s)
	}
	for i := range e.commits {
		x := &e.commits[i].Certificate
		if x.Replica == c.cfg.Self {
			s.stage = stageOwn
		}
		v := c.voteOf(s, x.Replica)
		v.verified, v.logged, v.certificate, v.raw = true, true, *x, e.raw[i]
	}
}

// lesson keeps what an older view proved, and otherwise the batch alone: it may be proposed again.
func (r *replay) lesson(order uint64, e *evidence) {
	c := r.c
	p := c.cfg.assemble(e.prepare, e.commits, e.raw)
	if p == nil || c.lessons[order] != nil {
		c.hold(order, e.prepare, c.cfg.Self, true)
		return
	}
	l := &lesson{from: c.cfg.Self, ready: true, logged: true, proof: *p}
	c.lessons[order] = l
	c.buffered += len(e.prepare.Raw)
	for i := range e.prepare.Requests {
		for _, d := range e.prepare.Requests[i].Bodies {
			l.missing++
			c.needBody(d, bodyWaiter{lesson: l})
		}
	}
}

// restoreFlying remembers the requests of an own proposal, so that they are not proposed twice.
func (c *Core) restoreFlying(s *slot) {
	for i := range s.proposal.Requests {
		q := s.proposal.Requests[i]
		q.Bodies = nil // the proposal waits for them
		if w := c.admit(q, c.cfg.Self); w != nil {
			w.flying = true
		}
	}
}

// sendAgain sends the own certificates of orders that are not executed here: their messages may never have
// left. For older ones PROGRESS and FETCH do.
func (c *Core) sendAgain() {
	last := min(c.nextOwn.last(), c.executed+uint64(c.cfg.Window))
	for o := c.executed + 1; o <= last; o++ {
		s := c.slots[o]
		switch {
		case s == nil:
		case c.leads() && s.proposal != nil:
			c.multicast(s.proposal.Raw, false)
		case !c.leads() && s.votes != nil && s.votes[c.cfg.Self].verified:
			c.multicast(s.votes[c.cfg.Self].raw, false)
		}
	}
}

// reset prepares empty state for a group of n.
func (c *Core) reset() {
	c.n = c.cfg.Quorum.N()
	c.slots = map[uint64]*slot{}
	c.calls = map[uint64]*slot{}
	c.verifying = map[uint64][]verification{}
	c.bodies = map[wire.Digest][]bodyWaiter{}
	c.peers = make([]peer, c.n)
	c.blames = NewBlames(c.n)
	c.pending = pending{byKey: map[requestKey]*waiting{}, sources: make([]source, c.n)}
	c.witnesses = make([]quorum.Witness, 0, c.n+1)
	c.nextOwn, c.nextCall = c.after(0), c.after(0)
	c.changing = changing{wants: make([]wire.ReqVC, c.n), changes: make([]*wire.ViewChange, c.n)}
	c.holdings = holdings{held: map[wire.Digest]*held{}, needed: map[wire.Digest]*needed{}, spoilt: map[wire.Digest]uint32{}}
	c.lessons = map[uint64]*lesson{}
	c.early = early{counts: make([]int, c.n), bytes: make([]int, c.n)}
	c.checkpoints.said = make([][]wire.Checkpoint, c.n)
	c.statements, c.asks = map[uint64]statement{}, map[uint64]asking{}
	c.checks = map[uint64]func(e *Checked){}
}

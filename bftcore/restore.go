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
	highest := uint64(0)
	if from.Records != nil {
		for r := range from.Records {
			if err := c.replay(&r); err != nil {
				return err
			}
			highest = max(highest, r.Order)
		}
	}
	if err := c.resumeApart(from.Frontier); err != nil {
		return err
	}
	if c.leads() && from.Applied >= c.nextOwn {
		return fmt.Errorf("%w: applied %d, last own PREPARE %d", ErrLogBehind, from.Applied, c.nextOwn-1)
	}
	c.nextCall = c.nextOwn
	c.durable = c.applied
	for o := c.executed + 1; o <= highest; o++ {
		if s := c.slots[o]; s != nil {
			c.commit(s)
		}
	}
	c.execute()
	c.durable, c.proofs = c.executed, c.proofs[:0]
	c.sendAgain()
	return nil
}

// resumeApart continues from a frontier that was kept apart from a lost log. It is older than what the
// enclave certified before, and the host asks it to certify the orders in between once more.
//
// That is safe at a follower. Its enclave votes only for a batch with a genuine PREPARE of the leader, whose
// counter certifies one digest at a position: so the second COMMIT at [view|order] binds the digest of the
// first, is the same statement, and counts for one replica as before. Nothing else of an enclave depends on
// its counter: replies are authenticated from what the store executes, and the store is never ahead of what
// was committed. The leader must not do so: its PREPAREs choose, and a lost one may be known to a peer; it is
// refused (ErrLogBehind here, and by the host when its log is gone). With view changes a follower's counter
// says more than its COMMITs do; then recovery from peers takes the place of this rule.
func (c *Core) resumeApart(frontier *wire.Certificate) error {
	if frontier == nil || c.leads() || c.nextOwn > 1 {
		return nil
	}
	if !c.fits(frontier) || frontier.Kind != wire.CertCommit || frontier.Replica != c.cfg.Self ||
		frontier.New.View != c.view || frontier.New.Order > c.applied {
		return fmt.Errorf("%w: the frontier kept apart is of another replica or ahead of the store", ErrLog)
	}
	c.resumeAt(frontier)
	return nil
}

// replay takes one record in.
func (c *Core) replay(r *Record) error {
	switch r.Kind {
	case RecordPrepare:
		return c.replayPrepare(r)
	case RecordCommit:
		return c.replayCommit(r)
	}
	return nil // a kind that this version does not need
}

func (c *Core) replayPrepare(r *Record) error {
	p, err := wire.DecodePrepare(r.Body)
	if err != nil {
		return fmt.Errorf("%w: order %d: %w", ErrLog, r.Order, err)
	}
	x := &p.Certificate
	if !c.fits(x) || x.New.Order != r.Order || x.New.View != c.view || x.Replica != c.leader() {
		return fmt.Errorf("%w: order %d: PREPARE of replica %d at %v in another group or place",
			ErrLog, r.Order, x.Replica, x.New)
	}
	if x.Replica == c.cfg.Self {
		c.resumeAt(x)
	}
	if r.Order <= c.applied {
		for i := range p.Requests {
			c.dedup.mark(&p.Requests[i])
		}
		return nil
	}
	s := c.slotAt(r.Order)
	if s.proposal != nil {
		return nil
	}
	s.proposal, s.from, s.size = &p, x.Replica, len(p.Raw)
	s.known, s.prepare, s.logged = true, *x, true
	if x.Replica == c.cfg.Self {
		s.stage = stageOwn
		c.restoreFlying(s)
	}
	c.buffered += s.size
	c.awaitProposalBodies(s)
	return nil
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

func (c *Core) replayCommit(r *Record) error {
	m, err := wire.DecodeCommit(r.Body)
	if err != nil {
		return fmt.Errorf("%w: order %d: %w", ErrLog, r.Order, err)
	}
	x := &m.Certificate
	if !c.fits(x) || x.New.Order != r.Order || x.New.View != c.view {
		return fmt.Errorf("%w: order %d: COMMIT of replica %d at %v in another group or place",
			ErrLog, r.Order, x.Replica, x.New)
	}
	if x.Replica == c.cfg.Self {
		c.resumeAt(x)
	}
	if r.Order <= c.applied {
		return nil
	}
	s := c.slotAt(r.Order)
	if x.Replica == c.cfg.Self {
		s.stage = stageOwn
	}
	v := c.voteOf(s, x.Replica)
	v.verified, v.logged, v.certificate, v.raw = true, true, *x, r.Body
	return nil
}

// resumeAt notes an own certificate: the highest one is the frontier.
func (c *Core) resumeAt(x *wire.Certificate) {
	if x.New.Order >= c.nextOwn {
		c.nextOwn = x.New.Order + 1
		c.frontier = *x
	}
}

// sendAgain sends the own certificates of orders that are not executed here: their messages may never have
// left. For older ones PROGRESS and FETCH do.
func (c *Core) sendAgain() {
	last := min(c.nextOwn, c.executed+uint64(c.cfg.Window)+1)
	for o := c.executed + 1; o < last; o++ {
		s := c.slots[o]
		switch {
		case s == nil:
		case c.leads() && s.proposal != nil:
			c.multicast(s.proposal.Raw, true)
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
	c.pending = pending{byKey: map[requestKey]*waiting{}, sources: make([]source, c.n)}
	c.witnesses = make([]quorum.Witness, 0, c.n+1)
	c.nextOwn, c.nextCall = 1, 1
}

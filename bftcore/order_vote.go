package bftcore

import "troxymail/bftcore/wire"

// vote asks the own enclave for COMMIT certificates, in each pillar in order and without gaps: the counter allows no
// others. Several calls may be open. What one pillar waits for is nothing to the others. Follower only.
//
// Nothing is voted on before its bodies are on the own disk. That the PREPARE certificate and the MACs of
// all requests are genuine is checked by the enclave in the same call, with what it certifies.
func (c *Core) vote() {
	for again := c.inView; again; {
		again = false
		first := c.nextCall.first()
		for o := range c.nextCall.step() { // in turn, so that what is executed first is asked for first
			again = c.voteNext(c.nextCall.of(first+o)) || again
		}
	}
}

// voteNext asks for the COMMIT at the next order of a pillar, if it may be.
func (c *Core) voteNext(order uint64) bool {
	if order >= c.nextOwn.of(order)+uint64(c.cfg.Window) || order > c.ceiling() || c.movingTo(order) {
		return false
	}
	s := c.slots[order]
	if s == nil || s.proposal == nil || s.missing > 0 || s.stage != stageIdle {
		return false
	}
	s.stage = stageCalled
	s.token = c.newCall(s)
	c.nextCall.pass(order)
	c.out.Calls = append(c.out.Calls, CertifyCommit{
		Token: s.token, Prepare: s.proposal.Certificate, Requests: s.proposal.Requests,
	})
	return true
}

// onCommitted takes the own enclave's answer to a vote.
func (c *Core) onCommitted(e Committed) {
	s := c.calls[e.Token]
	if s == nil || c.leads() {
		c.counters.LateAnswers++
		return
	}
	delete(c.calls, e.Token)
	s.token = 0
	if e.Certificate == nil || !c.isOwn(e.Certificate, wire.CertCommit, s.order, s.proposal.Certificate.Digest) {
		if e.Certificate != nil {
			c.counters.NonsenseAnswers++
		}
		if e.Forged {
			c.blame(s.from, CauseRefusedBatch, nil)
		}
		c.rejected(s)
		return
	}
	certificate := *e.Certificate
	s.answer = &certificate
	for s = c.slots[c.nextOwn.of(s.order)]; s != nil && s.answer != nil; s = c.slots[s.order+c.nextOwn.step()] {
		c.ownCommit(s)
	}
}

// rejected handles a batch that the enclave does not vote for: the PREPARE is forged, or a request in it,
// or the enclave may not certify just now. The candidate goes, so that a genuine one can come from somewhere
// else, and its sender has to wait before it may offer another: FETCH asks, ever more seldom.
func (c *Core) rejected(s *slot) {
	c.counters.RejectedBatches++
	c.recall(s)
	c.refuse(s, s.from)
	c.dropProposal(s)
	c.touch(s)
}

// recall forgets the calls for s and all later orders of its pillar: with s refused, the enclave refuses them as well.
func (c *Core) recall(s *slot) {
	if s.stage == stageOwn || s.order >= c.nextCall.of(s.order) {
		return
	}
	for o := s.order; o < c.nextCall.of(s.order); o += c.nextCall.step() {
		t := c.slots[o]
		if t.token != 0 {
			delete(c.calls, t.token)
		}
		t.token, t.answer, t.stage = 0, nil, stageIdle
		c.touch(t)
	}
	c.nextCall.back(s.order)
}

// ownCommit logs the vote and sends it: written is enough (see ownPrepare).
func (c *Core) ownCommit(s *slot) {
	vote := *s.answer
	s.answer, s.stage = nil, stageOwn
	c.know(s, &s.proposal.Certificate)
	raw := wire.AppendCommit(make([]byte, 0, 2*wire.CertificateBytes(c.n)+2), &vote, &s.prepare)
	c.logPrepare(s)
	c.recordVote(RecordCommit, s.order, raw)
	v := c.voteOf(s, c.cfg.Self)
	v.verified, v.logged, v.certificate, v.raw = true, true, vote, raw
	c.certified(&vote)
	c.nextOwn.pass(s.order)
	c.counters.Voted++
	for r := range c.peers {
		p := wire.ReplicaID(r)
		if p != c.cfg.Self && (c.peers[r].heardAt == 0 || c.peers[r].status.Executed < s.order) {
			c.send(p, raw, false)
		}
	}
	if s.late {
		c.dropSlot(s)
		return
	}
	c.touch(s)
}

// logPrepare writes the PREPARE of a slot once.
func (c *Core) logPrepare(s *slot) {
	if !s.logged {
		s.logged = true
		c.recordVote(RecordPrepare, s.order, s.proposal.Raw)
	}
}

package bftcore

import (
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// onCommit takes a COMMIT, from its replica or relayed. Its embedded PREPARE certificate tells of the
// proposal even if the leader kept it from this replica; whoever sent the COMMIT has the batch.
func (c *Core) onCommit(from wire.ReplicaID, raw []byte) {
	m, err := wire.DecodeCommit(raw)
	if err != nil {
		c.malformed(from, err)
		return
	}
	if !c.acceptable(from, &m.Certificate, wire.CertCommit, raw) || !c.acceptable(from, &m.Prepare, wire.CertPrepare, nil) {
		return
	}
	order := m.Certificate.New.Order
	c.claim(from, order)
	if from == m.Certificate.Replica {
		c.voted(from, order)
	}
	if order <= c.executed || c.passed(order) {
		c.counters.OldOrder++
		return
	}
	if order > c.horizon() {
		c.counters.BeyondWindow++
		return
	}
	if c.leads() && order >= c.nextOwn.of(order) {
		c.counters.Unexpected++ // no genuine COMMIT comes before the own PREPARE
		return
	}
	s := c.slotAt(order)
	v := c.voteOf(s, m.Certificate.Replica)
	switch {
	case v.verified || m.Certificate.Replica == c.cfg.Self || s.committed:
		c.counters.Duplicate++
	case s.known && s.prepare.Digest != m.Certificate.Digest:
		c.conflict(from)
	case s.refused != nil && c.now < s.refused[from]:
		c.counters.Refused++
	case !v.add(candidate{from: from, commit: m, raw: raw}):
		c.counters.Duplicate++
	default:
		c.touch(s)
	}
}

// evaluate brings a slot as far as it can go: commits it, or has COMMITs verified.
func (c *Core) evaluate(s *slot) {
	s.dirty = false
	if s.committed || s.late {
		return
	}
	if c.commit(s) {
		return
	}
	c.verifyMore(s)
}

// commit reports whether the slot is committed: f+1 verified certificates of distinct replicas, consistent
// in their incarnations, bind one digest to this position. The bodies are execute's matter.
func (c *Core) commit(s *slot) bool {
	if !s.known {
		return false
	}
	ws := append(c.witnesses[:0], quorum.WitnessOf(&s.prepare))
	for i := range s.votes {
		if v := &s.votes[i]; v.verified && v.certificate.Digest == s.prepare.Digest {
			ws = append(ws, quorum.WitnessOf(&v.certificate))
		}
	}
	c.witnesses = ws
	chosen, ok := quorum.Holds(ws, c.cfg.Quorum.Size())
	if !ok {
		return false
	}
	s.committed = true
	for _, i := range chosen {
		s.quorum = append(s.quorum, ws[i].Replica)
	}
	for i := range s.votes {
		s.votes[i].candidates = nil
	}
	return true
}

// verifyMore gives the own enclave as many COMMITs as are missing, one of each replica at a time. What is
// not needed is never verified: with f=1 a follower's own COMMIT decides, so that it waits for it first.
func (c *Core) verifyMore(s *slot) {
	certain, expected := 0, s.verifying
	for i := range s.votes {
		if s.votes[i].verified {
			certain++
		}
	}
	own := !c.leads() && s.proposal != nil && s.stage != stageOwn
	if own {
		expected++
	}
	if s.known {
		certain++
	} else if expected > 0 {
		expected++ // the PREPARE certificate is checked on the way
	}
	short := c.cfg.Quorum.Size() - certain - expected
	if short <= 0 && expected > 0 {
		return
	}
	// Enough in number but not consistent in their incarnations: try the others too.
	short = max(short, 1)
	for r := range s.votes {
		if short > 0 && s.votes[r].pick(c, s, wire.ReplicaID(r)) {
			short--
		}
	}
}

// pick queues the next candidate of a replica for verification, unless it has one under way.
func (v *vote) pick(c *Core, s *slot, r wire.ReplicaID) bool {
	if v.verified || len(v.candidates) == 0 || v.candidates[0].asked {
		return false
	}
	x := &v.candidates[0]
	x.asked = true
	s.verifying++
	c.toVerify = append(c.toVerify, verification{order: s.order, replica: r, from: x.from, commit: x.commit,
		raw: x.raw})
	return true
}

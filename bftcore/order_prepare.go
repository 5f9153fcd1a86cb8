package bftcore

import (
	"slices"

	"troxymail/bftcore/wire"
)

// onPrepared takes the own enclave's answer to a proposal. Leader only.
func (c *Core) onPrepared(e Prepared) {
	s := c.calls[e.Token]
	if s == nil || !c.leads() {
		c.counters.LateAnswers++
		return
	}
	delete(c.calls, e.Token)
	s.token = 0
	if s.order == c.reserved {
		c.reserved = 0 // the enclave gave it up when it was asked
	}
	if e.Certificate == nil || !c.isOwn(e.Certificate, wire.CertPrepare, s.order,
		wire.BatchDigest(s.proposal.Digests)) {
		if e.Certificate != nil {
			c.counters.NonsenseAnswers++
		}
		c.withdraw(s.order, e.Invalid)
		return
	}
	certificate := *e.Certificate
	s.answer = &certificate
	for s = c.slots[c.nextOwn.of(s.order)]; s != nil && s.answer != nil; s = c.slots[s.order+c.nextOwn.step()] {
		c.ownPrepare(s)
	}
}

// isOwn checks that a certificate is what was asked for. The own enclave does not lie, but what comes over
// the boundary may be late or meant for another.
func (c *Core) isOwn(x *wire.Certificate, kind wire.CertKind, order uint64, digest wire.Digest) bool {
	return x.Kind == kind && x.Replica == c.cfg.Self && c.fits(x) && x.Digest == digest &&
		x.New == wire.Position{View: c.view, Order: order}
}

// ownPrepare logs a certified proposal and sends it.
//
// Neither it nor a COMMIT (ownCommit) waits for a sync, or asks for one, unless Config.Strict says so. A power loss may
// then take what others know of: a host shows its enclave, and a founding, less than it certified. That is safe for
// everything that anybody was told:
//
//   - No enclave continues from a log. One that returns alone asks f+1 that never stopped, and is mute where it may
//     have acted; its log has no say. So only a founding after a stop of more than f looks at logs.
//   - A result is shown once f+1 hosts say that it is durable (Status.Durable): their logs, synced, have the batch and
//     the f+1 certificates that commit it (prove). A founding takes all replicas, so that those f+1 are among its
//     members; when one of them lies or lost what it had synced, f are left, which is one at least, and show it. That
//     an honest host shows less than its enclave certified does no harm, as long as it shows what it had synced: a
//     lost tail was never part of anybody's f+1.
//   - What it shows has the highest rank there. A view's beginning is selected from what enclaves remember, whatever
//     logs hold, and follows a committed batch; and a founding before found it in the same way, or it was committed
//     after that.
//   - What was executed here, and not durable at f+1, may give way to another batch at the same order. This host's
//     store does not have it either then: it is never ahead of the synced log, and a synced log shows it.
//
// So the one fault that a founding survives is any of: an older past, a lie about what is durable, synced data that a
// disk forgot. Strict protects what was executed and told to nobody as well, at the price of a sync in each hop.
func (c *Core) ownPrepare(s *slot) {
	s.proposal.Certificate = *s.answer
	s.answer = nil
	raw := wire.AppendPrepare(make([]byte, 0, s.size+wire.CertificateBytes(c.n)+16),
		&s.proposal.Certificate, s.proposal.Requests)
	s.proposal.Raw = raw
	c.buffered += len(raw) - s.size
	s.size = len(raw)
	s.known, s.prepare = true, s.proposal.Certificate
	s.stage = stageOwn
	c.certified(&s.proposal.Certificate)
	c.nextOwn.pass(s.order)
	c.counters.Proposed++
	c.recordVote(RecordPrepare, s.order, raw)
	s.logged = true
	c.multicast(raw, false)
	if s.late {
		c.unhold(s.prepare.Digest, s.order)
		c.dropSlot(s)
		return
	}
	c.touch(s)
}

// withdraw takes back the proposal of an order that the enclave refused, and all later ones of its pillar: the counter
// has no gaps, so they are refused too. Their requests go back to the head of the queue, but for those
// that the enclave named as not authentic.
func (c *Core) withdraw(order uint64, invalid []int) {
	c.counters.RefusedProposals++
	if c.takeBack(order, invalid) == 0 {
		c.proposeAfter = c.now + refusedAgain
	}
}

// takeBack forgets the proposals of a pillar from an order on that are not certified, and returns how many of their
// requests were dropped as not authentic.
func (c *Core) takeBack(order uint64, invalid []int) (dropped int) {
	var again []*waiting
	for o := order; o < c.nextCall.of(order); o += c.nextCall.step() {
		s := c.slots[o]
		for i, key := range s.keys {
			w := c.pending.byKey[key]
			switch {
			case w == nil:
			case o == order && slices.Contains(invalid, i):
				c.invalidRequest(w.source)
				dropped++
				c.forget(w)
			default:
				w.flying, w.queued = false, true
				again = append(again, w)
			}
		}
		c.dropSlot(s)
	}
	c.nextCall.back(order)
	for _, w := range again {
		c.pending.queued++
		c.pending.bytes += len(w.request.Raw)
	}
	c.pending.queue = append(again, c.pending.queue...)
	return dropped
}

// onPrepare takes a PREPARE, from the leader or relayed by whoever was asked for it. Follower only.
func (c *Core) onPrepare(from wire.ReplicaID, raw []byte) {
	p, err := wire.DecodePrepare(raw)
	if err != nil {
		c.malformed(from, err)
		return
	}
	x := &p.Certificate
	order := x.New.Order
	if c.offerContent(from, &p) || !c.acceptable(from, x, wire.CertPrepare, raw) || c.leads() {
		return
	}
	if from == x.Replica {
		c.voted(from, order)
	}
	switch {
	case order > c.horizon():
		c.counters.BeyondWindow++
		return
	case order <= c.executed && (order < c.nextOwn.of(order) || order >= c.nextOwn.of(order)+wire.MaxEntries), c.passed(order):
		c.counters.OldOrder++
		return
	}
	if from != x.Replica && !c.askedOf(from, order) {
		c.counters.Unsolicited++
		return
	}
	c.offer(c.slotAt(order), from, &p)
}

// offer makes p the candidate of its slot, if it may be. The leader's own word replaces a relayed one that
// the enclave has not been asked about.
func (c *Core) offer(s *slot, from wire.ReplicaID, p *wire.Prepare) {
	switch {
	case s.known && s.prepare.Digest != p.Certificate.Digest:
		c.conflict(from)
	case s.refused != nil && c.now < s.refused[from]:
		c.counters.Refused++
	case s.proposal != nil && (s.known || s.stage != stageIdle || from != p.Certificate.Replica ||
		s.from == from):
		c.noteConflict(s, from, p)
	case s.order != c.executed+1 && s.order != c.nextOwn.of(s.order) && c.buffered+len(p.Raw) > MaxBufferedBytes:
		c.counters.BufferFull++
	default:
		c.dropProposal(s)
		s.proposal, s.from, s.size = p, from, len(p.Raw)
		c.buffered += s.size
		c.awaitProposalBodies(s)
		c.touch(s)
	}
}

// noteConflict counts a second proposal. Two digests at one position prove that one of them is forged.
func (c *Core) noteConflict(s *slot, from wire.ReplicaID, p *wire.Prepare) {
	if s.proposal.Certificate.Digest == p.Certificate.Digest {
		c.counters.Duplicate++
		return
	}
	c.conflict(from)
}

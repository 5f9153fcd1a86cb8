package bftcore

import "troxymail/bftcore/wire"

// proof says that an order is proven by the log once it is synced up to a record.
type proof struct {
	record uint64
	order  uint64
}

// execute hands out committed batches, in order. The store may lag by a window, no more, so that what is
// handed out and not applied is bounded.
//
// Only what the own enclave verified for this founding gets here, and only while it certifies or verifies
// at all: a host whose enclave is not active learns of no commit.
func (c *Core) execute() {
	for c.executed < c.applied+uint64(c.cfg.Window) {
		s := c.slots[c.executed+1]
		if s == nil || !s.committed || !s.whole() {
			l := c.learned(c.executed + 1)
			if l == nil {
				return
			}
			c.executeLesson(c.executed+1, l)
			continue
		}
		c.prove(s)
		c.executed++
		c.dropLesson(s.order)
		c.buffered -= s.size
		c.retained += s.size
		s.executedAt = max(c.now, 1)
		c.timed(s)
		s.keys = nil
		c.ease(c.handOut(Batch{
			View: s.prepare.New.View, Order: s.order, Digest: s.prepare.Digest, Requests: s.proposal.Requests,
		}, s.proposal.Digests))
		c.release()
	}
}

// handOut gives a batch to the store and ends the waiting of what is in it; see settleRequests.
func (c *Core) handOut(b Batch, digests []wire.Digest) (waited Time) {
	c.unhold(b.Digest, b.Order)
	waited = c.settleRequests(b.Requests, digests)
	c.counters.Batches++
	c.counters.Requests += uint64(len(b.Requests))
	c.out.Execute = append(c.out.Execute, b)
	return waited
}

// prove writes what the log lacks to show anybody that the order is committed: the PREPARE and the COMMITs
// of the quorum.
func (c *Core) prove(s *slot) {
	c.logPrepare(s)
	for _, r := range s.quorum {
		if s.votes == nil {
			break
		}
		if v := &s.votes[r]; v.verified && !v.logged {
			v.logged = true
			c.record(RecordCommit, s.order, v.raw)
		}
	}
	c.proved(s.order)
}

// proved takes note that the log has what proves an order, and asks for it to be synced: also when nothing was written for
// it now, since votes that nobody asked to sync may lie before (recordVote).
func (c *Core) proved(order uint64) {
	c.proofs = append(c.proofs, proof{record: c.records, order: order})
	c.out.Sync = c.out.Sync || c.records > c.synced
	c.onSynced(c.synced)
}

// settleRequests ends the waiting of everything in an executed batch, and returns how long the oldest had waited in this
// view, -1 when none was known here.
func (c *Core) settleRequests(requests []wire.Request, digests []wire.Digest) (waited Time) {
	waited = -1
	for i := range requests {
		q := &requests[i]
		c.dedup.mark(q)
		if w := c.pending.byKey[requestKey{digest: digests[i], mac: q.MAC}]; w != nil {
			c.changing.served = max(c.changing.served, w.arrived)
			waited = max(waited, c.now-w.since(c.entered))
			c.forget(w)
		}
	}
	return waited
}

// release forgets the oldest executed batches when there are too many: from then on the host log serves
// them. A slot whose own vote is on its way stays until that is logged.
func (c *Core) release() {
	for c.retained > MaxRetainedBytes || c.executed-c.oldest >= maxRetainedOrders {
		c.oldest++
		s := c.slots[c.oldest]
		switch {
		case s == nil:
		case !c.leads() && s.stage == stageCalled:
			s.late = true
		default:
			c.dropSlot(s)
		}
		if c.oldest >= c.executed {
			return
		}
	}
}

// onExecuted takes the store's word on how far it is.
func (c *Core) onExecuted(order uint64) {
	c.applied = max(c.applied, min(order, c.executed))
}

// onSynced takes the log's word on what is durable.
func (c *Core) onSynced(record uint64) {
	c.synced = max(c.synced, record)
	n := 0
	for n < len(c.proofs) && c.proofs[n].record <= c.synced {
		c.durable = c.proofs[n].order
		n++
	}
	c.proofs = append(c.proofs[:0], c.proofs[n:]...)
}

// record appends to the log, to be synced soon.
func (c *Core) record(kind RecordKind, order uint64, body []byte) {
	c.recordVote(kind, order, body)
	c.out.Sync = true
}

// recordVote appends to the log what belongs to an own certificate: written before that leaves, as every record is, and
// synced with what proves the order (proved), but where an enclave continues from the log. Nothing waits for it by itself
// (ownPrepare): a leader that had its proposal synced at once would still be at it when the COMMITs come, and sync them
// only after that.
func (c *Core) recordVote(kind RecordKind, order uint64, body []byte) {
	c.records++
	c.out.Records = append(c.out.Records, Record{Kind: kind, Order: order, Body: body})
	c.out.Sync = c.out.Sync || c.cfg.Continues
}

// send queues a message for one peer.
func (c *Core) send(to wire.ReplicaID, raw []byte, afterSync bool) {
	afterSync = afterSync || c.waits(raw)
	c.out.Sync = c.out.Sync || afterSync
	c.out.Messages = append(c.out.Messages, Message{To: to, Raw: raw, AfterSync: afterSync})
}

// waits reports whether a message holds what an enclave certified and has to be synced before it leaves.
func (c *Core) waits(raw []byte) bool {
	switch kind, _ := wire.PeekKind(raw); kind {
	case wire.KindPrepare, wire.KindProof:
		return c.cfg.Strict || c.cfg.Continues && c.leads()
	case wire.KindCommit, wire.KindCheckpoint, wire.KindReqVC, wire.KindViewChange, wire.KindNewView:
		return c.cfg.Strict
	}
	return false
}

// multicast queues a message for all peers.
func (c *Core) multicast(raw []byte, afterSync bool) {
	for r := range c.peers {
		if wire.ReplicaID(r) != c.cfg.Self {
			c.send(wire.ReplicaID(r), raw, afterSync)
		}
	}
}

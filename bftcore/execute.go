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
			return
		}
		c.prove(s)
		c.executed++
		c.buffered -= s.size
		c.retained += s.size
		s.executedAt = max(c.now, 1)
		c.settleRequests(s)
		c.counters.Batches++
		c.counters.Requests += uint64(len(s.proposal.Requests))
		c.out.Execute = append(c.out.Execute, Batch{
			View: s.prepare.New.View, Order: s.order, Digest: s.prepare.Digest, Requests: s.proposal.Requests,
		})
		c.release()
	}
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
	c.proofs = append(c.proofs, proof{record: c.records, order: s.order})
	c.onSynced(c.synced)
}

// settleRequests ends the waiting of everything in an executed batch.
func (c *Core) settleRequests(s *slot) {
	for i := range s.proposal.Requests {
		q := &s.proposal.Requests[i]
		c.dedup.mark(q)
		if w := c.pending.byKey[requestKey{digest: s.proposal.Digests[i], mac: q.MAC}]; w != nil {
			c.forget(w)
		}
	}
	s.keys = nil
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

// record appends to the log.
func (c *Core) record(kind RecordKind, order uint64, body []byte) {
	c.records++
	c.out.Records = append(c.out.Records, Record{Kind: kind, Order: order, Body: body})
}

// send queues a message for one peer.
func (c *Core) send(to wire.ReplicaID, raw []byte, afterSync bool) {
	c.out.Messages = append(c.out.Messages, Message{To: to, Raw: raw, AfterSync: afterSync})
}

// multicast queues a message for all peers.
func (c *Core) multicast(raw []byte, afterSync bool) {
	for r := range c.peers {
		if wire.ReplicaID(r) != c.cfg.Self {
			c.send(wire.ReplicaID(r), raw, afterSync)
		}
	}
}

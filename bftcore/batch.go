package bftcore

import "troxymail/bftcore/wire"

// propose turns waiting requests into batches, as many as the pipeline has room for. Leader only.
//
// When nothing is in flight a batch leaves at once, however small, unless the one before was large: then the clients
// that it answered are about to ask again, and a moment's wait makes one batch of what would be several. While others
// are in flight a batch fills until MaxBatch, BatchBytes or batchDelay.
//
// Batches get one order after the other, and so the pillars get them in turn. Only a refusal of the enclave leaves a
// hole, in one pillar below what others have proposed: the next batch goes there at once, an empty one if need be, because
// nothing above can be executed before.
func (c *Core) propose() {
	if c.now < c.proposeAfter || c.movingTo(c.nextCall.first()) || !c.repropose() {
		return
	}
	for c.pending.queued > 0 && c.hasRoom() && (c.batchDue() || c.nextCall.holed()) {
		requests, taken, size := c.takeBatch()
		if len(requests) == 0 && !c.nextCall.holed() {
			return
		}
		c.proposeBatch(requests, taken, size)
	}
	for (c.nextCall.first() <= c.checkpoints.fill || c.nextCall.holed()) && c.pending.queued == 0 && c.hasRoom() {
		c.callPrepare(&wire.Prepare{}, nil, 0) // its slot writes certificate and encoding into it
	}
}

// hasRoom bounds what is in flight, in orders beyond what the store applied and in bytes. For a hole there is room: what
// is above it stays in flight until it is filled. Above a reserved order there is none (reserve.go).
func (c *Core) hasRoom() bool {
	next := c.nextCall.first()
	return (c.reservedFor() == 0 || next <= c.reserved) && next <= c.applied+uint64(c.cfg.Window) &&
		(c.buffered < MaxInFlightBytes || c.nextCall.holed()) &&
		next < c.nextOwn.first()+uint64(c.cfg.Window) && next <= c.ceiling()
}

// ceiling is the highest order that enclaves certify before the stable checkpoint moves.
func (c *Core) ceiling() uint64 {
	if c.cfg.Checkpoint == 0 {
		return wire.MaxNumber
	}
	return c.stable.Order + wire.MaxEntries
}

// fewRequests is how many in the batch before do not make the next one wait.
const fewRequests = 8

// batchDue reports whether a batch is to leave now.
func (c *Core) batchDue() bool {
	idle := c.nextCall.first() == c.executed+1
	return idle && (c.lastBatch < fewRequests || 2*c.pending.queued >= c.lastBatch) ||
		c.pending.queued >= c.cfg.MaxBatch || c.pending.bytes >= c.cfg.BatchBytes ||
		c.now >= c.batchDeadline()
}

// batchDelay is how long a batch may fill at most: for as long as a batch took of late while others are in flight, so
// that two are, however far away the peers are, and a quarter of that while none is. A machine that is short of
// processor time makes larger batches by itself, each of which costs little more than a small one.
func (c *Core) batchDelay() Time {
	if c.nextCall.first() == c.executed+1 {
		return min(c.cfg.BatchDelay, c.latency) / 4
	}
	return min(c.cfg.BatchDelay, c.latency)
}

// timed takes note of how long an own batch took from its proposal to its execution.
func (c *Core) timed(s *slot) {
	if s.calledAt != 0 {
		c.latency += (c.now - s.calledAt - c.latency) / 8
	}
}

// batchDeadline is when the oldest queued request has waited for batchDelay.
func (c *Core) batchDeadline() Time {
	c.skipGone()
	if len(c.pending.queue) == 0 {
		return 0
	}
	return c.pending.queue[0].ready + c.batchDelay()
}

// skipGone drops requests from the head of the queue that were executed meanwhile.
func (c *Core) skipGone() {
	q := c.pending.queue
	for len(q) > 0 && q[0].gone {
		q[0] = nil
		q = q[1:]
	}
	c.pending.queue = q
}

// takeBatch removes the next batch from the queue. One request always fits.
func (c *Core) takeBatch() (requests []wire.Request, taken []*waiting, size int) {
	limit := min(c.pending.queued, c.cfg.MaxBatch)
	requests = make([]wire.Request, 0, limit)
	taken = make([]*waiting, 0, limit)
	for len(taken) < limit {
		c.skipGone()
		if len(c.pending.queue) == 0 {
			break
		}
		w := c.pending.queue[0]
		bytes := len(w.request.Raw) + 4
		if len(taken) > 0 && size+bytes > c.cfg.BatchBytes {
			break
		}
		c.pending.queue[0] = nil
		c.pending.queue = c.pending.queue[1:]
		c.dequeue(w)
		if c.dedup.executed(w.request.ID) {
			c.forget(w)
			c.counters.RequestsDuplicate++
			continue
		}
		w.flying = true
		size += bytes
		requests = append(requests, w.request)
		taken = append(taken, w)
	}
	return requests, taken, size
}

// proposeBatch asks the own enclave for a PREPARE certificate at the lowest order that has no proposal.
func (c *Core) proposeBatch(requests []wire.Request, taken []*waiting, size int) {
	digests := make([]wire.Digest, len(taken))
	keys := make([]requestKey, len(taken))
	c.lastBatch, c.lastOwn = len(taken), true
	for i, w := range taken {
		digests[i], keys[i] = w.key.digest, w.key
		c.lastOwn = c.lastOwn && w.source == c.cfg.Self
	}
	c.callPrepare(&wire.Prepare{Requests: requests, Digests: digests}, keys, size)
}

// callPrepare asks for the certificate of the next proposal. keys are those of new requests; a batch that is
// proposed again has none.
func (c *Core) callPrepare(batch *wire.Prepare, keys []requestKey, size int) {
	s := c.nextProposal(batch, keys, size)
	s.token = c.newCall(s)
	c.out.Calls = append(c.out.Calls, CertifyPrepare{
		Token: s.token, View: c.view, Order: s.order, Requests: batch.Requests,
	})
}

// nextProposal gives the lowest order that has no proposal this one, which is about to be certified or was just now.
func (c *Core) nextProposal(batch *wire.Prepare, keys []requestKey, size int) *slot {
	s := c.slotAt(c.nextCall.first())
	s.proposal, s.keys = batch, keys
	s.from, s.size, s.stage, s.calledAt = c.cfg.Self, size, stageCalled, max(c.now, 1)
	c.buffered += size
	c.nextCall.pass(s.order)
	return s
}

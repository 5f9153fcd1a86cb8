package bftcore

import "troxymail/bftcore/wire"

// propose turns waiting requests into batches, as many as the pipeline has room for. Leader only.
//
// When nothing is in flight a batch leaves at once, however small: the timer never delays an idle
// pipeline. While others are in flight a batch fills until MaxBatch, BatchBytes or BatchDelay.
func (c *Core) propose() {
	if c.now < c.proposeAfter {
		return
	}
	for c.pending.queued > 0 && c.hasRoom() && c.batchDue() {
		requests, taken, size := c.takeBatch()
		if len(requests) == 0 {
			return
		}
		c.proposeBatch(requests, taken, size)
	}
}

// hasRoom bounds what is in flight, in orders beyond what the store applied and in bytes.
func (c *Core) hasRoom() bool {
	return c.nextCall-c.applied <= uint64(c.cfg.Window) && c.buffered < MaxInFlightBytes &&
		c.nextCall < c.nextOwn+c.depth()
}

// batchDue reports whether a batch is to leave now.
func (c *Core) batchDue() bool {
	return c.nextCall == c.executed+1 ||
		c.pending.queued >= c.cfg.MaxBatch || c.pending.bytes >= c.cfg.BatchBytes ||
		c.now >= c.batchDeadline()
}

// batchDeadline is when the oldest queued request has waited for BatchDelay.
func (c *Core) batchDeadline() Time {
	c.skipGone()
	if len(c.pending.queue) == 0 {
		return 0
	}
	return c.pending.queue[0].since + c.cfg.BatchDelay
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
		c.pending.queued--
		c.pending.bytes -= len(w.request.Raw)
		if c.dedup.executed(w.request.ID) {
			w.flying = true // no longer counted as queued
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

// proposeBatch asks the own enclave for a PREPARE certificate at the next order.
func (c *Core) proposeBatch(requests []wire.Request, taken []*waiting, size int) {
	s := c.slotAt(c.nextCall)
	digests := make([]wire.Digest, len(taken))
	s.keys = make([]requestKey, len(taken))
	for i, w := range taken {
		digests[i], s.keys[i] = w.key.digest, w.key
	}
	s.proposal = &wire.Prepare{Requests: requests, Digests: digests}
	s.from, s.size, s.stage = c.cfg.Self, size, stageCalled
	c.buffered += size
	s.token = c.newCall(s)
	c.nextCall++
	c.out.Calls = append(c.out.Calls, CertifyPrepare{
		Token: s.token, View: c.view, Order: s.order, Requests: requests,
	})
}

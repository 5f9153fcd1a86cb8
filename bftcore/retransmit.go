package bftcore

import "troxymail/bftcore/wire"

// onSubmit takes a request of the own enclave. A new one goes to the leader. One that is asked again goes to
// all replicas: those that executed it answer again, the others pass it on to the leader, so that neither a
// lost message nor a leader that hears this replica badly can hold it up.
func (c *Core) onSubmit(e Submit) {
	q, err := wire.DecodeRequest(e.Raw)
	if err != nil || q.ID.Origin != c.cfg.Self {
		c.counters.Malformed++
		return
	}
	if c.dedup.executed(q.ID) {
		c.reanswer(q)
	} else if w := c.admit(q, c.cfg.Self); w != nil {
		c.pass(w)
	}
	if e.Retransmit {
		raw := wire.AppendForward(nil, []wire.Request{q})
		for r := range c.peers {
			if id := wire.ReplicaID(r); id != c.cfg.Self {
				c.send(id, raw, false)
			}
		}
	}
}

// onForward takes requests from a peer.
func (c *Core) onForward(from wire.ReplicaID, raw []byte) {
	requests, err := wire.DecodeForward(raw)
	if err != nil || len(requests) == 0 {
		c.malformed(from, err)
		return
	}
	for i := range requests {
		q := requests[i]
		if int(q.ID.Origin) >= c.n {
			c.malformed(from, nil)
			continue
		}
		if c.dedup.executed(q.ID) {
			if c.peers[from].answers.take(c.now, reanswerRate, reanswerBurst, 1) {
				c.reanswer(q)
			} else {
				c.counters.AnswersLimited++
			}
			continue
		}
		c.pendingFrom(q, from)
	}
}

// pendingFrom handles a peer's request that is not executed.
func (c *Core) pendingFrom(q wire.Request, from wire.ReplicaID) {
	if c.inView && !c.leads() && from == c.leader() {
		return // the leader has it; that it may hold it back is for the request timer of a view change
	}
	if w := c.pending.byKey[requestKey{digest: q.Digest(), mac: q.MAC}]; w != nil {
		c.counters.RequestsDuplicate++
		if !c.leads() {
			c.forward(w)
		}
		return
	}
	if w := c.admit(q, from); w != nil {
		c.pass(w)
	}
}

// pass puts a request on its way to be ordered.
func (c *Core) pass(w *waiting) {
	switch {
	case !c.leads():
		c.forward(w)
	case w.missing == 0:
		c.enqueue(w)
	}
}

// orders is the replica that proposes now as far as this host knows; false when nobody seems to, or this one does. A host
// whose enclave is mute in the present view is not in it, but f+1 peers say that they are: its clients must not wait for
// the next view, nor for their requests to be sent to everybody.
func (c *Core) orders() (wire.ReplicaID, bool) {
	view := c.view
	if !c.inView {
		views := make([]uint64, c.n) // the own one says nothing: 0
		for r := range c.peers {
			views[r] = c.peers[r].view
		}
		views[c.cfg.Self] = 0
		if view = c.reached(views); view < c.view {
			return 0, false // that view has not begun
		}
	}
	leader := c.cfg.Quorum.Leader(view)
	return leader, leader != c.cfg.Self
}

// forward queues a request for the leader, not too often.
func (c *Core) forward(w *waiting) {
	if _, ok := c.orders(); !ok || c.now < w.forwarded+forwardAgain {
		c.counters.ForwardsLimited++
		return
	}
	w.forwarded = c.now
	c.toForward = append(c.toForward, w.request)
}

// flushForwards sends what was queued for the leader, many requests in one message.
func (c *Core) flushForwards() {
	if len(c.toForward) == 0 {
		return // at each step of a host that is in no view, who orders would be looked for
	}
	to, ok := c.orders()
	for left := c.toForward; ok && len(left) > 0; {
		n, size := 1, len(left[0].Raw)
		for n < len(left) && n < wire.MaxBatchRequests && size+len(left[n].Raw)+4*(n+1) <= wire.MaxBatchBytes {
			size += len(left[n].Raw)
			n++
		}
		c.send(to, wire.AppendForward(make([]byte, 0, wire.ForwardBytes(n, size)), left[:n]), false)
		left = left[n:]
	}
	clear(c.toForward)
	c.toForward = c.toForward[:0]
}

// reanswer asks the host to authenticate the result of an executed request once more.
func (c *Core) reanswer(q wire.Request) {
	c.counters.Reanswered++
	c.out.Reanswer = append(c.out.Reanswer, q)
}

// bucket limits a rate: it fills with time and is emptied by use.
type bucket struct {
	level int64
	at    Time
	begun bool
}

// take reports whether the bucket is not empty, and takes amount out of it: the last one may overdraw.
func (b *bucket) take(now Time, perSecond, burst, amount int64) bool {
	b.fill(now, perSecond, burst)
	if b.level <= 0 {
		return false
	}
	b.level -= amount
	return true
}

func (b *bucket) fill(now Time, perSecond, burst int64) {
	const second = Time(1e9)
	if !b.begun || now-b.at >= 10*second {
		b.level, b.at, b.begun = burst, now, true
		return
	}
	more := (now - b.at) * perSecond / second
	if more > 0 {
		b.level = min(burst, b.level+more)
		b.at = now
	}
}

package bftcore

import (
	"iter"
	"slices"

	"troxymail/bftcore/wire"
)

// requestKey names a request as it was sent. The MAC is part of it: nobody here can check it, and a forged
// copy that came first must not keep the genuine one out.
type requestKey struct {
	digest wire.Digest
	mac    wire.MAC
}

// waiting is a request that this host knows and that is not executed.
type waiting struct {
	request   wire.Request
	key       requestKey
	source    wire.ReplicaID // who brought it; Self is the own enclave
	arrived   Time
	ready     Time // when it could first be proposed (leader)
	missing   int  // large bodies that are not on the own disk yet (leader)
	term      int  // of the leadership in which they are waited for
	forwarded Time // when it was last sent to the leader (follower)
	queued    bool // may be proposed (leader)
	flying    bool // proposed and not executed (leader)
	checking  bool // the own enclave looks at its MAC
	genuine   bool // and found it genuine
	gone      bool // executed or evicted; queues skip it
}

// since is the moment from which on a leader since entered is to blame for its waiting.
func (w *waiting) since(entered Time) Time { return max(w.arrived, entered) }

// pending holds the requests that wait. Each source has its own share, so that a host that floods takes
// nothing from the others.
type pending struct {
	byKey   map[requestKey]*waiting
	sources []source   // by replica
	order   []*waiting // by arrival; some are gone
	queue   []*waiting
	queued  int // live entries of queue
	bytes   int // their encoded bytes
	term    int // counts the ends of leaderships
}

// all yields the requests that wait, oldest first.
func (p *pending) all() iter.Seq[*waiting] {
	return func(yield func(*waiting) bool) {
		for _, w := range p.order {
			if !w.gone && !yield(w) {
				return
			}
		}
	}
}

// oldest returns the request that has waited longest; nil for none.
func (p *pending) oldest() *waiting {
	for len(p.order) > 0 && p.order[0].gone {
		p.order[0] = nil
		p.order = p.order[1:]
	}
	if len(p.order) == 0 {
		return nil
	}
	return p.order[0]
}

// add appends w in the order of arrival, without those that are gone when they are many.
func (p *pending) add(w *waiting) {
	if len(p.order) > 2*len(p.byKey)+MaxPendingRequests {
		p.order = slices.DeleteFunc(p.order, func(w *waiting) bool { return w.gone })
	}
	p.order = append(p.order, w)
}

// source is the share of one replica.
type source struct {
	count  int
	bytes  int
	bodies int        // that wait for large bodies
	first  []*waiting // oldest first; for eviction at followers
}

// admit takes a request in, or returns nil when it is there already or there is no room. At a follower
// another's request makes room for itself: the leader has it, and whoever misses an answer asks again.
func (c *Core) admit(q wire.Request, from wire.ReplicaID) *waiting {
	key := requestKey{digest: q.Digest(), mac: q.MAC}
	if c.pending.byKey[key] != nil {
		c.counters.RequestsDuplicate++
		return nil
	}
	share := &c.pending.sources[from]
	for share.full(len(q.Raw)) {
		if from == c.cfg.Self || c.leads() || !c.evictOldest(share) {
			c.counters.RequestsRefused++
			return nil
		}
	}
	w := &waiting{request: q, key: key, source: from, arrived: c.now, forwarded: -forwardAgain}
	if c.leads() && !c.awaitBodies(w, share) {
		return nil
	}
	c.pending.byKey[key] = w
	c.pending.add(w)
	share.count++
	share.bytes += len(q.Raw)
	share.first = append(share.first, w)
	return w
}

func (s *source) full(more int) bool {
	return s.count >= MaxPendingRequests || s.count > 0 && s.bytes+more > MaxPendingBytes
}

// evictOldest forgets the oldest request of a source.
func (c *Core) evictOldest(s *source) bool {
	for len(s.first) > 0 {
		w := s.first[0]
		s.first[0] = nil
		s.first = s.first[1:]
		if !w.gone {
			c.counters.RequestsEvicted++
			c.forget(w)
			return true
		}
	}
	return false
}

// awaitBodies asks for the large bodies of a request before it may be proposed. False: no room for it.
func (c *Core) awaitBodies(w *waiting, share *source) bool {
	if len(w.request.Bodies) == 0 {
		return true
	}
	if share.bodies >= MaxWaitingBodies {
		c.counters.RequestsRefused++
		return false
	}
	share.bodies++
	w.term = c.pending.term
	for _, d := range w.request.Bodies {
		w.missing++
		c.needBody(d, bodyWaiter{request: w, term: w.term})
	}
	return true
}

// enqueue puts a request that can be proposed at the end of the queue.
func (c *Core) enqueue(w *waiting) {
	w.ready, w.queued = c.now, true
	c.pending.queue = append(c.pending.queue, w)
	c.pending.queued++
	c.pending.bytes += len(w.request.Raw)
}

// forget removes a request for good.
func (c *Core) forget(w *waiting) {
	if w.gone {
		return
	}
	w.gone = true
	delete(c.pending.byKey, w.key)
	share := &c.pending.sources[w.source]
	share.count--
	share.bytes -= len(w.request.Raw)
	if w.missing > 0 {
		share.bodies--
	}
	c.dequeue(w)
	share.trim()
}

// dequeue takes a request off the count of those that may be proposed.
func (c *Core) dequeue(w *waiting) {
	if w.queued {
		w.queued = false
		c.pending.queued--
		c.pending.bytes -= len(w.request.Raw)
	}
}

// recallAll ends the leadership, if there was one: what was proposed and not executed waits like the rest.
func (c *Core) recallAll() {
	p := &c.pending
	p.term++
	for w := range p.all() {
		if w.missing > 0 {
			w.missing = 0
			p.sources[w.source].bodies--
		}
		c.dequeue(w)
		w.flying = false
		w.forwarded = -forwardAgain
	}
	p.queue = nil
	c.toForward = nil
}

// assignPending gives what waits to the leader of the view that begins: to the own queue, but for what is in the
// batches that are proposed again, or over the link.
func (c *Core) assignPending() {
	if c.leads() {
		for _, e := range c.selection {
			if x := c.holdings.held[e.Batch]; x != nil && e.Order > c.executed {
				for i := range x.batch.Requests {
					key := requestKey{digest: x.batch.Digests[i], mac: x.batch.Requests[i].MAC}
					if w := c.pending.byKey[key]; w != nil {
						w.flying = true
					}
				}
			}
		}
	}
	for w := range c.pending.all() {
		switch {
		case w.flying:
		case !c.leads():
			if w.source == c.cfg.Self {
				c.forward(w)
			}
		case w.missing > 0 || w.queued:
		case !c.awaitBodies(w, &c.pending.sources[w.source]):
			c.forget(w)
		case w.missing == 0:
			c.enqueue(w)
		}
	}
}

// onKnown ends the waiting of a request that was executed without this core.
func (c *Core) onKnown(q *wire.Request) {
	if w := c.pending.byKey[requestKey{digest: q.Digest(), mac: q.MAC}]; w != nil {
		c.dedup.mark(q)
		c.forget(w)
	}
}

// trim drops forgotten requests from the head, so that the list holds no more than a share does.
func (s *source) trim() {
	for len(s.first) > 0 && s.first[0].gone {
		s.first[0] = nil
		s.first = s.first[1:]
	}
	if len(s.first) > 2*MaxPendingRequests {
		kept := make([]*waiting, 0, s.count)
		for _, w := range s.first {
			if !w.gone {
				kept = append(kept, w)
			}
		}
		s.first = kept
	}
}

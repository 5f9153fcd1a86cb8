package bftcore

import "troxymail/bftcore/wire"

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
	since     Time           // when it could first be proposed
	missing   int            // large bodies that are not on the own disk yet (leader)
	forwarded Time           // when it was last sent to the leader (follower)
	flying    bool           // proposed and not executed (leader)
	gone      bool           // executed or evicted; queues skip it
}

// pending holds the requests that wait. Each source has its own share, so that a host that floods takes
// nothing from the others.
type pending struct {
	byKey   map[requestKey]*waiting
	sources []source // by replica
	queue   []*waiting
	queued  int // live entries of queue
	bytes   int // their encoded bytes
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
	w := &waiting{request: q, key: key, source: from, since: c.now, forwarded: -forwardAgain}
	if c.leads() && !c.awaitBodies(w, share) {
		return nil
	}
	c.pending.byKey[key] = w
	share.count++
	share.bytes += len(q.Raw)
	if !c.leads() {
		share.first = append(share.first, w)
	}
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
	for _, d := range w.request.Bodies {
		w.missing++
		c.needBody(d, bodyWaiter{request: w})
	}
	return true
}

// enqueue puts a request that can be proposed at the end of the queue.
func (c *Core) enqueue(w *waiting) {
	w.since = c.now
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
	if c.leads() && !w.flying && w.missing == 0 {
		c.pending.queued--
		c.pending.bytes -= len(w.request.Raw)
	}
	share.trim()
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

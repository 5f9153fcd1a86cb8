package bftcore

import (
	"slices"

	"troxymail/bftcore/wire"
)

// fetching is how a host that misses something asks for it: one question at a time, to one peer that claims
// to have it, another one next time. A claim is a hint: whoever makes false ones is asked ever more seldom.
type fetching struct {
	need  uint64 // the order that is missing; 0 for none
	to    uint64 // end of the range last asked for; 0 when caught up
	at    Time   // when to ask next
	tries int    // questions about need so far
	lack  uint64 // the order last asked for, as long as it has not come; 0 for none
	since Time   // when it was missed first
	next  int    // replica to ask first next time
}

// fetch notices gaps and asks. A gap gets T_fetch to close by itself; whole answers are followed by the next
// question at once, so that a host that is far behind streams.
func (c *Core) fetch() {
	order, empty := c.missing()
	f := &c.fetching
	switch {
	case order != 0 && order != f.lack:
		f.lack, f.since = order, c.now
	case f.lack <= c.executed && (!c.inView || c.leads() || f.lack < c.nextOwn.of(f.lack)):
		f.lack = 0
	}
	if order == 0 {
		f.need, f.tries = 0, 0
		if c.known() <= c.executed {
			f.to = 0
		}
		return
	}
	if order != f.need {
		streams := empty && f.to != 0 && order > f.to
		f.need, f.tries, f.at = order, 0, c.now+fetchAfter
		if streams {
			f.at = c.now
		}
	}
	if c.now >= f.at {
		c.fetchFrom(order)
	}
}

// missing returns the order that this host cannot get on without and that a peer claims to have, 0 for none;
// empty tells that there is no proposal for it at all. What waits for the own enclave or for bodies is not
// missing.
func (c *Core) missing() (order uint64, empty bool) {
	next := c.executed + 1
	s := c.slots[next]
	if c.passed(next) {
		s = nil
	}
	empty = s == nil || s.proposal == nil
	waits := c.leads() && next >= c.nextOwn.of(next) || // nobody has what was never proposed
		c.lessons[next] != nil
	if s != nil && !empty {
		waits = waits || s.committed || s.stage != stageOwn || s.missing > 0
	}
	if !waits && (s == nil || s.verifying == 0) && c.known() >= next {
		return next, empty
	}
	if c.inView && !c.leads() {
		return c.voteless()
	}
	return 0, false
}

// voteless returns the lowest order that was executed without the own vote and that waits for a proposal to vote for: no
// vote of its pillar is given before. 0 and false for none.
func (c *Core) voteless() (order uint64, empty bool) {
	for p, next := range c.nextOwn {
		if next > c.executed || c.nextCall[p] != next || order != 0 && order < next {
			continue
		}
		if s := c.slots[next]; (s == nil || s.proposal == nil) && c.known() >= next {
			order, empty = next, true
		}
	}
	return order, empty
}

// known is the highest order that any peer claims.
func (c *Core) known() uint64 {
	high := uint64(0)
	for r := range c.peers {
		high = max(high, c.peers[r].claim)
	}
	return high
}

// credible is the highest order that f+1 replicas claim, this one among them: what one liar claims is nobody's
// measure of being behind.
func (c *Core) credible() uint64 {
	claims := make([]uint64, c.n)
	for r := range c.peers {
		claims[r] = c.peers[r].claim
	}
	claims[c.cfg.Self] = c.executed
	return max(c.reached(claims), c.executed)
}

// reached is the highest number that f+1 replicas are at, or beyond, of one number each. It sorts them.
func (c *Core) reached(numbers []uint64) uint64 {
	slices.Sort(numbers)
	return numbers[c.n-1-c.cfg.Quorum.F()]
}

// fetchFrom sends one FETCH to the next peer that claims the order.
func (c *Core) fetchFrom(order uint64) {
	f := &c.fetching
	f.at = c.now + min(fetchMax, fetchAfter<<min(f.tries, 8))
	f.tries++
	for i := range c.peers {
		r := (f.next + i) % c.n
		p := &c.peers[r]
		if p.claim < order {
			continue
		}
		f.next = r + 1
		f.to = min(order+maxProofs-1, p.claim, c.horizon()) // more would be refused, and then asked for after T_fetch
		view := uint64(0)
		if order <= c.executed {
			f.to, view = min(order+MaxFetchOrders-1, p.claim), c.view // for the vote alone
		}
		if p.askedFrom == order {
			p.fruitless++
		} else {
			p.fruitless = 0
		}
		p.askedFrom, p.askedTo, p.askedAt = order, f.to, c.now
		if p.fruitless >= fetchTries {
			p.claim, p.fruitless = order-1, 0
		}
		c.counters.Fetches++
		c.send(wire.ReplicaID(r), wire.Fetch{From: order, To: f.to, View: view}.Append(nil), false)
		return
	}
}

// askedOf reports whether a relayed PREPARE was asked for.
func (c *Core) askedOf(from wire.ReplicaID, order uint64) bool {
	p := &c.peers[from]
	return p.askedTo > 0 && p.askedFrom <= order && order <= p.askedTo && c.now-p.askedAt <= askedFor
}

// voted notes that a peer sent its own certificate of an order.
func (c *Core) voted(from wire.ReplicaID, order uint64) {
	c.claim(from, order)
	c.peers[from].status.Voted = max(c.peers[from].status.Voted, order)
}

// claim notes that a peer says to have an order.
func (c *Core) claim(from wire.ReplicaID, order uint64) {
	c.peers[from].claim = max(c.peers[from].claim, order)
}

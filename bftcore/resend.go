package bftcore

import "troxymail/bftcore/wire"

// onFetch serves a peer that misses orders: from memory while it lasts, from the host log below.
func (c *Core) onFetch(from wire.ReplicaID, raw []byte) {
	f, err := wire.DecodeFetch(raw)
	if err != nil || f.From == 0 || f.To < f.From {
		c.counters.Malformed++
		return
	}
	if f.Body != (wire.Digest{}) {
		c.counters.Unexpected++
		return
	}
	c.counters.FetchesServed++
	c.resend(from, f.From, min(f.To, f.From+MaxFetchOrders-1), true)
}

// resend sends what this host has of the orders from first to last, as far as the peer's allowance goes.
// PREPAREs are taken from the leader unasked, and from others only when they were asked for.
func (c *Core) resend(to wire.ReplicaID, first, last uint64, asked bool) {
	p := &c.peers[to]
	for o := first; o <= last; o++ {
		s := c.slots[o]
		if s == nil || s.late || !s.known || s.proposal == nil || s.proposal.Raw == nil {
			if o <= c.executed {
				if asked || c.leads() {
					c.load(to, o, min(last, c.executed))
				}
				return
			}
			continue
		}
		if !p.allowance.take(c.now, resendRate, resendBurst, int64(s.size)) {
			c.counters.FetchesLimited++
			return
		}
		c.counters.Resent++
		if asked || c.leads() {
			c.send(to, s.proposal.Raw, c.leads())
		}
		for i := range s.votes {
			if v := &s.votes[i]; v.verified && wire.ReplicaID(i) != to {
				c.send(to, v.raw, false)
			}
		}
	}
}

// load has the host send old orders from its log. One at a time for each peer.
func (c *Core) load(to wire.ReplicaID, first, last uint64) {
	p := &c.peers[to]
	p.allowance.fill(c.now, resendRate, resendBurst)
	if p.loadingSince != 0 && c.now < p.loadingSince+loadPatience || p.allowance.level <= 0 {
		c.counters.FetchesLimited++
		return
	}
	p.loadingSince = max(c.now, 1)
	c.counters.Loads++
	c.out.Load = append(c.out.Load, Load{
		Peer: to, From: first, To: last, MaxBytes: int(min(p.allowance.level, maxLoadBytes)),
	})
}

// onLoaded ends a Load and charges it.
func (c *Core) onLoaded(e Loaded) {
	if int(e.To) >= c.n || c.peers[e.To].loadingSince == 0 {
		c.counters.LateAnswers++
		return
	}
	p := &c.peers[e.To]
	p.loadingSince = 0
	p.allowance.level -= int64(max(0, e.Bytes))
}

// help re-sends to a peer whose PROGRESS shows that it has missed an order for long.
func (c *Core) help(to wire.ReplicaID) {
	p := &c.peers[to]
	next := p.status.Executed + 1
	if next > c.executed || c.now < p.helpedAt+lagAfter && p.helpedAt != 0 {
		return
	}
	if s := c.slots[next]; s != nil && s.executedAt != 0 && c.now < s.executedAt+lagAfter {
		return
	}
	p.helpedAt = max(c.now, 1)
	c.resend(to, next, min(next+resendAtOnce-1, c.executed), false)
}

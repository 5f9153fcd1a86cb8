package bftcore

import "troxymail/bftcore/wire"

// onFetch serves a peer that misses orders: from memory while it lasts, from the host log below.
func (c *Core) onFetch(from wire.ReplicaID, raw []byte) {
	f, err := wire.DecodeFetch(raw)
	if err != nil || f.From == 0 || f.To < f.From {
		c.malformed(from, err)
		return
	}
	c.counters.FetchesServed++
	if f.Body != (wire.Digest{}) {
		c.onFetchBatch(from, f)
		return
	}
	c.resend(from, f, true)
}

// resend sends what this host has of a range of orders, as far as the peer's allowance goes: from memory what
// is of the present view, if the peer can vote there, from the log what proves older orders to anybody. PREPAREs
// are taken from the leader unasked, and from others only when they were asked for.
func (c *Core) resend(to wire.ReplicaID, f wire.Fetch, asked bool) {
	p := &c.peers[to]
	last := min(f.To, f.From+MaxFetchOrders-1)
	for o := f.From; o <= last; o++ {
		s := c.slots[o]
		if s == nil || s.late || !s.known || s.proposal == nil || s.proposal.Raw == nil {
			if o <= c.executed {
				if asked || c.leads() {
					c.load(to, o, min(last, c.executed), f.View)
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
		switch {
		case s.executedAt == 0 || asked && f.View == c.view && c.view > 0:
		case asked:
			c.send(to, c.slotProof(s), false)
			continue
		case p.view != c.view || o <= p.stable:
			continue
		}
		if asked || c.leads() {
			c.send(to, s.proposal.Raw, false)
		}
		for i := range s.votes {
			if v := &s.votes[i]; v.verified && wire.ReplicaID(i) != to {
				c.send(to, v.raw, false)
			}
		}
	}
}

// slotProof makes the PROOF of an executed order.
func (c *Core) slotProof(s *slot) []byte {
	var commits [][]byte
	for _, r := range s.quorum {
		if s.votes != nil && s.votes[r].verified {
			commits = append(commits, s.votes[r].raw)
		}
	}
	return wire.AppendProof(nil, s.proposal.Raw, commits)
}

// load has the host send old orders from its log. One at a time for each peer.
func (c *Core) load(to wire.ReplicaID, first, last, view uint64) {
	p := &c.peers[to]
	p.allowance.fill(c.now, resendRate, resendBurst)
	if p.loadingSince != 0 && c.now < p.loadingSince+loadPatience || p.allowance.level <= 0 {
		c.counters.FetchesLimited++
		return
	}
	p.loadingSince = max(c.now, 1)
	c.counters.Loads++
	c.out.Load = append(c.out.Load, Load{
		Peer: to, From: first, To: last, View: view, MaxBytes: int(min(p.allowance.level, maxLoadBytes)),
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
	c.resend(to, wire.Fetch{From: next, To: min(next+resendAtOnce-1, c.executed)}, false)
}

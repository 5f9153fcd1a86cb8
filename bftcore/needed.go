package bftcore

import "troxymail/bftcore/wire"

// needed is a batch that is asked for.
type needed struct {
	order    uint64
	at       Time // when to ask next
	tries    int
	next     int // replica to ask next
	recalled bool
	wanted   bool // in the present round
}

// need asks for batches, from the next round on.
func (c *Core) need(entries []wire.Entry) {
	h := &c.holdings
	for _, e := range entries {
		if h.held[e.Batch] != nil {
			continue
		}
		n := h.needed[e.Batch]
		if n == nil {
			if len(h.needed) >= 2*maxNeeded {
				return
			}
			n = &needed{order: e.Order, at: c.now, next: int(c.cfg.Self) + 1 + h.turns}
			h.needed[e.Batch] = n
			if h.spoilt[e.Batch] != 0 {
				h.turns++
			}
		}
		n.wanted = true
	}
}

// obtain asks the own log first, then one peer after the other. Whatever is not wanted any more is forgotten.
func (c *Core) obtain() {
	h := &c.holdings
	for _, d := range sortedNeeded(h.needed) {
		n := h.needed[d]
		switch {
		case !n.wanted:
			delete(h.needed, d)
		case c.now < n.at:
		case !n.recalled && n.order <= c.executed:
			n.recalled, n.at = true, c.now+fetchAfter
			c.out.Recall = append(c.out.Recall, n.order)
		default:
			if n.next%c.n == int(c.cfg.Self) {
				n.next++
			}
			c.counters.Fetches++
			c.send(wire.ReplicaID(n.next%c.n), wire.Fetch{From: n.order, To: n.order, Body: d}.Append(nil), false)
			n.next++
			n.at = c.now + min(fetchMax, fetchAfter<<min(n.tries, 8))
			n.tries++
		}
		n.wanted = false
	}
}

// neededAt is when the next batch is to be asked for; 0 for never.
func (c *Core) neededAt() Time {
	at := Time(0)
	for _, n := range c.holdings.needed {
		if at == 0 || n.at < at {
			at = n.at
		}
	}
	return at
}

// offerContent takes a PREPARE of whatever view when its batch is needed.
func (c *Core) offerContent(from wire.ReplicaID, p *wire.Prepare) bool {
	n := c.holdings.needed[p.Certificate.Digest]
	if n == nil {
		return false
	}
	if c.holdings.spoilt[p.Certificate.Digest]>>from&1 == 1 {
		c.counters.Refused++
		return true
	}
	c.hold(n.order, p, from, false)
	return true
}

// onRecalled takes batches back from the own log, which holds nothing that the own enclave has not seen.
func (c *Core) onRecalled(e Recalled) {
	for _, raw := range e.Prepares {
		p, err := wire.DecodePrepare(raw)
		if err == nil && c.holdings.needed[p.Certificate.Digest] != nil {
			c.hold(e.Order, &p, c.cfg.Self, true)
		}
	}
}

// onFetchBatch serves a peer that needs a batch by its digest. A version that the own enclave has not found genuine is
// not passed on: the peer would blame this host for it, and take no version from it any more (spoil), and the
// certificate with it may pretend to be of the own enclave. The peer asks again.
func (c *Core) onFetchBatch(from wire.ReplicaID, f wire.Fetch) {
	p := &c.peers[from]
	s, x := c.slots[f.From], c.holdings.held[f.Body]
	var raw []byte
	switch {
	case s != nil && s.known && s.prepare.Digest == f.Body && s.proposal != nil:
		raw = s.proposal.Raw
	case x != nil && (x.genuine || c.proven(x)):
		raw = x.batch.Raw
	}
	switch {
	case len(raw) > 0 && p.allowance.take(c.now, resendRate, resendBurst, int64(len(raw))):
		c.counters.Resent++
		c.send(from, raw, false)
	case len(raw) == 0 && f.From <= c.executed:
		c.load(from, f.From, f.From, 0)
	}
}

package troxy

import (
	"bytes"
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// vote is what one replica said about a request. A replica that says something else later (it executed
// the request anew) replaces its vote: it still counts once.
type vote struct {
	witness quorum.Witness
	order   uint64
	result  wire.Digest
	depends uint64
	durable bool
	whole   *whole // nil when this replica sent none
}

// whole is a result that fits the digest it was voted with. It owns its memory: the message that it came in
// may be far larger.
type whole struct {
	result wire.Result
	bytes  int // as encoded
}

// size is what a vote's result counts as held.
func (v *vote) size() int {
	if v.whole == nil {
		return 0
	}
	return v.whole.bytes
}

// says reports whether v and o agree on everything that is voted.
func (v *vote) says(o *vote) bool {
	return v.order == o.order && v.result == o.result && v.depends == o.depends
}

// OnReplies takes a reply set of another enclave, or of this one's own Replier, and returns the requests
// that it decided: valid until the next call. Everything in it that does not hold is dropped and counted. Nothing of
// message is kept.
func (c *Client) OnReplies(message []byte) []Outcome {
	set := &c.set
	if err := set.Decode(message); err != nil {
		c.counters.Malformed++
		return nil
	}
	if !c.forMe(set) {
		c.counters.Foreign++
		return nil
	}
	if !c.replies.Verify(set.Signed, set.MAC) {
		c.counters.BadMAC++
		return nil
	}
	if c.vector()[set.Replica] > set.Incarnation {
		c.counters.Dead++
		return nil
	}
	w := quorum.Witness{Founding: set.Founding, Replica: set.Replica, Incarnation: set.Incarnation, Vector: set.Vector}
	clear(c.decided)
	decided := c.decided[:0]
	for i := range set.Entries {
		e := &set.Entries[i]
		s := c.slots[e.Sequence]
		if s == nil || s.digest != e.Request {
			c.counters.Unknown++
			continue
		}
		c.add(s, vote{
			witness: w, order: set.Order, result: e.Result, depends: e.Depends, durable: e.Depends <= set.DurableUpTo,
		}, e.FullBytes)
		if out, ok := c.decide(s); ok {
			c.end(s)
			decided = append(decided, out)
		}
	}
	c.slide()
	c.decided = decided
	return decided
}

// forMe reports whether a reply set is by a member of this founding for requests of this incarnation.
func (c *Client) forMe(s *wire.ReplySet) bool {
	return s.Founding == c.self.Founding && int(s.Replica) < c.group.N() && len(s.Vector) == c.group.N() &&
		s.Origin.Origin == c.self.Replica && s.Origin.Generation == c.self.Founding.Generation &&
		s.Origin.Incarnation == c.self.Number
}

// add records v as its replica's only vote, with the whole result if that fits.
func (c *Client) add(s *slot, v vote, encoded []byte) {
	at := slices.IndexFunc(s.votes, func(o vote) bool { return o.witness.Replica == v.witness.Replica })
	if at < 0 {
		v.whole = c.hold(&v, encoded)
		if s.votes == nil {
			s.votes = s.room[:0]
		}
		s.votes = append(s.votes, v)
		return
	}
	old := &s.votes[at]
	if old.says(&v) && old.witness.Incarnation == v.witness.Incarnation {
		c.counters.Repeated++
		old.durable = old.durable || v.durable // a repeated older message takes nothing back
		if old.whole == nil {
			old.whole = c.hold(&v, encoded)
		}
		return
	}
	if v.witness.Incarnation < old.witness.Incarnation {
		c.counters.Dead++
		return
	}
	c.held[v.witness.Replica] -= old.size()
	v.whole = c.hold(&v, encoded)
	*old = v
}

// hold returns the encoded result for v: nil when there is none, it does not fit its digest, or too much of
// its sender is held.
func (c *Client) hold(v *vote, encoded []byte) *whole {
	held := &c.held[v.witness.Replica]
	if len(encoded) == 0 {
		return nil
	}
	if *held+len(encoded) > maxHeldBytes {
		c.counters.Unheld++
		return nil
	}
	result, err := wire.DecodeResult(bytes.Clone(encoded))
	if err != nil || result.Digest() != v.result {
		c.counters.BadResult++
		return nil
	}
	*held += len(encoded)
	return &whole{result: result, bytes: len(encoded)}
}

// release gives back what the votes of s held.
func (c *Client) release(s *slot) {
	for i := range s.votes {
		c.held[s.votes[i].witness.Replica] -= s.votes[i].size()
	}
	s.votes = nil
}

// decide looks for f+1 equal, durable, consistent votes, the whole result of which somebody sent: whoever
// it was and whatever else they said, it fits its digest.
func (c *Client) decide(s *slot) (Outcome, bool) {
	for i := range s.votes {
		lead := &s.votes[i]
		at := slices.IndexFunc(s.votes, func(v vote) bool { return v.whole != nil && v.result == lead.result })
		if at < 0 {
			continue
		}
		c.same = c.same[:0]
		for j := range s.votes {
			if v := &s.votes[j]; v.durable && v.says(lead) {
				c.same = append(c.same, v.witness)
			}
		}
		if _, ok := quorum.Holds(c.same, c.group.Size()); !ok {
			continue
		}
		return Outcome{Ticket: s.ticket, Order: lead.order, Result: s.votes[at].whole.result}, true
	}
	return Outcome{}, false
}

package troxy

import (
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// vote is what one replica said about a request. A replica that says something else later (it executed
// the request anew, or its log caught up) replaces its vote: it still counts once.
type vote struct {
	witness quorum.Witness
	order   uint64
	result  wire.Digest
	depends uint64
	durable bool
}

// OnReplies takes a reply set of another enclave, or of this one's own Replier, and returns the requests
// that it decided. Everything in it that does not hold is dropped and counted.
func (c *Client) OnReplies(message []byte) []Outcome {
	set, err := wire.DecodeReplySet(message)
	if err != nil {
		c.counters.Malformed++
		return nil
	}
	if !c.forMe(&set) {
		c.counters.Foreign++
		return nil
	}
	if !c.replies.Verify(set.Signed, set.MAC) {
		c.counters.BadMAC++
		return nil
	}
	w := quorum.Witness{Founding: set.Founding, Replica: set.Replica, Incarnation: set.Incarnation, Vector: set.Vector}
	var decided []Outcome
	for i := range set.Entries {
		e := &set.Entries[i]
		s := c.slots[e.Sequence]
		if s == nil || s.digest != e.Request {
			c.counters.Unknown++
			continue
		}
		c.addResult(s, e)
		s.add(vote{witness: w, order: set.Order, result: e.Result, depends: e.Depends, durable: e.Depends <= set.DurableUpTo})
		if out, ok := c.decide(s); ok {
			delete(c.slots, e.Sequence)
			decided = append(decided, out)
		}
	}
	c.slide()
	return decided
}

// forMe reports whether a reply set is by a member of this founding for requests of this incarnation.
func (c *Client) forMe(s *wire.ReplySet) bool {
	return s.Founding == c.self.Founding && int(s.Replica) < c.group.N() && len(s.Vector) == c.group.N() &&
		s.Origin.Origin == c.self.Replica && s.Origin.Generation == c.self.Founding.Generation &&
		s.Origin.Incarnation == c.self.Number
}

// addResult keeps a full result that fits its digest. Results are few: one a distinct digest a replica
// vouched for, at most n.
func (c *Client) addResult(s *slot, e *wire.ReplyEntry) {
	if len(e.FullBytes) == 0 || len(s.results) > c.group.N() {
		return
	}
	result, err := wire.DecodeResult(e.FullBytes)
	if err != nil || result.Digest() != e.Result {
		c.counters.BadResult++
		return
	}
	if s.results == nil {
		s.results = map[wire.Digest]wire.Result{}
	}
	s.results[e.Result] = result
}

// add records v as its replica's only vote.
func (s *slot) add(v vote) {
	for i := range s.votes {
		if s.votes[i].witness.Replica == v.witness.Replica {
			s.votes[i] = v
			return
		}
	}
	s.votes = append(s.votes, v)
}

// decide looks for f+1 equal, durable, consistent votes whose full result is at hand.
func (c *Client) decide(s *slot) (Outcome, bool) {
	for i := range s.votes {
		lead := s.votes[i]
		result, ok := s.results[lead.result]
		if !ok {
			continue
		}
		var same []quorum.Witness
		for _, v := range s.votes {
			if v.durable && v.order == lead.order && v.result == lead.result && v.depends == lead.depends {
				same = append(same, v.witness)
			}
		}
		if _, ok := quorum.Holds(same, c.group.Size()); ok {
			return Outcome{Ticket: s.ticket, Order: lead.order, Result: result}, true
		}
	}
	return Outcome{}, false
}

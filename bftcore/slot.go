package bftcore

import (
	"bytes"

	"troxymail/bftcore/wire"
)

// stage says how far the own certificate of a slot is.
type stage uint8

const (
	stageIdle   stage = iota // no proposal, or one whose turn has not come
	stageCalled              // the own enclave was asked
	stageOwn                 // the own certificate is in the log
)

// slot is what the core knows about one order in the current view.
//
// A proposal is trusted in two steps. It is a candidate first: well formed, its requests are what its
// certificate binds, but the certificate's MAC is unchecked. Once the own enclave accepted it, or verified
// the same PREPARE certificate inside a COMMIT, the certificate is known, and with it the digest: the
// leader's counter rules out another one.
type slot struct {
	order    uint64
	proposal *wire.Prepare  // nil: none; Raw is nil at the leader until it is certified
	from     wire.ReplicaID // who sent it
	keys     []requestKey   // of the requests of an own proposal (leader)
	size     int            // bytes that the proposal takes
	missing  int            // large bodies that are not on the own disk yet

	known   bool
	prepare wire.Certificate // the genuine PREPARE certificate, when known

	stage   stage
	token   uint64            // of the open call; 0 for none
	answer  *wire.Certificate // certificate that arrived before its turn
	refused []Time            // by sender: its candidates are not taken before; nil for none

	votes     []vote // by replica; nil until the first
	verifying int    // COMMITs that the own enclave looks at

	logged     bool // the PREPARE is in the log
	committed  bool
	quorum     []wire.ReplicaID // whose certificates commit it, when committed
	calledAt   Time             // when the own enclave was asked for the PREPARE; 0 at a follower
	executedAt Time
	late       bool // executed already when it was created: kept only for the own vote
	dirty      bool // waits for evaluate
}

// vote is the COMMIT of one replica.
type vote struct {
	verified    bool
	logged      bool
	certificate wire.Certificate
	raw         []byte
	candidates  []candidate // unverified, one for each sender
}

// candidate is a COMMIT that claims to be a replica's, with who sent it: a liar must not be able to put a
// forged one in the place of the genuine one.
type candidate struct {
	from   wire.ReplicaID
	commit wire.Commit
	raw    []byte
	asked  bool
}

// slotAt returns the slot of an order, making it if needed.
func (c *Core) slotAt(order uint64) *slot {
	s := c.slots[order]
	if s == nil {
		s = &slot{order: order, late: order <= c.executed}
		c.slots[order] = s
	}
	return s
}

// passed reports whether the own enclave is past an order without having voted for it: such an order is learned.
func (c *Core) passed(order uint64) bool {
	if order >= c.nextOwn.of(order) {
		return false
	}
	s := c.slots[order]
	return s == nil || s.stage != stageOwn
}

// dropSlot forgets a slot and what it waits for.
func (c *Core) dropSlot(s *slot) {
	c.dropProposal(s)
	if s.token != 0 {
		delete(c.calls, s.token)
	}
	delete(c.slots, s.order)
}

// dropProposal forgets a candidate.
func (c *Core) dropProposal(s *slot) {
	if s.proposal == nil {
		return
	}
	c.forgetBodies(s)
	if s.executedAt == 0 {
		c.buffered -= s.size
	} else {
		c.retained -= s.size
	}
	s.proposal, s.size = nil, 0
}

// know records the genuine PREPARE certificate of a slot. A candidate with another digest goes: its
// certificate cannot be genuine as well, since the leader's counter certifies one digest at a position.
func (c *Core) know(s *slot, prepare *wire.Certificate) {
	if s.known {
		return
	}
	s.known, s.prepare = true, *prepare
	if s.proposal != nil && s.proposal.Certificate.Digest != prepare.Digest {
		c.conflict(s.from)
		c.refuse(s, s.from)
		c.recall(s)
		c.dropProposal(s)
	}
	for i := range s.votes {
		v := &s.votes[i]
		kept := v.candidates[:0]
		for _, x := range v.candidates {
			if x.commit.Prepare.Digest == prepare.Digest {
				kept = append(kept, x)
			}
		}
		v.candidates = kept
	}
	c.touch(s)
}

// whole reports whether the slot holds a batch that the own enclave certified, with its bodies. That the
// digest is proven is not enough: the MACs of the requests are no part of it, and only the own enclave can
// tell whether a relayed batch still carries the genuine ones. (An enclave that is mute after a recovery
// will need a call that checks them without a vote.)
func (s *slot) whole() bool { return s.proposal != nil && s.stage == stageOwn && s.missing == 0 }

// voteOf returns the place for a replica's COMMIT.
func (c *Core) voteOf(s *slot, r wire.ReplicaID) *vote {
	if s.votes == nil {
		s.votes = make([]vote, c.n)
	}
	return &s.votes[r]
}

// add keeps a candidate unless the same bytes, or another of the same sender, are there.
func (v *vote) add(x candidate) bool {
	for i := range v.candidates {
		if v.candidates[i].from == x.from || bytes.Equal(v.candidates[i].raw, x.raw) {
			return false
		}
	}
	v.candidates = append(v.candidates, x)
	return true
}

// refuse keeps a sender's candidates out of the slot for a while.
func (c *Core) refuse(s *slot, from wire.ReplicaID) {
	if s.refused == nil {
		s.refused = make([]Time, c.n)
	}
	s.refused[from] = c.now + refusedAgain
}

// touch asks for an evaluation of s in the next flush.
func (c *Core) touch(s *slot) {
	if !s.dirty {
		s.dirty = true
		c.dirty = append(c.dirty, s)
	}
}

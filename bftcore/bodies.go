package bftcore

import "troxymail/bftcore/wire"

// bodyWaiter is who waits for a large body: a request at the leader, or a proposal.
type bodyWaiter struct {
	request *waiting
	term    int
	held    *held
	lesson  *lesson
	slot    *slot
	of      *wire.Prepare // the slot's proposal at that time: another may have taken its place
}

// needBody registers a waiter and asks the host for the body if nobody waited for it before.
//
// A body named by a request must be on the own disk before the own certificate exists, PREPARE or COMMIT:
// f+1 certificates then mean that a correct host can hand it on.
func (c *Core) needBody(d wire.Digest, w bodyWaiter) {
	if len(c.bodies[d]) == 0 {
		c.out.NeedBody = append(c.out.NeedBody, d)
	}
	c.bodies[d] = append(c.bodies[d], w)
}

// onBodyHeld releases everybody who waited for a body.
func (c *Core) onBodyHeld(d wire.Digest) {
	waiters := c.bodies[d]
	delete(c.bodies, d)
	for _, w := range waiters {
		switch {
		case w.held != nil:
			w.held.missing--
		case w.lesson != nil:
			w.lesson.missing--
		case w.request != nil && !w.request.gone && w.term == c.pending.term:
			w.request.missing--
			if w.request.missing == 0 {
				c.pending.sources[w.request.source].bodies--
				c.enqueue(w.request)
			}
		case w.slot != nil && w.slot.proposal == w.of:
			w.slot.missing--
			c.touch(w.slot)
		}
	}
}

// awaitProposalBodies asks for the bodies of a proposal that has just come into a slot.
func (c *Core) awaitProposalBodies(s *slot) {
	for i := range s.proposal.Requests {
		for _, d := range s.proposal.Requests[i].Bodies {
			s.missing++
			c.needBody(d, bodyWaiter{slot: s, of: s.proposal})
		}
	}
}

// forgetBodies takes a proposal off the lists of those who wait.
func (c *Core) forgetBodies(s *slot) {
	if s.missing == 0 {
		return
	}
	s.missing = 0
	for i := range s.proposal.Requests {
		for _, d := range s.proposal.Requests[i].Bodies {
			kept := c.bodies[d][:0]
			for _, w := range c.bodies[d] {
				if w.slot != s {
					kept = append(kept, w)
				}
			}
			if len(kept) == 0 {
				delete(c.bodies, d)
			} else {
				c.bodies[d] = kept
			}
		}
	}
}

package bftcore

import "troxymail/bftcore/wire"

// A leader that has little to do lends its enclave the next order (Reserve): the next requests of the enclave's own clients
// are certified there at once (Proposed), instead of crossing to the host, waiting for its turn and crossing back to be
// certified. A single client at the leader waits for ten processes in a row then, and not for twelve.
//
// Nothing of this is a matter of trust. The enclave certifies under the rule of any PREPARE (counter.State.Prepare), and
// makes requests that it would find genuine; a host could have it certify the same batch there by asking. What matters is that
// host and enclave agree on who uses the order, or the counter would pass over an order whose batch nobody has:
//
//   - The enclave forgets the reservation when it uses it, and when it is asked for any PREPARE. Frames stay in their
//     order, so that the host learns which of the two came first: of a Proposed before the refusal of its own call.
//   - Until it has learned, the host asks for no order above (hasRoom): the enclave may have used the reserved one, and
//     would certify the one above as well, whose call the host takes back with that of the reserved one.
//   - What is behind the own counter, or of a view that ended, is no reservation any more: the rule of the PREPARE refuses it.

// reservedFor returns the order that the own enclave may use without being asked; 0 for none.
func (c *Core) reservedFor() uint64 {
	if o := c.reserved; o != 0 && c.leads() && o == c.nextOwn.of(o) {
		return o
	}
	return 0
}

// reserve lends the next order to the own enclave, when a batch would leave at once (batchDue), the one before was of the
// own clients, and a call goes to the enclave anyway: by itself it would be one more message in the way of others.
func (c *Core) reserve() {
	if !c.leads() || len(c.out.Calls) == 0 || !c.lastOwn || c.lastBatch >= fewRequests || c.reservedFor() != 0 {
		return
	}
	next := c.nextCall.first()
	switch {
	case c.pending.queued > 0 || next > c.executed+2 || next != c.nextOwn.first():
	case next <= c.selectedEnd() || next <= c.checkpoints.fill || c.nextCall.holed():
	case c.now < c.proposeAfter || c.movingTo(next) || !c.hasRoom():
	default:
		c.reserved = next
		c.out.Calls = append(c.out.Calls, Reserve{View: c.view, Order: next})
	}
}

// onProposed takes what the own enclave certified at the order that was reserved for it. Whatever comes at another moment
// is a request like others.
func (c *Core) onProposed(e Proposed) {
	requests := make([]wire.Request, 0, len(e.Requests))
	for _, raw := range e.Requests {
		q, err := wire.DecodeRequest(raw)
		if err != nil || q.ID.Origin != c.cfg.Self || len(q.Bodies) > 0 {
			c.counters.Malformed++
			return
		}
		requests = append(requests, q)
	}
	order, digests := c.reservedFor(), wire.RequestDigests(requests)
	if order == 0 || !c.isOwn(&e.Certificate, wire.CertPrepare, order, wire.BatchDigest(digests)) {
		c.counters.NonsenseAnswers++
		for _, raw := range e.Requests {
			c.onSubmit(Submit{Raw: raw})
		}
		return
	}
	c.reserved = 0
	if c.nextCall.of(order) > order { // it was asked for the order meanwhile, and will refuse
		c.takeBack(order, nil)
	}
	keys, size := make([]requestKey, len(requests)), 0
	for i := range requests {
		if w := c.admit(requests[i], c.cfg.Self); w != nil {
			w.flying = true
		}
		keys[i] = requestKey{digest: digests[i], mac: requests[i].MAC}
		size += len(requests[i].Raw) + 4
	}
	s := c.nextProposal(&wire.Prepare{Requests: requests, Digests: digests}, keys, size)
	s.answer = &e.Certificate
	c.lastBatch = len(requests)
	c.counters.Reserved++
	c.ownPrepare(s)
}

package sim

import (
	"math/bits"

	"troxymail/bftcore/wire"
	"troxymail/enclave/troxy"
)

// acknowledged checks an answer that a session was given: it fits the history, which from then on has it for ever,
// and it shows all that was answered before the question.
func (k *checker) acknowledged(e *enclave, w wish, o *troxy.Outcome) {
	h := k.c.hosts[e.id]
	k.c.answers++
	if !w.fence {
		h.answered++
	}
	order := o.Order
	if k.c.tracing {
		k.c.trace(h.name(), "is answered /%d at order %d, status %d, fence %v, read %v", w.ticket, order, o.Result.Status, w.fence, w.read)
	}
	if o.Result.Status != statusOK {
		k.c.fail("request /%d of %s has status %d at order %d", w.ticket, h.name(), o.Result.Status, order)
		return
	}
	if w.read {
		order = readOrder(&o.Result)
	}
	if order > uint64(len(k.history)) {
		k.c.fail("request /%d of %s is answered with order %d, which no correct host has", w.ticket, h.name(), order)
		return
	}
	if w.read && order < w.floor || !w.read && order <= w.floor {
		k.c.fail("request /%d of %s shows order %d, %d was answered before", w.ticket, h.name(), order, w.floor)
	}
	if !w.read {
		id := wire.RequestID{Origin: e.id, Generation: e.client.self.Founding.Generation, Incarnation: e.client.self.Number, Sequence: w.ticket}
		k.contains(h, id, o)
	}
	durable := 0
	for x := range k.c.correct {
		if x.claimed >= order {
			durable++
		}
	}
	if durable < k.c.group.Size()-k.c.liars() {
		k.c.fail("request /%d of %s is answered with order %d, durable at %d correct hosts", w.ticket, h.name(), order, durable)
	}
	k.acked = max(k.acked, order)
}

// contains checks that a request has taken effect where and how its answer says.
func (k *checker) contains(h *host, id wire.RequestID, o *troxy.Outcome) {
	for _, x := range k.history[o.Order-1].results {
		if x.id == id && x.effect {
			if r := x.result(); r.Digest() != o.Result.Digest() {
				k.c.fail("%v of %s has another result than its answer", id, h.name())
			}
			return
		}
	}
	k.c.fail("%v of %s is answered with order %d, where it is not", id, h.name(), o.Order)
}

func (c *Cluster) liars() int {
	n := uint32(0)
	for _, h := range c.hosts {
		if h.lies {
			n |= h.bit()
		}
	}
	return bits.OnesCount32(n)
}

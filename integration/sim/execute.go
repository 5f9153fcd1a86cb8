package sim

import (
	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// reply is a result that waits until what it shows is durable.
type reply struct {
	request *wire.Request
	outcome outcome
	whole   bool
}

// execute applies a batch in the background, in order, and keeps the results until they are durable.
func (h *host) execute(b bftcore.Batch) {
	h.c.check.executes(h, &b)
	run := h.run
	run.applier = max(run.applier, h.c.now) + h.c.between(0, h.c.scene.applyMax)
	h.later(run.applier, func() {
		if b.Order <= h.store.applied {
			return // a state from behind it was taken over meanwhile
		}
		results := h.apply(&b)
		for i := range b.Requests {
			q := &b.Requests[i]
			run.unshown = append(run.unshown, reply{request: q, outcome: results[i], whole: q.ID.Origin == h.id})
		}
		h.step(bftcore.Executed{Order: b.Order})
	})
}

// apply applies a batch.
func (h *host) apply(b *bftcore.Batch) []outcome {
	if b.Order != h.store.applied+1 {
		h.c.fail("%s applies order %d behind %d", h.name(), b.Order, h.store.applied)
	}
	results := h.store.apply(b)
	h.c.check.appliedBatch(h, b, results)
	if h.c.failure == "" && h.store.checkpointed(h.c.scene.checkpoint) {
		h.c.check.checkpointed(h, h.store.roots[len(h.store.roots)-1])
		h.disk.checkpoint(h.store.clone())
	}
	return results
}

// save writes the store's file as the store is now.
func (h *host) save() {
	if h.disk.file.applied < h.store.applied {
		h.disk.file = h.store.clone()
	}
}

// show sends the results that are durable, and now and then writes the store's file up to there.
func (h *host) show() {
	durable := h.core.Durable()
	if h.store.applied <= durable && h.store.applied > h.disk.file.applied && h.c.chance(0.05) {
		h.save()
		order := h.disk.file.applied
		h.in(0, millisecond, func() { h.step(bftcore.Stored{Order: order}) })
	}
	list, kept := h.run.unshown, h.run.unshown[:0]
	for len(list) > 0 {
		x := &list[0]
		if x.outcome.depends > durable {
			kept, list = append(kept, *x), list[1:]
			continue
		}
		n := 1
		for n < len(list) && list[n].goesWith(x) && list[n].outcome.depends <= durable {
			n++
		}
		h.answer(list[:n:n], durable)
		list = list[n:]
	}
	h.run.unshown = kept
}

// goesWith reports whether two results fit into one message.
func (r *reply) goesWith(x *reply) bool {
	a, b := r.request.ID, x.request.ID
	a.Sequence, b.Sequence = 0, 0
	return a == b && r.outcome.order == x.outcome.order
}

// answer has the enclave authenticate results for one origin, and carries them there.
func (h *host) answer(list []reply, durable uint64) {
	h.claimed = max(h.claimed, durable)
	entries := make([]wire.ReplyEntry, len(list))
	for i := range list {
		r := list[i].outcome.result()
		if h.lies && h.c.lying {
			h.c.liar.result(&r)
		}
		entries[i] = wire.ReplyEntry{
			Sequence: list[i].request.ID.Sequence, Request: list[i].request.Digest(), Result: r.Digest(), Depends: list[i].outcome.depends,
		}
		if list[i].whole {
			entries[i].FullBytes = r.Append(nil)
		}
	}
	origin, order := list[0].request.ID, list[0].outcome.order
	h.toEnclave(func(e *enclave) {
		message := e.answer(origin, order, durable, entries)
		switch {
		case message == nil:
		case origin.Origin != h.id:
			h.send(origin.Origin, message)
		case e.client != nil:
			e.client.replies(message)
			h.serve(e.client)
		}
	})
}

// reanswer answers a request that is asked again.
func (h *host) reanswer(q wire.Request) {
	x, ok := h.store.known(q.ID)
	if !ok {
		return
	}
	h.run.unshown = append(h.run.unshown, reply{request: &q, outcome: x, whole: true})
	h.in(0, millisecond, func() { h.step(bftcore.Known{Request: q}) })
}

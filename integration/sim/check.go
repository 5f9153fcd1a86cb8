package sim

import (
	"slices"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// checker holds what must stay true.
//
// The history is what correct hosts' stores have executed. An order that nobody correct has any more, because a
// power loss or a rollback took it from all that had, may come back as another batch; one that was acknowledged never.
type checker struct {
	c       *Cluster
	history []past // from order 1 on
	acked   uint64 // the highest order that an answer showed
	effects map[wire.RequestID]uint64

	certificates map[place]wire.Digest
	incarnations map[wire.Incarnation]*enclave
	foundings    map[uint32]wire.Founding // that enclaves became ACTIVE in
	generations  []uint32                 // by replica: the newest in which it was ACTIVE
	views        map[wire.Rank]bool       // that began

	polled Time
	polls  int
}

// past is one order of the history.
type past struct {
	digest  wire.Digest
	chain   wire.Digest // of the state after it
	root    wire.Digest // the same with all that it remembers, at a checkpoint
	results []outcome
	holders uint32   // correct hosts whose store has it now
	newest  []origin // of every origin the newest incarnation after it; the rest is empty
}

// place is what a counter certificate is unique in.
type place struct {
	kind wire.CertKind
	who  wire.Incarnation
	at   wire.Position
}

func newChecker(c *Cluster) *checker {
	return &checker{
		c: c, effects: map[wire.RequestID]uint64{}, certificates: map[place]wire.Digest{}, incarnations: map[wire.Incarnation]*enclave{},
		foundings: map[uint32]wire.Founding{}, generations: make([]uint32, c.n), views: map[wire.Rank]bool{},
	}
}

// executes checks a batch as it leaves a core.
func (k *checker) executes(h *host, b *bftcore.Batch) {
	if h.lies {
		return
	}
	if k.c.tracing {
		k.c.trace(h.name(), "executes %d of view %d %v, %d requests", b.Order, b.View, b.Digest, len(b.Requests))
	}
	if b.Order != h.run.next {
		k.c.fail("%s executes order %d, expected %d", h.name(), b.Order, h.run.next)
	}
	h.run.next = b.Order + 1
	if b.Order <= uint64(len(k.history)) {
		if p := &k.history[b.Order-1]; p.digest != b.Digest && p.holders&^h.bit() != 0 {
			k.c.fail("%s executes %v at order %d, another correct host %v", h.name(), b.Digest, b.Order, p.digest)
		}
	}
	for i := range b.Requests {
		if m, ok := k.c.known[b.Requests[i].Digest()]; !ok || m != b.Requests[i].MAC {
			k.c.fail("%s executes %v, which no enclave made", h.name(), b.Requests[i].ID)
		}
	}
}

func (h *host) bit() uint32 { return 1 << h.id }

// appliedBatch checks what a store made of a batch.
func (k *checker) appliedBatch(h *host, b *bftcore.Batch, results []outcome) {
	if h.lies {
		return
	}
	if b.Order > uint64(len(k.history))+1 {
		k.c.fail("%s applies order %d, no correct host the one before", h.name(), b.Order)
		return
	}
	if b.Order <= uint64(len(k.history)) {
		p := &k.history[b.Order-1]
		if p.digest == b.Digest && p.chain == h.store.chain {
			if !slices.Equal(p.results, results) {
				k.c.fail("%s has other results at order %d", h.name(), b.Order)
			}
			p.holders |= h.bit()
			return
		}
		if p.holders&^h.bit() != 0 || b.Order <= k.acked {
			k.c.fail("%s applies %v at order %d, where %v was (acknowledged up to %d, held by %b)", h.name(), b.Digest, b.Order, p.digest,
				k.acked, p.holders)
			return
		}
		k.drop(b.Order)
	}
	k.extend(h, b, results)
}

// checkpointed checks the digest of a state at a checkpoint.
func (k *checker) checkpointed(h *host, s wire.Stable) {
	if h.lies {
		return
	}
	p := &k.history[s.Order-1]
	if p.root == (wire.Digest{}) {
		p.root = s.Root
	}
	if p.root != s.Root {
		k.c.fail("%s has another digest at checkpoint %d", h.name(), s.Order)
	}
}

// drop takes the orders from one on out of the history: nobody has them any more.
func (k *checker) drop(from uint64) {
	for _, p := range k.history[from-1:] {
		for i := range p.results {
			if p.results[i].effect {
				delete(k.effects, p.results[i].id)
			}
		}
	}
	k.history = k.history[:from-1]
}

// extend adds an order to the history: each request takes effect once, and none of a former incarnation does.
func (k *checker) extend(h *host, b *bftcore.Batch, results []outcome) {
	p := past{digest: b.Digest, chain: h.store.chain, results: slices.Clone(results), holders: h.bit()}
	p.newest = make([]origin, k.c.n)
	if n := len(k.history); n > 0 {
		copy(p.newest, k.history[n-1].newest)
	}
	for i := range results {
		x := &results[i]
		if x.status == statusFenced {
			k.c.counts[fenced]++
		}
		if !x.effect {
			continue
		}
		if at, ok := k.effects[x.id]; ok {
			k.c.fail("%v takes effect at order %d and again at %d", x.id, at, b.Order)
		}
		k.effects[x.id] = b.Order
		o := &p.newest[x.id.Origin]
		if o.former(x.id) {
			k.c.fail("%v takes effect at order %d, after incarnation %d.%d", x.id, b.Order, o.generation, o.incarnation)
		}
		o.generation, o.incarnation = x.id.Generation, x.id.Incarnation
	}
	k.history = append(k.history, p)
}

// forgets notes that a store is back at an order.
func (k *checker) forgets(h *host, applied uint64) {
	for i := applied; i < uint64(len(k.history)); i++ {
		k.history[i].holders &^= h.bit()
	}
}

// installed checks a state that a store took over.
func (k *checker) installed(h *host) {
	if h.run != nil {
		h.run.next = max(h.run.next, h.store.applied+1) // the core may be beyond it by itself, and the store not yet
	}
	if h.lies {
		return
	}
	if h.store.applied > uint64(len(k.history)) || k.history[h.store.applied-1].chain != h.store.chain {
		k.c.fail("%s takes over a state of order %d that no correct host had", h.name(), h.store.applied)
		return
	}
	for i := range h.store.applied {
		k.history[i].holders |= h.bit()
	}
}

// forwarded checks a store that was brought forward over its log: what was written is there after a crash, and what
// was called durable always, unless this is the host that may forget.
func (k *checker) forwarded(h *host) {
	switch {
	case h.lies:
	case h.store.applied < h.reached:
		k.c.fail("%s was at order %d when it crashed, and is back at %d", h.name(), h.reached, h.store.applied)
	case h.store.applied < h.claimed && k.c.forgetful != h:
		k.c.fail("%s called order %d durable, and is back at %d", h.name(), h.claimed, h.store.applied)
	}
}

// leftBehind is the generation that all correct replicas have reached: they are ACTIVE in none before for ever.
func (k *checker) leftBehind() uint32 {
	low := ^uint32(0)
	for h := range k.c.correct {
		low = min(low, k.generations[h.id])
	}
	return low
}

// tick finds a core that wants to be asked again and again at one moment.
func (k *checker) tick(h *host, at Time) {
	if h.core == nil || k.c.now != k.polled {
		k.polled, k.polls = k.c.now, 0
		return
	}
	if k.polls++; k.polls > 2000 {
		k.c.fail("%s polls: its deadline %d stays in the past", h.name(), at)
	}
}

package sim

import (
	"bytes"
	"fmt"

	"troxymail/bftcore"
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// checker holds what must stay true. Nothing in it is ever taken back: not by a restart, not by a power loss.
type checker struct {
	c       *Cluster
	batches map[uint64]wire.Digest            // by order, at correct hosts
	chains  map[uint64]wire.Digest            // state after an order
	inside  map[uint64]map[wire.RequestID]int // requests in a batch
	next    map[*host]uint64                  // order that a life of a host is to execute next
	life    map[*host]int
	acks    map[wire.RequestID]outcome
	seen    map[statement]wire.Digest // genuine certificates on the network
	oracle  *counter.Set
}

// statement is what a counter certificate must be unique in.
type statement struct {
	kind    wire.CertKind
	replica wire.ReplicaID
	at      wire.Position
}

func newChecker(c *Cluster) *checker {
	k := &checker{
		c: c, batches: map[uint64]wire.Digest{}, chains: map[uint64]wire.Digest{},
		inside: map[uint64]map[wire.RequestID]int{}, next: map[*host]uint64{}, life: map[*host]int{},
		acks: map[wire.RequestID]outcome{}, seen: map[statement]wire.Digest{},
	}
	g, _ := quorum.New(c.scene.replicas)
	k.oracle = counter.New(counter.Config{Group: g, Key: counterKey})
	k.oracle.Activate(founding)
	return k
}

// executes checks a batch as it leaves a core.
func (k *checker) executes(h *host, b bftcore.Batch) {
	if h.lies {
		return
	}
	if k.life[h] != h.life {
		k.life[h], k.next[h] = h.life, h.store.applied+1
	}
	if b.Order != k.next[h] {
		k.c.fail("%s executes order %d, expected %d", h.name(), b.Order, k.next[h])
	}
	k.next[h] = b.Order + 1
	if d, ok := k.batches[b.Order]; ok && d != b.Digest {
		k.c.fail("%s executes %v at order %d, another correct host %v", h.name(), b.Digest, b.Order, d)
	}
	k.batches[b.Order] = b.Digest
	if k.inside[b.Order] == nil {
		k.inside[b.Order] = map[wire.RequestID]int{}
		for i := range b.Requests {
			k.inside[b.Order][b.Requests[i].ID]++
			if !h.encl.Authentic(&b.Requests[i]) {
				k.c.fail("%s executes %v, which no enclave made", h.name(), b.Requests[i].ID)
			}
		}
	}
	k.c.trace(h.name(), "executes %d %v, %d requests", b.Order, b.Digest, len(b.Requests))
}

// applied checks the state of a store.
func (k *checker) applied(h *host, b bftcore.Batch) {
	if h.lies {
		return
	}
	if d, ok := k.chains[b.Order]; ok && d != h.store.chain {
		k.c.fail("%s: another state after order %d", h.name(), b.Order)
	}
	k.chains[b.Order] = h.store.chain
}

// acknowledged checks what a client was told.
func (k *checker) acknowledged(h *host, v reply) {
	if h.lies {
		return
	}
	k.c.trace(h.name(), "acknowledges %v at %d", v.id, v.order)
	k.acks[v.id] = v.outcome
	if k.inside[v.order][v.id] == 0 {
		k.c.fail("%s acknowledges %v at order %d, where it is not", h.name(), v.id, v.order)
	}
	for _, x := range k.c.hosts {
		if !x.lies && x.durable(v.order) {
			return
		}
	}
	k.c.fail("%v is acknowledged at order %d, and durable at no correct host", v.id, v.order)
}

// durable reports whether the synced log of a host proves an order to anybody: its PREPARE and f COMMITs.
func (h *host) durable(order uint64) bool {
	prepared, commits := false, map[wire.ReplicaID]bool{}
	for _, r := range h.log.records[:h.log.synced] {
		if r.Order != order {
			continue
		}
		if m, err := wire.DecodeCommit(r.Body); err == nil {
			commits[m.Certificate.Replica] = true
		} else {
			prepared = r.Kind == bftcore.RecordPrepare
		}
	}
	return prepared && len(commits) >= h.c.group.F()
}

// leaves checks that a certificate of a correct host's own enclave is in its log before it leaves: written
// for a COMMIT, synced for a PREPARE.
func (k *checker) leaves(h *host, raw []byte) {
	kind, _ := wire.PeekKind(raw)
	if h.lies || kind != wire.KindPrepare && kind != wire.KindCommit {
		return
	}
	records := h.log.records
	if kind == wire.KindPrepare {
		p, _ := wire.DecodePrepare(raw)
		if p.Certificate.Replica != h.id {
			return
		}
		records = records[:h.log.synced]
	} else if m, _ := wire.DecodeCommit(raw); m.Certificate.Replica != h.id {
		return
	}
	for i := len(records) - 1; i >= 0; i-- {
		if bytes.Equal(records[i].Body, raw) {
			return
		}
	}
	k.c.fail("%s sends %s, which is not in its log", h.name(), describe(raw))
}

// sent checks every message on the network: a genuine certificate is the only one of its kind and place.
func (k *checker) sent(raw []byte) {
	kind, _ := wire.PeekKind(raw)
	switch kind {
	case wire.KindPrepare:
		if p, err := wire.DecodePrepare(raw); err == nil {
			k.unique(&p.Certificate)
		}
	case wire.KindCommit:
		if m, err := wire.DecodeCommit(raw); err == nil {
			k.unique(&m.Certificate)
			k.unique(&m.Prepare)
		}
	}
}

func (k *checker) unique(x *wire.Certificate) {
	s := statement{kind: x.Kind, replica: x.Replica, at: x.New}
	d, ok := k.seen[s]
	if ok && d == x.Digest || !k.oracle.Verify(x) {
		return
	}
	if ok {
		k.c.fail("replica %d certified %v and %v at %v", x.Replica, d, x.Digest, x.New)
	}
	k.seen[s] = x.Digest
}

// settled reports whether the correct hosts have come together.
func (k *checker) settled() bool { return k.unsettled() == "" }

// unsettled says what is missing. With a leader that lies nobody can promise progress (there is no view
// change yet), but what one correct host has executed, and what was acknowledged, must reach all of them.
// (A power loss may take what was executed and shown to nobody, if the leader that proposed it keeps it.)
func (k *checker) unsettled() string {
	top := uint64(0)
	for _, o := range k.acks {
		top = max(top, o.order)
	}
	for _, h := range k.c.hosts {
		if !h.lies && h.up {
			top = max(top, h.core.Status().Executed)
		}
	}
	for _, h := range k.c.hosts {
		if h.lies {
			continue
		}
		if h.store.applied < top {
			return fmt.Sprintf("%s applied %d of %d: %+v %+v", h.name(), h.store.applied, top, h.core.Status(),
				h.core.Counters())
		}
		if open := len(h.proxy.open); open > 0 && !k.c.scene.liars[0] {
			return fmt.Sprintf("%s waits for %d answers, first %v: %+v", h.name(), open, h.proxy.open[0].id,
				h.core.Counters())
		}
	}
	return ""
}

package bftcore

import (
	"fmt"
	"iter"
	"slices"

	"troxymail/bftcore/wire"
)

// Testament is what a log shows of the own enclave's former lives: what one that starts is told.
type Testament struct {
	Frontier []byte             // the newest, nil for none
	Own      []wire.Certificate // PREPAREs and COMMITs after it, without a gap in their pillars
	// Proofs are the encoded certificates of orders that were committed without the own enclave's vote, above the
	// Frontier's checkpoint.
	Proofs [][][]byte
	// Batches say which batches the log holds of the newest orders, as Entries without a Rank: what an enclave that takes
	// over others' entries need not be shown anew. One batch may stand at several orders.
	Batches []wire.Entry

	last   wire.Position // the order is the one up to which all counters are
	next   pillars       // of the counters
	stable uint64        // of the frontier
	known  KnownStable
	maker  wire.Certificate // of the frontier
}

// Generation is that of the newest Frontier; 0 for none.
func (t *Testament) Generation() uint32 { return t.maker.Founding.Generation }

// Position is the view, and the order up to which all of the enclave's counters stood.
func (t *Testament) Position() wire.Position { return t.last }

// Stable is the order of the newest stable checkpoint that the log knows of; see KnownStable.
func (t *Testament) Stable() uint64 { return t.known.Order() }

// KnownStable finds the newest stable checkpoint that a log knows of in the founding of its newest Frontier: not always that
// Frontier's, since an enclave that came back takes over what those say that granted it, and they may be behind. The log is
// cut by the newest. Of former foundings nothing counts: an administrator's may have lost what they had. The zero value has
// seen no Frontier.
type KnownStable struct {
	founding wire.Founding
	order    uint64
}

// Note takes the next Frontier of the log.
func (k *KnownStable) Note(m *wire.Frontier) {
	if m.Certificate.Founding != k.founding {
		*k = KnownStable{founding: m.Certificate.Founding}
	}
	k.order = max(k.order, m.Disclosure.Stable.Order)
}

// Founding is that of the newest Frontier; zero for none.
func (k *KnownStable) Founding() wire.Founding { return k.founding }

// Order is its order; 0 for none.
func (k *KnownStable) Order() uint64 { return k.order }

// String tells it in a few words.
func (t *Testament) String() string {
	return fmt.Sprintf("generation %d, incarnation %d, %v, stable %d, %d proofs", t.Generation(), t.maker.Incarnation, t.last, t.stable, len(t.Proofs))
}

// ReadTestament reads a whole log. The certificates after the newest Frontier are taken as far as they follow on
// each other: the enclave refuses a gap, which only damage makes. ErrLog for a record that is not what it says.
func ReadTestament(records iter.Seq[Record], self wire.ReplicaID) (*Testament, error) {
	t := &Testament{}
	seen := map[uint64]*sighting{}
	batches := map[uint64][]wire.Digest{}
	for r := range records {
		switch r.Kind {
		case RecordFrontier:
			if err := t.begin(r.Body); err != nil {
				return nil, err
			}
		case RecordPrepare, RecordCommit:
			c, err := wire.CertificateOf(r.Body)
			if err != nil {
				return nil, fmt.Errorf("%w: order %d: %w", ErrLog, r.Order, err)
			}
			if c.Replica == self {
				t.follow(&c)
			}
			sight(seen, &c, c.Replica == self)
			if r.Kind == RecordPrepare {
				keepBatch(batches, r.Order, c.Digest)
			}
		case RecordBatch:
			c, err := wire.CertificateOf(r.Body)
			if err != nil {
				return nil, fmt.Errorf("%w: order %d: %w", ErrLog, r.Order, err)
			}
			keepBatch(batches, r.Order, c.Digest)
		}
	}
	t.Proofs = unvoted(seen, t.stable)
	for _, order := range sortedOrders(batches) {
		for _, d := range batches[order] {
			t.Batches = append(t.Batches, wire.Entry{Order: order, Batch: d})
		}
	}
	return t, nil
}

func (t *Testament) begin(body []byte) error {
	m, err := wire.DecodeFrontier(body)
	if err != nil {
		return fmt.Errorf("%w: a frontier: %w", ErrLog, err)
	}
	t.Frontier, t.Own = append([]byte(nil), body...), nil
	t.maker, t.last, t.stable = m.Certificate, m.Certificate.New, m.Disclosure.Stable.Order
	t.known.Note(&m)
	t.next = pillarsOf(&m)
	return nil
}

// follow takes an own certificate that comes next in its pillar.
func (t *Testament) follow(c *wire.Certificate) {
	if t.Frontier == nil || c.Founding != t.maker.Founding || c.Incarnation != t.maker.Incarnation || c.New.View != t.last.View ||
		c.New.Order != t.next.of(c.New.Order) || len(t.Own) == wire.MaxEntries {
		return
	}
	t.next.pass(c.New.Order)
	t.Own, t.last.Order = append(t.Own, *c), t.next.first()-1
}

// keepBatch notes a batch of an order, and lets go of what is far below any checkpoint that could matter.
func keepBatch(batches map[uint64][]wire.Digest, order uint64, d wire.Digest) {
	if list := batches[order]; !slices.Contains(list, d) {
		batches[order] = append(list, d)
	}
	if order > 2*wire.MaxEntries {
		delete(batches, order-2*wire.MaxEntries)
	}
}

// sighting is what the log holds of one order: certificates of its highest position.
type sighting struct {
	founding wire.Founding
	at       wire.Position
	voted    bool
	list     []wire.Certificate
}

// sight notes a certificate. An order's later position takes the place of an earlier one.
func sight(seen map[uint64]*sighting, c *wire.Certificate, own bool) {
	s := seen[c.New.Order]
	switch {
	case s == nil, s.founding.Generation < c.Founding.Generation, s.founding == c.Founding && s.at.Less(c.New):
		s = &sighting{founding: c.Founding, at: c.New}
		seen[c.New.Order] = s
		if stale := c.New.Order - 2*wire.MaxEntries; c.New.Order > 2*wire.MaxEntries {
			delete(seen, stale) // far below any checkpoint that could matter
		}
	case s.founding != c.Founding || s.at != c.New:
		return
	}
	s.voted = s.voted || own
	if len(s.list) < wire.MaxReplicas {
		s.list = append(s.list, *c)
	}
}

// unvoted encodes what was committed without the own vote; the enclave decides whether it proves anything.
func unvoted(seen map[uint64]*sighting, stable uint64) (proofs [][][]byte) {
	for order := stable + 1; order <= stable+wire.MaxEntries; order++ {
		s := seen[order]
		if s == nil || s.voted || len(s.list) < 2 {
			continue
		}
		var set [][]byte
		for i := range s.list {
			set = append(set, s.list[i].Append(nil))
		}
		proofs = append(proofs, set)
	}
	return proofs
}

package counter

import (
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// maxOpenOrders bounds the orders of which some certificates were seen and no quorum yet: more than can be certified
// above a stable checkpoint. Beyond, all is forgotten and seen again, or not: then a result is not authenticated.
const maxOpenOrders = 2 * wire.MaxEntries

// commits is what an enclave saw committed: the highest order at which it looked at f+1 consistent certificates for one
// digest in one view. Orders below may be of other pillars and not committed yet; that f+1 enclaves are beyond them is
// all that Committed is for.
type commits struct {
	of   wire.Incarnation // another one begins anew
	upTo uint64
	open map[uint64][]ballot // by order, above upTo
}

// ballot is what was seen of one position and digest.
type ballot struct {
	view      uint64
	digest    wire.Digest
	witnesses []quorum.Witness
}

// saw takes an authentic certificate of the present founding.
func (t *commits) saw(self wire.Incarnation, size int, c *wire.Certificate) {
	if t.of != self || t.open == nil {
		*t = commits{of: self, open: map[uint64][]ballot{}}
	}
	order := c.New.Order
	if c.Kind != wire.CertPrepare && c.Kind != wire.CertCommit || order <= t.upTo {
		return
	}
	if len(t.open) >= maxOpenOrders && t.open[order] == nil {
		clear(t.open)
	}
	b := t.ballot(order, c)
	for i := range b.witnesses {
		if w := &b.witnesses[i]; w.Replica == c.Replica && w.Incarnation == c.Incarnation {
			return
		}
	}
	w := quorum.WitnessOf(c)
	w.Vector = slices.Clone(w.Vector) // the certificate's belongs to who reads the frame
	b.witnesses = append(b.witnesses, w)
	if _, ok := quorum.Holds(b.witnesses, size); ok {
		t.raise(order)
	}
}

// ballot returns the one that c counts for.
func (t *commits) ballot(order uint64, c *wire.Certificate) *ballot {
	list := t.open[order]
	for i := range list {
		if list[i].view == c.New.View && list[i].digest == c.Digest {
			return &list[i]
		}
	}
	t.open[order] = append(list, ballot{view: c.New.View, digest: c.Digest})
	return &t.open[order][len(list)]
}

func (t *commits) raise(order uint64) {
	if order-t.upTo <= uint64(len(t.open)) {
		for o := t.upTo + 1; o <= order; o++ {
			delete(t.open, o)
		}
	} else {
		for o := range t.open {
			if o <= order {
				delete(t.open, o)
			}
		}
	}
	t.upTo = order
}

// Committed returns the highest order that this incarnation saw committed, by f+1 certificates that it made or looked at,
// or by a stable checkpoint. What a former incarnation saw is not in it, and what is above may never be ordered. Whoever
// recovers later begins above it: f+1 certified the order, and a recovery reads f+1 others, of 2f.
func (s *Set) Committed() uint64 {
	seen := uint64(0)
	if s.commits.of == s.state.Incarnation() {
		seen = s.commits.upTo
	}
	return max(seen, s.state.stable.Order)
}

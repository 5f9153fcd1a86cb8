package sim

import (
	"encoding/binary"
	"slices"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// window is how many sequences of an origin's incarnation a state remembers. (The product's is larger.)
const window = 64

// Statuses of results.
const (
	statusOK        wire.Status = 0
	statusFenced    wire.Status = 1 // of a former incarnation
	statusForgotten wire.Status = 2 // before the window
)

// state is the replicated state after an order: a chain over what was executed, and what of each origin was. It is
// not changed once somebody else has it.
type state struct {
	applied uint64
	chain   wire.Digest
	written uint64 // the last order that wrote
	origins []origin
	roots   []wire.Stable // of the newest checkpoints; no part of the digest
}

// origin is what is known of an enclave as a source of requests: its newest incarnation, and which of its sequences
// were executed, with what result.
type origin struct {
	generation  uint32
	incarnation uint32
	highest     uint64
	done        [window]outcome // by sequence modulo window
}

// outcome is what became of a request.
type outcome struct {
	id      wire.RequestID
	order   uint64 // 0: none
	depends uint64
	status  wire.Status
	payload [8]byte
	effect  bool // it was executed by this order, not remembered or refused
}

func (o *outcome) result() wire.Result {
	return wire.Result{Status: o.status, Payload: append([]byte(nil), o.payload[:]...)}
}

func newState(n int) *state { return &state{origins: make([]origin, n)} }

func (s *state) clone() *state {
	c := *s
	c.origins, c.roots = slices.Clone(s.origins), slices.Clone(s.roots)
	return &c
}

// root is the digest of the state.
func (s *state) root() wire.Digest {
	b := binary.BigEndian.AppendUint64(append([]byte(nil), s.chain[:]...), s.applied)
	b = binary.BigEndian.AppendUint64(b, s.written)
	for i := range s.origins {
		o := &s.origins[i]
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, o.generation), o.incarnation)
		b = binary.BigEndian.AppendUint64(b, o.highest)
		for k := range o.done {
			if d := &o.done[k]; d.order > 0 {
				b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, d.id.Sequence), d.order)
				b = append(b, d.payload[:]...)
			}
		}
	}
	return wire.Sum(b)
}

// apply executes a batch: writes first, then reads, as the product's does.
func (s *state) apply(b *bftcore.Batch) []outcome {
	s.applied = b.Order
	link := binary.BigEndian.AppendUint64(append([]byte(nil), s.chain[:]...), b.Order)
	s.chain = wire.Sum(append(link, b.Digest[:]...))
	out := make([]outcome, len(b.Requests))
	for i := range b.Requests {
		if q := &b.Requests[i]; !q.ReadOnly() {
			out[i] = s.write(q)
		}
	}
	for i := range b.Requests {
		if q := &b.Requests[i]; q.ReadOnly() {
			out[i] = s.read(q)
		}
	}
	return out
}

func (s *state) write(q *wire.Request) outcome {
	o := &s.origins[q.ID.Origin]
	x := outcome{id: q.ID, order: s.applied, depends: s.applied}
	switch {
	case o.former(q.ID):
		x.status = statusFenced
		return x
	case o.generation != q.ID.Generation || o.incarnation != q.ID.Incarnation:
		*o = origin{generation: q.ID.Generation, incarnation: q.ID.Incarnation}
	case o.highest >= window && q.ID.Sequence <= o.highest-window:
		x.status = statusForgotten
		return x
	}
	place := &o.done[q.ID.Sequence%window]
	if place.id == q.ID && place.order > 0 {
		x = *place
		x.effect = false
		return x
	}
	o.highest = max(o.highest, q.ID.Sequence)
	s.written = s.applied
	copy(x.payload[:], s.chain[:])
	binary.BigEndian.PutUint16(x.payload[6:], uint16(q.ID.Sequence))
	x.effect = true
	*place = x
	return x
}

func (s *state) read(q *wire.Request) outcome {
	x := outcome{id: q.ID, order: s.applied, depends: s.written}
	if s.origins[q.ID.Origin].former(q.ID) {
		x.status = statusFenced
		return x
	}
	binary.BigEndian.PutUint64(x.payload[:], s.written)
	return x
}

// readOrder is the order that the result of a read shows.
func readOrder(r *wire.Result) uint64 { return binary.BigEndian.Uint64(r.Payload) }

func (o *origin) former(id wire.RequestID) bool {
	return id.Generation < o.generation || id.Generation == o.generation && id.Incarnation < o.incarnation
}

// known returns what became of a write that is remembered.
func (s *state) known(id wire.RequestID) (outcome, bool) {
	x := s.origins[id.Origin].done[id.Sequence%window]
	return x, x.id == id && x.order > 0
}

// keptRoots is how many checkpoints a state knows.
const keptRoots = 3

// checkpointed notes the root when the state is at a checkpoint.
func (s *state) checkpointed(every uint64) bool {
	if s.applied%every != 0 {
		return false
	}
	s.roots = append(s.roots[max(0, len(s.roots)+1-keptRoots):len(s.roots):len(s.roots)], wire.Stable{Order: s.applied, Root: s.root()})
	return true
}

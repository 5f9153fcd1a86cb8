package refound

import (
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Plan is what a founding by some of the replicas would begin with, as its members' enclaves show it.
type Plan struct {
	Replicas int           // of the group
	Founding wire.Founding // that it would be: its digest is that of the whole bundle
	Begins   uint64        // highest order that it takes over
	Members  []Shown       // by replica
}

// Shown is what one member brings: its newest frontier, as its host showed it or as the enclave remembers it.
type Shown struct {
	Replica     wire.ReplicaID
	Nonce       wire.Nonce // of its attempt
	Generation  uint32     // of the founding that it was in; 0 for one that was never in any
	Incarnation uint32
	View        uint64
	Stable      uint64 // order of its stable checkpoint
	Last        uint64 // highest order that it certified or saw committed
	Former      bool   // its state is of before the founding that another was ACTIVE in last: nothing is taken over from it
}

// New makes the plan of a bundle, whose COLD-STATEs the caller has checked and sorted by replica.
func New(replicas int, f wire.Founding, begins uint64, bundle []wire.ColdState) Plan {
	p := Plan{Replicas: replicas, Founding: f, Begins: begins}
	newest, _ := wire.Counted(bundle)
	for i := range bundle {
		m := &bundle[i]
		c := &m.Certificate
		s := Shown{Replica: c.Replica, Generation: c.Founding.Generation, Incarnation: c.Incarnation, View: c.New.View,
			Stable: m.Disclosure.Stable.Order, Last: m.Disclosure.End(), Former: m.LastActive != newest}
		for _, x := range m.Members {
			if x.Replica == c.Replica {
				s.Nonce = x.Nonce
			}
		}
		p.Members = append(p.Members, s)
	}
	return p
}

// LeftOut are the replicas that are no members, rising.
func (p *Plan) LeftOut() []wire.ReplicaID {
	var list []wire.ReplicaID
	for i := range wire.ReplicaID(p.Replicas) {
		if !slices.ContainsFunc(p.Members, func(s Shown) bool { return s.Replica == i }) {
			list = append(list, i)
		}
	}
	return list
}

// empty reports whether a member shows nothing of its past, or less than its first founding, although another does.
func (p *Plan) empty(s *Shown) bool {
	return s.Generation == 0 && slices.ContainsFunc(p.Members, func(o Shown) bool { return o.Generation > 0 })
}

const shownBytes = 2 + 16 + 4 + 4 + 3*8 + 1

// Append appends the plan.
func (p *Plan) Append(dst []byte) []byte {
	dst = canon.AppendUint16(dst, uint16(p.Replicas))
	dst = canon.AppendFixed(canon.AppendUint32(dst, p.Founding.Generation), p.Founding.Digest[:])
	dst = canon.AppendCount(canon.AppendUint64(dst, p.Begins), len(p.Members))
	for i := range p.Members {
		s := &p.Members[i]
		dst = canon.AppendFixed(canon.AppendUint16(dst, uint16(s.Replica)), s.Nonce[:])
		dst = canon.AppendUint32(canon.AppendUint32(dst, s.Generation), s.Incarnation)
		for _, v := range []uint64{s.View, s.Stable, s.Last} {
			dst = canon.AppendUint64(dst, v)
		}
		dst = canon.AppendBool(dst, s.Former)
	}
	return dst
}

// Read reads what Append appended; errors stay in r.
func Read(r *canon.Reader) Plan {
	p := Plan{Replicas: int(r.Uint16())}
	p.Founding.Generation, p.Founding.Digest = r.Uint32(), r.Copy32()
	p.Begins = r.Uint64()
	n := r.Count(wire.MaxReplicas, shownBytes)
	if p.Replicas > wire.MaxReplicas || n > p.Replicas {
		r.Fail(canon.ErrLimit)
		return Plan{}
	}
	for i := range n {
		s := Shown{Replica: wire.ReplicaID(r.Uint16()), Nonce: r.Copy16(), Generation: r.Uint32(), Incarnation: r.Uint32(),
			View: r.Uint64(), Stable: r.Uint64(), Last: r.Uint64(), Former: r.Bool()}
		if int(s.Replica) >= p.Replicas || i > 0 && s.Replica <= p.Members[i-1].Replica {
			r.Fail(canon.ErrNonCanonical)
			return Plan{}
		}
		p.Members = append(p.Members, s)
	}
	return p
}

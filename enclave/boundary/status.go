package boundary

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// The frames by which an enclave asks its host how it fares, for people to look at. Nothing that the
// enclave decides depends on the answer: it is the host's word.
const (
	KindHostStatus      Kind = 10 // answer to KindHostStatusQuery
	KindHostStatusQuery Kind = 73
)

// Limits of a HostStatus.
const (
	// MaxAlarms bounds the alarms in one answer.
	MaxAlarms = 64
	// MaxRoots bounds the state digests in one answer.
	MaxRoots = 128
)

// HostStatusQuery asks for a HostStatus. Token comes back in the answer.
type HostStatusQuery struct{ Token uint64 }

// Append appends the frame.
func (q *HostStatusQuery) Append(dst []byte) []byte {
	return canon.AppendUint64(head(dst, KindHostStatusQuery), q.Token)
}

// DecodeHostStatusQuery decodes the frame.
func DecodeHostStatusQuery(frame []byte) (HostStatusQuery, error) {
	r := open(frame)
	q := HostStatusQuery{Token: r.Uint64()}
	return q, done(r, "host status query")
}

// Root is the digest of the state after an order.
type Root struct {
	Order  uint64
	Digest wire.Digest
}

// HostFacts are how far a host says that it is.
type HostFacts struct {
	View     uint64
	Leader   wire.ReplicaID
	Executed uint64 // highest order whose effects are in its state
	Stable   uint64 // order of the last stable checkpoint; 0 for none yet
	Synced   uint64 // highest order up to which its log is synced
	Known    uint64 // highest order that it heard of
	// Roots are digests of its state: of the newest orders, and of orders that are multiples of 64 below
	// them, rising by order. Replicas that are not at the same order are compared at one that both have.
	Roots []Root
	// Peers is the highest order that each replica said it executed; its own is Executed.
	Peers  []uint64
	Alarms []Alarm
	// Out are the replicas that it does not count on at the moment, rising; itself too when it is far behind.
	Out []Outage
	// Strict says that it syncs its log before a certificate leaves.
	Strict bool
}

const rootBytes = 8 + 32

// AppendTo appends the facts.
func (f *HostFacts) AppendTo(dst []byte) []byte {
	dst = canon.AppendUint64(dst, f.View)
	dst = canon.AppendUint16(dst, uint16(f.Leader))
	for _, v := range []uint64{f.Executed, f.Stable, f.Synced, f.Known} {
		dst = canon.AppendUint64(dst, v)
	}
	dst = canon.AppendCount(dst, len(f.Roots))
	for i := range f.Roots {
		dst = canon.AppendFixed(canon.AppendUint64(dst, f.Roots[i].Order), f.Roots[i].Digest[:])
	}
	dst = canon.AppendCount(dst, len(f.Peers))
	for _, p := range f.Peers {
		dst = canon.AppendUint64(dst, p)
	}
	dst = appendOutages(AppendAlarms(dst, f.Alarms), f.Out)
	return canon.AppendBool(dst, f.Strict)
}

// ReadHostFacts reads facts. The roots rise strictly by order.
func ReadHostFacts(r *canon.Reader) HostFacts {
	f := HostFacts{View: r.Uint64(), Leader: wire.ReplicaID(r.Uint16())}
	f.Executed, f.Stable, f.Synced, f.Known = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
	f.Roots = make([]Root, r.Count(MaxRoots, rootBytes))
	for i := range f.Roots {
		f.Roots[i] = Root{Order: r.Uint64(), Digest: r.Copy32()}
		if i > 0 && f.Roots[i].Order <= f.Roots[i-1].Order {
			r.Fail(canon.ErrNonCanonical)
		}
	}
	f.Peers = make([]uint64, r.Count(wire.MaxReplicas, 8))
	for i := range f.Peers {
		f.Peers[i] = r.Uint64()
	}
	f.Alarms, f.Out, f.Strict = ReadAlarms(r), readOutages(r), r.Bool()
	return f
}

// HostStatus answers a HostStatusQuery.
type HostStatus struct {
	Token uint64
	Facts HostFacts
}

// Append appends the frame.
func (s *HostStatus) Append(dst []byte) []byte {
	return s.Facts.AppendTo(canon.AppendUint64(head(dst, KindHostStatus), s.Token))
}

// DecodeHostStatus decodes the frame.
func DecodeHostStatus(frame []byte) (HostStatus, error) {
	r := open(frame)
	s := HostStatus{Token: r.Uint64(), Facts: ReadHostFacts(r)}
	return s, done(r, "host status")
}

package troxy

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

// trial is one run of f liars against a Client.
type trial struct {
	*world
	t        *rapid.T
	liars    []wire.ReplicaID
	honest   []wire.ReplicaID
	requests []wire.Request
	orders   []uint64
	said     [][]byte // every message so far: all may be replayed
	decided  map[uint64]bool
	heard    map[uint64]map[wire.ReplicaID]bool // honest replicas whose answer was delivered, by sequence
}

func newTrial(t *rapid.T) *trial {
	n := rapid.SampledFrom([]int{3, 5}).Draw(t, "n")
	x := &trial{world: newWorld(t, n), t: t, decided: map[uint64]bool{}, heard: map[uint64]map[wire.ReplicaID]bool{}}
	ids := make([]wire.ReplicaID, n)
	for i := range ids {
		ids[i] = wire.ReplicaID(i)
	}
	ids = rapid.Permutation(ids).Draw(t, "who lies")
	f := x.group.F()
	x.liars, x.honest = ids[:f], ids[f:]
	for i := range rapid.IntRange(1, 4).Draw(t, "requests") {
		flags := wire.RequestFlags(rapid.IntRange(0, 1).Draw(t, "flags"))
		q := x.submit(t, fmt.Sprintf("command %d", i), flags)
		x.requests = append(x.requests, q)
		x.orders = append(x.orders, uint64(10+i))
		x.heard[q.ID.Sequence] = map[wire.ReplicaID]bool{}
	}
	return x
}

// deliver hands a message over and checks what it decides.
func (x *trial) deliver(message []byte) {
	x.said = append(x.said, message)
	for _, o := range x.client.OnReplies(message) {
		i := slices.IndexFunc(x.requests, func(q wire.Request) bool { return q.ID.Sequence == o.Ticket })
		if i < 0 {
			x.t.Fatalf("an outcome for ticket %d, which nobody has", o.Ticket)
		}
		if err := isTruth([]Outcome{o}, &x.requests[i], x.orders[i]); err != nil {
			x.t.Fatalf("decided a lie: %v", err)
		}
		if x.decided[o.Ticket] {
			x.t.Fatalf("decided twice")
		}
		if len(x.heard[o.Ticket]) == 0 {
			x.t.Fatal("decided by liars alone")
		}
		x.decided[o.Ticket] = true
	}
}

func (x *trial) pick() int { return rapid.IntRange(0, len(x.requests)-1).Draw(x.t, "request") }

// tellTruth delivers an honest replica's answer; the hosts between may exchange the part that no MAC covers.
func (x *trial) tellTruth(i int, from wire.ReplicaID, tamper bool) {
	s := x.answer(from, &x.requests[i], x.orders[i])
	if tamper {
		s.Entries[0].FullBytes = rapid.SampledFrom([][]byte{nil, {1, 2, 3}, (&wire.Result{Status: 8}).Append(nil)}).Draw(x.t, "full")
	}
	x.heard[x.requests[i].ID.Sequence][from] = true
	x.deliver(x.sign(s))
}

// lie delivers what the enclave of a lying host might say, and more than it would: anything under the
// liar's own name.
func (x *trial) lie() {
	i := x.pick()
	s := x.answer(rapid.SampledFrom(x.liars).Draw(x.t, "liar"), &x.requests[i], x.orders[i])
	e := &s.Entries[0]
	for range rapid.IntRange(1, 3).Draw(x.t, "lies") {
		switch rapid.IntRange(0, 9).Draw(x.t, "lie") {
		case 0: // all liars tell the same wrong result
			r := wire.Result{Status: 3, Payload: []byte("lie")}
			e.Result, e.FullBytes = r.Digest(), r.Append(nil)
		case 1:
			s.Order += rapid.Uint64Range(1, 3).Draw(x.t, "order")
		case 2:
			e.Depends = rapid.Uint64Range(0, 20).Draw(x.t, "depends")
		case 3:
			s.DurableUpTo = rapid.SampledFrom([]uint64{0, 9, wire.MaxNumber}).Draw(x.t, "durable")
		case 4:
			s.Incarnation = rapid.Uint32Range(0, 3).Draw(x.t, "incarnation")
		case 5:
			s.Vector[rapid.IntRange(0, x.group.N()-1).Draw(x.t, "of")] = rapid.Uint32Range(0, 3).Draw(x.t, "known")
		case 6:
			other := x.requests[x.pick()]
			e.Sequence = other.ID.Sequence
		case 7:
			other := x.requests[x.pick()]
			e.Request, e.Sequence = other.Digest(), other.ID.Sequence
		case 8:
			s.Entries = append(s.Entries, s.Entries[0], s.Entries[0])
			e = &s.Entries[0]
		case 9:
			s.Origin.Incarnation++
		}
	}
	x.deliver(x.sign(s))
}

// forge delivers a message under an honest replica's name with a MAC that nobody could make.
func (x *trial) forge() {
	i := x.pick()
	s := x.answer(rapid.SampledFrom(x.honest).Draw(x.t, "victim"), &x.requests[i], x.orders[i])
	r := wire.Result{Status: 3, Payload: []byte("lie")}
	s.Entries[0].Result, s.Entries[0].FullBytes = r.Digest(), r.Append(nil)
	signed := s.AppendReplySigned(nil)
	m := x.signer.Sum(signed)
	m[rapid.IntRange(0, 31).Draw(x.t, "byte")] ^= 0x80
	x.deliver(wire.AppendReplySet(nil, signed, m, s.Entries))
}

// With f liars who say whatever they want, whenever, among 3 and 5 replicas: what is decided is what the
// honest ones computed, and once f+1 honest answers are there, it is decided.
func TestLiarsNeitherDecideNorPrevent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newTrial(t)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0, 1, 2:
				x.lie()
			case 3:
				x.forge()
			case 4:
				x.tellTruth(x.pick(), rapid.SampledFrom(x.honest).Draw(t, "who"), true)
			case 5:
				if len(x.said) > 0 {
					x.deliver(rapid.SampledFrom(x.said).Draw(t, "replay"))
				}
			}
		}
		for i := range x.requests {
			for _, from := range x.honest {
				x.tellTruth(i, from, false)
			}
			if !x.decided[x.requests[i].ID.Sequence] {
				t.Fatalf("%d honest answers of %d do not decide", len(x.honest), x.group.N())
			}
		}
	})
}

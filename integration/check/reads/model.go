package reads

import (
	"errors"
	"fmt"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/cache/index"
	"troxymail/cache/validate"
)

// Fault is a rule that the model leaves out.
type Fault int

// The faults.
const (
	None             Fault = iota
	HostWord               // an entry is whatever the own host says, at any time
	UnvotedRead            // after a restart, claims of the own host are believed before a vote
	WithoutVersion         // equality looks at digests alone
	NoFloorOnReads         // only writes raise entries before their replies are authenticated
	UnversionedFill        // a vote fills the index whatever is known by then
	NoNonce                // an answer counts for every question about the same versions
	FormerVotes            // a vote on a request of the former incarnation counts
	ValidationByF          // f enclaves instead of f+1
	ViewAfterWrite         // a session shows what it validated earlier, without asking again
	ForgetfulEvict         // an entry that leaves takes its floor with it
	InconsistentVote       // votes are counted whatever they know of each other's restarts
)

// Bounds of a model.
type Bounds struct{ Writes, Reads, Fast, Restarts, Evictions int }

// Model is an explore.Model. Replica 0 has the lying host: nothing in the model tells replicas apart (there is no
// leader), and states that differ only by the names of the other two are one.
type Model struct {
	Fault  Fault
	Bounds Bounds
}

const (
	n      = 3
	liar   = 0
	maxOps = 5
	first  = 2 // order of the first operation; order 1 is known to all at the start
)

var group, _ = quorum.New(n)

// op is a request that was ordered: at order first + its place. Which enclave made it is left open until it completes,
// but for that late ones were made after the restart.
type op struct{ write, ping, late uint8 }

// fast is a validated read that has begun.
type fast struct{ live, contact, version, value, must uint8 }

// state is what the model is in; small numbers all, so that it encodes as bytes.
type state struct {
	ops       [maxOps]op
	count     uint8
	executed  [n]uint8 // by correct hosts
	entries   [n]index.Entry
	bases     [n]index.Base
	votes     [maxOps][n]uint8 // bit 0: made without knowing of the restart, bit 1: by one who knows
	done      [maxOps]bool
	fast      [2]fast
	begun     uint8
	must      uint8 // newest value that somebody was told
	writes    uint8
	reads     uint8
	restarted uint8 // the replica + 1
	evictions uint8
	views     [n]uint8                    // value + 1 that a session there validated last
	answered  [n][n][maxOps + first]uint8 // version and value + 1 that a peer agreed to, by contact and peer
	stale     uint8
}

func value(v uint8) wire.Digest { return wire.Digest{v} }

// truth is the value at the end of an order.
func (s *state) truth(order uint8) (v uint8) {
	for i := range s.ops[:s.count] {
		if uint8(i)+first <= order {
			v += s.ops[i].write
		}
	}
	return v
}

// witness is what a message of replica r says of incarnations; knows: it was made by one who knows of the restart.
func (s *state) witness(r int, knows bool) quorum.Witness {
	w := quorum.Witness{Replica: wire.ReplicaID(r), Incarnation: 1, Vector: []uint32{1, 1, 1}}
	if who := int(s.restarted) - 1; who >= 0 && knows {
		w.Vector[who] = 2
		if who == r {
			w.Incarnation = 2
		}
	}
	return w
}

// Initial implements explore.Model: everything is known at order 1.
func (m Model) Initial() [][]byte {
	var s state
	for i := range n {
		s.entries[i] = index.Entry{Version: 1, Known: true, Digest: value(0), Durable: true}
		s.bases[i] = index.Base{Floor: 1, Active: true}
	}
	return [][]byte{m.encode(&s)}
}

// Check implements explore.Model.
func (m Model) Check(b []byte) error {
	if s := m.decode(b); s.stale != 0 {
		return errors.New("a validated read showed a value older than one that was told before it began")
	}
	return nil
}

// The rules, each as the program has it unless it is the fault.

func (m Model) claim(s *state, i int, write bool, order, v uint8) bool {
	if m.Fault == NoFloorOnReads && !write {
		return true
	}
	base := s.bases[i]
	if m.Fault == UnvotedRead {
		base.Active = true
	}
	e, err := index.Claim(s.entries[i], base, index.Fact{Order: uint64(order), Digest: value(v), Durable: true})
	s.entries[i] = e
	return err == nil
}

func (m Model) vote(s *state, i int, order uint8, touches bool) {
	if s.bases[i] = index.Found(s.bases[i], 0, uint64(order)); !touches {
		return
	}
	f := index.Fact{Order: uint64(order), Digest: value(s.truth(order))}
	if m.Fault == UnversionedFill {
		s.entries[i] = index.Entry{Version: f.Order, Known: true, Digest: f.Digest, Durable: true}
		return
	}
	s.entries[i] = index.Vote(s.entries[i], s.bases[i], f)
}

func (m Model) compare(s *state, i int, asked wire.KeyVersion) wire.Verdict {
	if m.Fault == WithoutVersion && s.entries[i].Known && s.entries[i].Digest == asked.Digest {
		return wire.VerdictEqual
	}
	return index.Compare(s.entries[i], s.bases[i], asked)
}

// decided reports whether f+1 votes on operation p may be counted together.
func (m Model) decided(s *state, p int) bool {
	var all []quorum.Witness
	voters := 0
	for i := range n {
		for bit := range 2 {
			if s.votes[p][i]&(1<<bit) != 0 {
				all = append(all, s.witness(i, bit == 1))
			}
		}
		if s.votes[p][i] != 0 {
			voters++
		}
	}
	if m.Fault == InconsistentVote {
		return voters >= group.Size()
	}
	_, ok := quorum.Holds(all, group.Size())
	return ok
}

// valid reports whether contact and peer together decide a question that the peer answered so.
func (m Model) valid(s *state, contact, peer int, v wire.Verdict) bool {
	d, ok := validate.Decide(group.F(), []quorum.Witness{s.witness(contact, true), s.witness(peer, true)}, []wire.Verdict{v})
	return ok && d.Outcome == validate.Valid
}

func (f fast) String() string {
	return fmt.Sprintf("validated read at %d of value %d, version %d", f.contact, f.value, f.version)
}

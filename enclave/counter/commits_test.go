package counter

import (
	"testing"

	"troxymail/bftcore/wire"
)

// sets returns the ACTIVE sets of a group of n in view 0.
func sets(t *testing.T, n int) []*Set {
	list := make([]*Set, n)
	for i := range list {
		list[i] = New(config(t, n, wire.ReplicaID(i)))
		list[i].Activate(founding)
	}
	return list
}

// An order counts as committed once f+1 enclaves certified one digest at it, the own among them or not; fewer, or those of
// other digests, do not count, however often they are shown.
func TestCommitted(t *testing.T) {
	all := sets(t, 5)
	first := must[wire.Certificate](t)(all[0].CertifyPrepare(at(0, 1), batch("a")))
	one := must[wire.Certificate](t)(all[1].CertifyCommit(&first))
	for range 3 {
		if !all[4].Verify(&first) || !all[4].Verify(&one) {
			t.Fatal("genuine certificates are refused")
		}
	}
	if o := all[4].Committed(); o != 0 {
		t.Fatalf("two of five commit order %d", o)
	}
	two := must[wire.Certificate](t)(all[2].CertifyCommit(&first))
	forged := two
	forged.Replica = 3
	if all[4].Verify(&forged) || all[4].Committed() != 0 {
		t.Fatal("a forged certificate counts")
	}
	if !all[4].Verify(&two) || all[4].Committed() != 1 {
		t.Fatalf("three of five committed, seen up to %d", all[4].Committed())
	}
	if !all[2].Verify(&one) || all[2].Committed() != 1 {
		t.Fatal("the own COMMIT does not count")
	}
	if !all[0].Verify(&one) || !all[0].Verify(&two) || all[0].Committed() != 1 {
		t.Fatal("the own PREPARE does not count")
	}
	if len(all[4].commits.open) != 0 {
		t.Error("what is committed is kept")
	}
}

// A certificate of an incarnation that another one in the quorum knows to be dead does not count beside it.
func TestCommittedIsConsistent(t *testing.T) {
	all := sets(t, 3)
	first := must[wire.Certificate](t)(all[0].CertifyPrepare(at(0, 1), batch("a")))
	vote := must[wire.Certificate](t)(all[1].CertifyCommit(&first))
	vote.Vector[0] = 2
	all[1].seal(&vote)
	if !all[2].Verify(&first) || !all[2].Verify(&vote) || all[2].Committed() != 0 {
		t.Fatalf("seen up to %d", all[2].Committed())
	}
}

// What an enclave saw committed, every recovery after it knows of: the recovery order of its successor is not below. Of a
// proposal that this enclave verified alone there is a recovery that does not know.
func TestSuccessorsKnowWhatWasCommitted(t *testing.T) {
	for votes := range 3 {
		all := sets(t, 5)
		first := must[wire.Certificate](t)(all[0].CertifyPrepare(at(0, 1), batch("a")))
		all[4].Verify(&first)
		for i := 1; i <= votes; i++ {
			c := must[wire.Certificate](t)(all[i].CertifyCommit(&first))
			all[4].Verify(&c)
		}
		missed := false
		for without := range 4 {
			var others []*State
			for i := range 4 {
				if i != without {
					others = append(others, all[i].state)
				}
			}
			again := restart(t, all[4].state, nil, byte(without+1))
			returns(t, again, others...)
			d := again.Disclosure()
			missed = missed || d.End() < 1
		}
		if seen := all[4].Committed() == 1; seen != (votes == 2) || seen && missed || votes == 0 && !missed {
			t.Errorf("%d votes: seen as committed: %v; a recovery that does not know: %v", votes, seen, missed)
		}
	}
}

// A successor saw nothing itself.
func TestCommittedOfAnotherIncarnation(t *testing.T) {
	all := sets(t, 3)
	first := must[wire.Certificate](t)(all[0].CertifyPrepare(at(0, 1), batch("a")))
	if _, err := all[1].CertifyCommit(&first); err != nil || all[1].Committed() != 1 {
		t.Fatalf("%v, committed %d", err, all[1].Committed())
	}
	all[1].state.number = 2
	if o := all[1].Committed(); o != 0 {
		t.Errorf("the next incarnation saw order %d", o)
	}
	all[1].Activate(wire.Founding{Generation: 2})
	if o := all[1].Committed(); o != 0 {
		t.Errorf("the next founding saw order %d", o)
	}
}

// Certificates without a quorum are not kept without bound.
func TestOpenOrdersAreBounded(t *testing.T) {
	var s commits
	self := wire.Incarnation{Number: 1}
	for o := range uint64(3 * maxOpenOrders) {
		c := wire.Certificate{Kind: wire.CertPrepare, New: at(0, o+1), Vector: []uint32{1, 1, 1}, Incarnation: 1}
		s.saw(self, 2, &c)
		if len(s.open) > maxOpenOrders {
			t.Fatalf("%d orders are open", len(s.open))
		}
	}
	c := wire.Certificate{Kind: wire.CertCommit, Replica: 1, New: at(0, 3*maxOpenOrders), Vector: []uint32{1, 1, 1}, Incarnation: 1}
	if s.saw(self, 2, &c); s.upTo != 3*maxOpenOrders || len(s.open) != 0 {
		t.Errorf("up to %d, %d open", s.upTo, len(s.open))
	}
}

package bftcore

import (
	"testing"

	"troxymail/bftcore/wire"
)

// The own enclave finds a COMMIT genuine only when another view has begun, in which the order has a slot again. What it says
// is nothing there: counted beside COMMITs of that view it would commit with f+1 of two views, and the own COMMIT would leave,
// and be logged, with the PREPARE of the former one, so that no core could begin from that log. (Simulator, seed 32583001788.)
func TestVerdictOfAFormerView(t *testing.T) {
	c := oneOfThree(t)
	c.view, c.inView = 1, true
	at := func(r wire.ReplicaID, kind wire.CertKind, view uint64) wire.Certificate {
		return wire.Certificate{Kind: kind, Replica: r, New: wire.Position{View: view, Order: 1}, Incarnation: 1,
			Vector: []uint32{1, 1, 1}, Digest: wire.Digest{1}}
	}
	x := wire.Commit{Certificate: at(2, wire.CertCommit, 1), Prepare: at(1, wire.CertPrepare, 1)}
	c.voteOf(c.slotAt(1), 2).add(candidate{from: 2, commit: x, raw: []byte{1}})
	c.evaluate(c.slots[1])
	c.verify()
	if len(c.verifying) != 1 {
		t.Fatalf("%d are verified", len(c.verifying))
	}
	c.keepContents() // the view ends
	c.view = 2
	s := c.slotAt(1)
	c.onVerified(Verified{Token: c.token, OK: []bool{true, true}})
	if s.known || s.votes != nil || c.commit(s) {
		t.Errorf("known %v as %v, %d places for votes", s.known, s.prepare.New, len(s.votes))
	}
}

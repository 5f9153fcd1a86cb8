package rejoin

import (
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// A peer that asks the same thousands of times at once gets one answer a question that the enclave took: else the
// answers, which are far longer, would close the link between the host and its enclave.
func TestFloodOfQuestionsIsRelayedOneAtATime(t *testing.T) {
	group, err := quorum.New(3)
	if err != nil {
		t.Fatal(err)
	}
	d := New(Config{Self: 0, Quorum: group, Recovery: 2, Members: 3}, 0)
	of := func(kind wire.CertKind, from wire.ReplicaID, body wire.Digest) wire.Certificate {
		return wire.Certificate{Kind: kind, Replica: from, Vector: make([]uint32, 3), Digest: body}
	}
	flood := func(from wire.ReplicaID) {
		hello, request := wire.RecHello{Nonce: wire.Nonce{1}}, wire.RecRequest{Nonce: wire.Nonce{1}}
		hello.Certificate = of(wire.CertRecHello, from, hello.NonceDigest())
		request.Certificate = of(wire.CertRecRequest, from, request.NonceDigest())
		for range 1000 {
			d.Step(1, Received{From: from, Raw: hello.Append(nil)})
			d.Step(1, Received{From: from, Raw: request.Append(nil)})
		}
	}
	for range 2 {
		flood(1)
		flood(2)
		r := d.Ready()
		if len(r.Asks) != 4 {
			t.Fatalf("%d questions to the enclave at once, want one of a kind and peer", len(r.Asks))
		}
		for _, a := range r.Asks {
			d.Step(1, Told{Token: a.Token, Refused: a.Op == OpGrant, Message: []byte{1}})
		}
		if r := d.Ready(); len(r.Messages) != 2 {
			t.Fatalf("%d answers", len(r.Messages))
		}
	}
}

package replica

import (
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// attestation is what the enclave of a peer says about a body.
func attestation(t *testing.T, from wire.ReplicaID, digest wire.Digest) wire.BodyStored {
	c, err := signer(t, 5, from).AttestStored(digest)
	if err != nil {
		t.Fatal(err)
	}
	return wire.BodyStored{Certificate: c}
}

func stored(m wire.BodyStored) []byte {
	return boundary.AppendPeer(nil, boundary.KindBodyStored, m.Append(nil))
}

// Only authentic attestations of f+1 different enclaves, about this very body, after it was handed over, end
// StoreBody; and a peer's entry is one however often it comes.
func TestAttestationsAreCounted(t *testing.T) {
	s := active(t, 5, 0)
	body := make([]byte, wire.InlineBodyBytes+1)
	digest := wire.Sum(body)
	s.send(stored(attestation(t, 1, digest))) // too early: nobody asked
	done := make(chan error, 1)
	s.w.store(digest, body, done)
	s.w.r.storeBytes.free -= len(body) // as StoreBody took it
	forged := attestation(t, 3, digest)
	forged.Certificate.MAC[0]++
	another := attestation(t, 3, digest)
	another.Certificate.Replica = 4
	elsewhere := attestation(t, 3, wire.Digest{1})
	prepared, err := signer(t, 5, 0).CertifyPrepare(wire.Position{Order: 1}, digest)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		s.send(stored(attestation(t, 1, digest)))
		s.send(stored(attestation(t, 2, digest)))
		for _, m := range []wire.BodyStored{forged, another, elsewhere, {Certificate: prepared}} {
			s.send(stored(m))
		}
		if n := len(s.w.bodies.open[digest].witnesses); len(done) != 0 || n > 2 {
			t.Fatalf("two enclaves attested: ended %v, %d entries", len(done) != 0, n)
		}
	}
	s.send(stored(attestation(t, 3, digest)))
	if len(done) != 1 || <-done != nil || len(s.w.bodies.open) != 0 || s.w.r.storeBytes.used(maxStoringBytes) != 0 {
		t.Error("the third enclave's attestation does not end it")
	}
}

// The enclave's own attestation counts as one, and goes to nobody else.
func TestOwnAttestation(t *testing.T) {
	s := active(t, 5, 0)
	body := make([]byte, wire.InlineBodyBytes+1)
	digest := wire.Sum(body)
	done := make(chan error, 1)
	s.w.store(digest, body, done)
	s.w.out = boundary.Outbox{}
	for range 3 {
		for _, p := range pieces(digest, body) {
			if out := s.send(boundary.AppendReadBack(nil, 0, p)); len(out) != 0 {
				t.Error("its own attestation left the enclave")
			}
			if out := s.send(boundary.AppendReadBack(nil, 5, p)); len(out) != 0 {
				t.Error("attested to a replica that is not there")
			}
		}
	}
	if n := len(s.w.bodies.open[digest].witnesses); n != 1 || len(done) != 0 {
		t.Errorf("%d entries, ended %v", n, len(done) != 0)
	}
}

// What a peer attested before the group was founded again does not keep its attestation of this founding out.
func TestAttestationOfAFormerFoundingIsReplaced(t *testing.T) {
	all := unborn(t, 5)
	found(t, all)
	s := all[0]
	body := make([]byte, wire.InlineBodyBytes+1)
	digest := wire.Sum(body)
	done := make(chan error, 1)
	s.w.store(digest, body, done)
	attests := func(peers ...*solo) {
		for _, p := range peers {
			c, err := p.w.counter.AttestStored(digest)
			if err != nil {
				t.Fatal(err)
			}
			s.send(stored(wire.BodyStored{Certificate: c}))
		}
	}
	attests(all[1])
	for _, o := range all {
		o.say(boundary.OpResign)
	}
	found(t, all)
	attests(all[2:4]...)
	if len(done) != 0 {
		t.Fatal("attestations of two foundings were counted together")
	}
	attests(all[1])
	if len(done) != 1 || <-done != nil {
		t.Error("three attestations of this founding do not end it")
	}
}

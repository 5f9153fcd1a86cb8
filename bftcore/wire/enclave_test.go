package wire

import (
	"errors"
	"testing"
)

// rebind gives a VIEW-CHANGE the digest of whatever it holds now.
func rebind(m *ViewChange) []byte {
	m.Certificate.Digest = ViewChangeDigest(&m.Disclosure)
	return m.Append(nil)
}

func TestDisclosuresAreBoundedAndOrdered(t *testing.T) {
	entries := func(orders ...uint64) (list []Entry) {
		for _, o := range orders {
			list = append(list, Entry{Order: o, Rank: Rank{1, 1}})
		}
		return list
	}
	long := make([]Entry, MaxEntries+1)
	for i := range long {
		long[i].Order = 5 + uint64(i)
	}
	for name, c := range map[string]struct {
		entries []Entry
		ok      bool
	}{
		"none": {nil, true}, "ascending": {entries(5, 9), true}, "the furthest": {entries(4 + MaxEntries), true},
		"most": {long[:MaxEntries], true}, "repeated": {entries(5, 5), false}, "falling": {entries(6, 5), false},
		"not above the checkpoint": {entries(4), false}, "too far": {entries(5 + MaxEntries), false}, "too many": {long, false},
		"huge": {entries(MaxNumber + 1), false},
	} {
		m := ViewChange{Certificate: sampleCertificate(CertViewChange, 1, Position{View: 4}),
			Disclosure: Disclosure{Stable: Stable{Order: 4}, Entries: c.entries}}
		if _, err := DecodeViewChange(rebind(&m)); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the certificate does not bind, or what no enclave says, is refused before any MAC is looked at.
func TestShapesOfEnclaveMessages(t *testing.T) {
	vc := func(change func(m *ViewChange)) error {
		m := ViewChange{Certificate: sampleCertificate(CertViewChange, 1, Position{View: 4}), Disclosure: sampleDisclosure()}
		m.Certificate.Digest = ViewChangeDigest(&m.Disclosure)
		change(&m)
		_, err := DecodeViewChange(m.Append(nil))
		return err
	}
	nv := func(change func(m *NewView)) error {
		m := NewView{Certificate: sampleCertificate(CertNewView, 1, Position{View: 4}), Disclosure: sampleDisclosure()}
		change(&m)
		m.Certificate.Digest = NewViewDigest(&m.Disclosure)
		_, err := DecodeNewView(m.Append(nil))
		return err
	}
	bad := map[string]error{
		"another body":           vc(func(m *ViewChange) { m.Disclosure.Entries[0].Rank.View++ }),
		"another checkpoint":     vc(func(m *ViewChange) { m.Disclosure.Stable.Root[0]++ }),
		"a dropped entry":        vc(func(m *ViewChange) { m.Disclosure.Entries = m.Disclosure.Entries[:1] }),
		"of a NEW-VIEW":          vc(func(m *ViewChange) { m.Certificate.Digest = NewViewDigest(&m.Disclosure) }),
		"at an order":            vc(func(m *ViewChange) { m.Certificate.New.Order = 1 }),
		"to the view before":     vc(func(m *ViewChange) { m.Certificate.Previous.View = 4 }),
		"NEW-VIEW with a gap":    nv(func(m *NewView) { m.Disclosure.Entries = m.Disclosure.Entries[1:] }),
		"NEW-VIEW at an order":   nv(func(m *NewView) { m.Certificate.New.Order = 5 }),
		"NEW-VIEW with previous": nv(func(m *NewView) { m.Certificate.Previous.Order = 5 }),
	}
	for name, err := range bad {
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(vc(func(*ViewChange) {}), nv(func(*NewView) {})); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]Certificate{
		"CHECKPOINT of order 0": sampleCertificate(CertCheckpoint, 1, Position{}),
		"CHECKPOINT in a view":  sampleCertificate(CertCheckpoint, 1, Position{View: 1, Order: 1}),
	} {
		if _, err := DecodeCheckpoint((&Checkpoint{Certificate: c}).Append(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, at := range map[string]Position{"view 0": {}, "an order": {View: 1, Order: 1}} {
		m := ReqVC{Certificate: sampleCertificate(CertReqVC, 1, at)}
		if _, err := DecodeReqVC(m.Append(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("REQ-VC of %s: %v", name, err)
		}
	}
}

func TestRankOrder(t *testing.T) {
	list := []Rank{{}, {1, 0}, {1, 7}, {2, 0}, {2, 1}}
	for i, a := range list {
		for j, b := range list {
			if a.Less(b) != (i < j) {
				t.Errorf("%v < %v: %v", a, b, a.Less(b))
			}
		}
	}
}

func TestDisclosureLookup(t *testing.T) {
	d := Disclosure{Stable: Stable{Order: 3}, Entries: []Entry{{Order: 5, Batch: fill(5)}, {Order: 8, Batch: fill(8)}}}
	for o := range uint64(12) {
		e, ok := d.At(o)
		if ok != (o == 5 || o == 8) || ok && e.Batch != fill(byte(o)) {
			t.Errorf("order %d: %v %v", o, e, ok)
		}
	}
	if d.End() != 8 || d.Contiguous() || !(&Disclosure{Stable: Stable{Order: 3}}).Contiguous() {
		t.Error("End or Contiguous")
	}
}

// Two bundles have one digest only when they are one.
func TestBundleDigest(t *testing.T) {
	state := func(nonce byte) ColdState {
		m := ColdState{Certificate: sampleCertificate(CertColdState, 1, Position{}), Members: []Member{{Nonce: Nonce{nonce}}}}
		m.Certificate.Digest = m.BodyDigest()
		return m
	}
	a, b := state(1), state(2)
	seen := map[Digest]bool{}
	for _, set := range [][]ColdState{nil, {a}, {b}, {a, b}, {b, a}, {a, a}} {
		if d := BundleDigest(set); seen[d] {
			t.Errorf("a bundle of %d has another's digest", len(set))
		} else {
			seen[d] = true
		}
	}
}

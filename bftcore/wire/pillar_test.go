package wire

import (
	"slices"
	"testing"
)

func TestFrontierOfPillars(t *testing.T) {
	frontier := func(pillars uint16, ahead ...uint64) []byte {
		m := Frontier{Certificate: sampleCertificate(CertFrontier, 1, Position{View: 3, Order: 6}), Disclosure: sampleDisclosure(),
			InView: true, Selected: 5, NewView: 2, Pillars: pillars, Ahead: ahead}
		m.Certificate.Digest = m.BodyDigest()
		return m.Append(nil)
	}
	for name, x := range map[string]struct {
		raw []byte
		ok  bool
	}{
		"two, together": {frontier(2), true}, "two, one ahead": {frontier(2, 8, 10), true}, "eight": {frontier(8, 8, 9), true},
		"one": {frontier(1), false}, "nine": {frontier(9), false}, "not rising": {frontier(2, 10, 8), false}, "twice": {frontier(2, 8, 8), false},
		"behind all": {frontier(2, 6), false}, "next of all": {frontier(2, 7, 8), false}, "huge": {frontier(2, MaxNumber+1), false},
	} {
		m, err := DecodeFrontier(x.raw)
		if (err == nil) != x.ok || err == nil && !slices.Equal(m.Append(nil), x.raw) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if one := frontier(0, 8); len(one) != len(frontier(0)) || len(one) >= len(frontier(2)) {
		t.Error("one pillar changes the encoding")
	}
}

func TestCounters(t *testing.T) {
	for _, x := range []struct {
		kind    CertKind
		order   uint64
		pillars int
		counter uint16
	}{
		{CertPrepare, 7, 0, 0}, {CertPrepare, 7, 1, 0}, {CertPrepare, 7, 4, 3}, {CertCommit, 8, 4, 0}, {CertCommit, 9, 2, 1},
		{CertCheckpoint, 7, 4, 0}, {CertFrontier, 7, 4, 0}, {CertViewChange, 0, 4, 0},
	} {
		c := Certificate{Kind: x.kind, New: Position{Order: x.order}}
		if c.SetCounter(x.pillars); c.Counter != x.counter || !c.Counts(x.pillars) {
			t.Errorf("%+v: counter %d", x, c.Counter)
		}
		if c.Counter++; c.Counts(x.pillars) {
			t.Errorf("%+v: another counter counts", x)
		}
	}
}

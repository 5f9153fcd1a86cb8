package bftcore

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

func TestPillarsAgainstASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, wire.MaxPillars).Draw(t, "pillars")
		base := rapid.Uint64Range(0, 20).Draw(t, "base")
		p := pillarsFrom(base, n)
		behind := func(o uint64) bool { return o < p.of(o) }
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			if rapid.IntRange(0, 9).Draw(t, "lift") == 0 {
				p.lift(rapid.Uint64Range(0, 60).Draw(t, "to"))
				continue
			}
			o := p.of(rapid.Uint64Range(base+1, base+8).Draw(t, "pillar"))
			if behind(o) {
				t.Fatal("what comes next is behind")
			}
			p.pass(o)
			if !behind(o) || behind(o+uint64(n)) {
				t.Fatalf("%v after %d", p, o)
			}
		}
		first, last := uint64(1), uint64(0)
		for behind(first) {
			first++
		}
		for o := range slices.Max(p) {
			if o > 0 && behind(o) {
				last = o
			}
		}
		if p.first() != first || p.last() != last || p.holed() != (first < last) || n == 1 && p.holed() {
			t.Fatalf("%v: first %d, last %d, holed %v", p, p.first(), p.last(), p.holed())
		}
	})
}

// A log's own certificates are followed in each pillar; what comes behind a gap in one is not.
func TestTestamentOfPillars(t *testing.T) {
	cert := func(kind wire.CertKind, order uint64) wire.Certificate {
		c := wire.Certificate{Kind: kind, Incarnation: 1, Vector: make([]uint32, 3), New: wire.Position{Order: order}}
		c.SetCounter(2)
		return c
	}
	f := wire.Frontier{Certificate: cert(wire.CertFrontier, 2), Pillars: 2, Ahead: []uint64{4, 6}, InView: true}
	f.Certificate.Digest = f.BodyDigest()
	records := []Record{{Kind: RecordFrontier, Body: f.Append(nil)}}
	for _, o := range []uint64{6, 8, 3, 7, 12, 10, 5} {
		x := cert(wire.CertPrepare, o)
		records = append(records, Record{Kind: RecordPrepare, Order: o, Body: wire.AppendPrepare(nil, &x, nil)})
	}
	will, err := ReadTestament(slices.Values(records), 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []uint64
	for i := range will.Own {
		got = append(got, will.Own[i].New.Order)
	}
	if !slices.Equal(got, []uint64{8, 3, 10, 5}) || will.Position() != (wire.Position{Order: 6}) {
		t.Errorf("followed %v, stands at %v", got, will.Position())
	}
}

// The newest stable checkpoint that a log knows of may be one of a former enclave's Frontier.
func TestTestamentKnowsTheNewestCheckpoint(t *testing.T) {
	var records []Record
	for i, order := range []uint64{30, 4, 20, 16} {
		f := wire.Frontier{Certificate: wire.Certificate{Kind: wire.CertFrontier, Incarnation: 1, Vector: make([]uint32, 3)}}
		f.Certificate.Founding.Generation = uint32(min(i, 1)) // the first is of a former founding
		f.Disclosure.Stable.Order = order
		f.Certificate.Digest = f.BodyDigest()
		records = append(records, Record{Kind: RecordFrontier, Body: f.Append(nil)})
	}
	will, err := ReadTestament(slices.Values(records), 0)
	if err != nil || will.Stable() != 20 {
		t.Errorf("stable %d, %v", will.Stable(), err)
	}
}

// However much is in flight, a hole below it can be filled: nothing of it is executed before.
func TestRoomForAHole(t *testing.T) {
	g, err := quorum.New(3)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Quorum: g, Pillars: 2}, 1, Restored{})
	if err != nil {
		t.Fatal(err)
	}
	if c.nextCall.pass(1); !c.hasRoom() {
		t.Error("no room with nothing in flight")
	}
	c.buffered = MaxInFlightBytes
	if c.hasRoom() {
		t.Error("room beyond what may be in flight")
	}
	if c.nextCall.pass(2); c.hasRoom() {
		t.Error("room for an order that is no hole")
	}
	if c.nextCall.back(1); !c.hasRoom() {
		t.Error("no room for a hole")
	}
	for _, n := range []int{-1, wire.MaxPillars + 1} {
		if _, err := New(Config{Quorum: g, Pillars: n}, 1, Restored{}); err == nil {
			t.Errorf("%d pillars", n)
		}
	}
}

package node

import (
	"os"
	"path/filepath"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

func commitAt(order uint64) *wire.Certificate {
	return &wire.Certificate{Kind: wire.CertCommit, Replica: 2, Vector: []uint32{1, 1, 1}, Incarnation: 1, New: wire.Position{Order: order}}
}

func TestFrontiersAreKept(t *testing.T) {
	dir := t.TempDir()
	f := openFrontiers(dir)
	if f.upTo(100) != nil {
		t.Fatal("a frontier out of nothing")
	}
	for order := uint64(10); order <= 200; order += 10 {
		if err := f.keep(commitAt(order)); err != nil {
			t.Fatal(err)
		}
	}
	f = openFrontiers(dir)
	for order, want := range map[uint64]uint64{1000: 200, 200: 200, 199: 190, 130: 130, 129: 0} {
		got := uint64(0)
		if x := f.upTo(order); x != nil {
			got = x.New.Order
		}
		if got != want {
			t.Errorf("up to %d: %d, want %d", order, got, want)
		}
	}
	if err := f.keep(commitAt(155)); err != nil { // the store was set back
		t.Fatal(err)
	}
	if x := openFrontiers(dir).upTo(1000); x == nil || x.New.Order != 155 {
		t.Errorf("after a set back: %+v", x)
	}
	path := filepath.Join(dir, frontiersName)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range content {
		content[i] ^= 0x40
		if list := decodeFrontiers(content); list != nil {
			t.Fatalf("byte %d damaged, %d frontiers read", i, len(list))
		}
		content[i] ^= 0x40
	}
}

func FuzzDecodeFrontiers(f *testing.F) {
	f.Add((&frontiers{list: []wire.Certificate{*commitAt(3)}}).encode())
	f.Fuzz(func(t *testing.T, b []byte) { decodeFrontiers(b) })
}

// A peer's word on what it needs of the log counts, unless its own votes contradict it.
func TestNeeded(t *testing.T) {
	for _, x := range []struct{ synced, voted, want uint64 }{
		{100, 0, 100}, {100, 200, 100}, {0, 5, 0}, {0, maxUnclaimed, 0}, {0, maxUnclaimed + 7, 7},
		{1000, maxUnclaimed + 5000, 5000},
	} {
		if got := needed(&bftcore.PeerStatus{Synced: x.synced, Voted: x.voted}); got != x.want {
			t.Errorf("%+v: %d", x, got)
		}
	}
}

// A peer may push so many bytes of bodies that no request named, and more when requests named them.
func TestUnnamedBodiesAreBounded(t *testing.T) {
	n := statusNode(t, 5)
	s := &bodyState{n: n, bytes: map[int]int{}, unnamed: map[wire.Digest]unnamed{}, owed: map[int]int{}}
	for i := range maxUnnamed >> 20 {
		if !s.mayOwe(2, 1<<20) {
			t.Fatalf("body %d is refused", i)
		}
		s.owe(2, wire.Digest{byte(i), byte(i >> 8)}, 1<<20)
	}
	if s.mayOwe(2, 1) || !s.mayOwe(0, 1) || n.floods[2].Load() != 1 {
		t.Error("the limit is not the peer's own")
	}
	s.name(wire.Digest{3})
	s.name(wire.Digest{3})
	if !s.mayOwe(2, 1<<20) || s.mayOwe(2, 1<<20+1) {
		t.Error("what a request named counts still, or twice")
	}
	n.o.Now = func() int64 { return 6 + int64(unnamedFor) }
	if !s.mayOwe(2, maxUnnamed) || len(s.unnamed) != 0 {
		t.Error("bodies count for ever")
	}
}

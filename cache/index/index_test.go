package index

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

var (
	keyA = wire.Key{Kind: wire.KeyMailbox, Mailbox: 1}
	keyB = wire.Key{Kind: wire.KeyMailbox, Mailbox: 2}
	keyC = wire.Key{Kind: wire.KeyAccount}
)

func digest(b byte) wire.Digest { return wire.Digest{b} }

func touched(k wire.Key, b byte) []wire.KeyDigest {
	return []wire.KeyDigest{{Key: k, Digest: digest(b)}}
}

// claim has the own host claim that a request on k left digest b at order.
func claim(t *testing.T, x *Index, order uint64, k wire.Key, b byte) {
	t.Helper()
	if err := x.Claims(order, true, []wire.Key{k}, touched(k, b)); err != nil {
		t.Fatal(err)
	}
}

// expect holds x to know (b, version) of k; version 0: nothing.
func expect(t *testing.T, x *Index, k wire.Key, b byte, version uint64) {
	t.Helper()
	got, ok := x.Snapshot([]wire.Key{k})
	if version == 0 {
		if ok {
			t.Fatalf("knows %v, want nothing", got)
		}
		return
	}
	want := wire.KeyVersion{Key: k, Digest: digest(b), Version: version}
	if !ok || got[0] != want {
		t.Fatalf("knows %v (%v), want %v", got, ok, want)
	}
}

// A new incarnation believes nobody before a vote on its own request above its recovery order; what its host
// claims before that only raises floors.
func TestUnknownUntilVoted(t *testing.T) {
	x := New(10)
	claim(t, x, 20, keyA, 1)
	expect(t, x, keyA, 0, 0)
	x.Voted(9, touched(keyB, 1))
	claim(t, x, 21, keyA, 2)
	expect(t, x, keyA, 0, 0)
	x.Voted(15, touched(keyA, 3)) // ordered before 21, answered after it
	expect(t, x, keyA, 0, 0)
	claim(t, x, 14, keyB, 4) // below the first vote: a former incarnation may have said something newer
	expect(t, x, keyB, 0, 0)
	claim(t, x, 16, keyB, 5)
	expect(t, x, keyB, 5, 16)
	claim(t, x, 22, keyA, 6)
	expect(t, x, keyA, 6, 22)
}

// An answer to a read that was ordered before a write does not bring the old value back.
func TestRefill(t *testing.T) {
	x := New(0)
	x.Voted(1, nil)
	claim(t, x, 2, keyA, 2)
	x.Voted(1, touched(keyA, 1))
	expect(t, x, keyA, 2, 2)
}

func TestFloors(t *testing.T) {
	x := New(0)
	x.Voted(1, nil)
	claim(t, x, 5, keyA, 5)
	if err := x.Claims(7, true, []wire.Key{keyA, keyB}, touched(keyB, 7)); err != nil { // keyA: refused, no digest
		t.Fatal(err)
	}
	expect(t, x, keyA, 0, 0)
	expect(t, x, keyB, 7, 7)
	claim(t, x, 6, keyA, 6) // an old answer, repeated
	expect(t, x, keyA, 0, 0)
	claim(t, x, 6, keyB, 6)
	expect(t, x, keyB, 7, 7)
}

func TestConflict(t *testing.T) {
	x := New(0)
	x.Voted(1, nil)
	claim(t, x, 5, keyA, 5)
	if err := x.Claims(5, true, []wire.Key{keyA}, touched(keyA, 6)); !errors.Is(err, ErrConflict) {
		t.Fatalf("second digest at one order: %v", err)
	}
	expect(t, x, keyA, 5, 5)
	x.Voted(5, touched(keyA, 6)) // f+1 replicas say that the host lied
	expect(t, x, keyA, 6, 5)
}

func TestDurable(t *testing.T) {
	x := New(0)
	x.Voted(1, nil)
	if err := x.Claims(5, false, []wire.Key{keyA}, touched(keyA, 5)); err != nil {
		t.Fatal(err)
	}
	expect(t, x, keyA, 0, 0)
	asked := []wire.KeyVersion{{Key: keyA, Digest: digest(5), Version: 5}}
	if v := x.Answer(asked); v != wire.VerdictNotDurable {
		t.Fatalf("verdict %d before it is durable", v)
	}
	claim(t, x, 5, keyA, 5)
	expect(t, x, keyA, 5, 5)
	if v := x.Answer(asked); v != wire.VerdictEqual {
		t.Fatalf("verdict %d once it is durable", v)
	}
}

// What leaves the index takes its floor into that of all keys without an entry.
func TestEviction(t *testing.T) {
	x := newLimited(0, 2)
	x.Voted(1, nil)
	claim(t, x, 5, keyA, 5)
	claim(t, x, 3, keyB, 3)
	expect(t, x, keyB, 3, 3)
	claim(t, x, 4, keyC, 4) // keyA is the least recently used
	expect(t, x, keyA, 0, 0)
	x.Voted(4, touched(keyA, 9))
	expect(t, x, keyA, 0, 0)
	claim(t, x, 6, keyA, 6)
	expect(t, x, keyA, 6, 6)
	if x.Len() != 2 || x.Evicted() < 2 {
		t.Fatalf("%d entries, %d evicted", x.Len(), x.Evicted())
	}
}

func TestVerdicts(t *testing.T) {
	x := New(0)
	x.Voted(1, nil)
	claim(t, x, 5, keyA, 5)
	claim(t, x, 6, keyB, 6)
	for name, c := range map[string]struct {
		key     wire.Key
		digest  byte
		version uint64
		want    wire.Verdict
	}{
		"equal": {keyA, 5, 5, wire.VerdictEqual}, "newer": {keyA, 5, 4, wire.VerdictNewer}, "older": {keyA, 5, 6, wire.VerdictOlder},
		"another digest": {keyA, 6, 5, wire.VerdictDiffers}, "unknown": {keyC, 5, 5, wire.VerdictUnknown},
	} {
		asked := []wire.KeyVersion{{Key: keyB, Digest: digest(6), Version: 6}, {Key: c.key, Digest: digest(c.digest), Version: c.version}}
		if got := x.Answer(asked); got != c.want {
			t.Errorf("%s: verdict %d, want %d", name, got, c.want)
		}
	}
}

// Whatever comes in whatever order: the version of a key never falls below an order that was spoken of, also when
// entries are dropped, and what is known at a version was said at that version.
func TestFloorsNeverFall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newLimited(0, 2)
		x.Voted(1, nil)
		keys := []wire.Key{keyA, keyB, keyC}
		floors := map[wire.Key]uint64{}
		truth := func(k wire.Key, o uint64) byte { return byte(o*7) ^ byte(k.Mailbox) }
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			k := rapid.SampledFrom(keys).Draw(t, "key")
			o := rapid.Uint64Range(1, 30).Draw(t, "order")
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				x.Voted(o, touched(k, truth(k, o)))
			case 1:
				if err := x.Claims(o, true, []wire.Key{k}, touched(k, truth(k, o))); err != nil {
					t.Fatal(err)
				}
				floors[k] = max(floors[k], o)
			case 2:
				_ = x.Claims(o, true, []wire.Key{k}, nil)
				floors[k] = max(floors[k], o)
			}
			for _, k := range keys {
				if v, ok := x.Snapshot([]wire.Key{k}); ok && (v[0].Version < floors[k] || v[0].Digest != digest(truth(k, v[0].Version))) {
					t.Fatalf("%v with floor %d", v, floors[k])
				}
			}
		}
	})
}

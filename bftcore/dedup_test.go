package bftcore

import (
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

// A model that forgets nothing. The window may forget, in the ways that its documentation names; it must
// never take something for executed that was not.
func TestDedupAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d dedup
		done := map[wire.RequestID]bool{}
		high := map[wire.ReplicaID]wire.RequestID{}
		for range rapid.IntRange(1, 300).Draw(t, "requests") {
			id := wire.RequestID{
				Origin: wire.ReplicaID(rapid.IntRange(0, 1).Draw(t, "origin")), Generation: rapid.Uint32Range(1,
					2).Draw(t, "generation"),
				Incarnation: rapid.Uint32Range(1, 2).Draw(t, "incarnation"), Sequence: sequence(t),
			}
			top := high[id.Origin]
			inside := top.Generation == id.Generation && top.Incarnation == id.Incarnation &&
				id.Sequence+DedupWindow > top.Sequence
			switch got := d.executed(id); {
			case got && !done[id]:
				t.Fatalf("%v counts as executed and was not", id)
			case !got && done[id] && inside:
				t.Fatalf("%v was executed and is within the window of %v, but is forgotten", id, top)
			}
			if rapid.IntRange(0, 2).Draw(t, "execute") > 0 {
				d.mark(&wire.Request{ID: id})
				done[id] = true
				if newer(id, top) || id.Generation == top.Generation && id.Incarnation == top.Incarnation &&
					id.Sequence > top.Sequence {
					high[id.Origin] = id
				}
			}
		}
	})
}

func sequence(t *rapid.T) uint64 {
	base := rapid.SampledFrom([]uint64{1, DedupWindow - 2, DedupWindow, 3 * DedupWindow,
		wire.MaxNumber - 5}).Draw(t, "base")
	return base + rapid.Uint64Range(0, 4).Draw(t, "offset")
}

func newer(a, b wire.RequestID) bool {
	return a.Generation > b.Generation || a.Generation == b.Generation && a.Incarnation > b.Incarnation
}

// A request that only reads is never remembered: asked again, it reads again.
func TestReadsAreNotRemembered(t *testing.T) {
	var d dedup
	q := wire.Request{ID: wire.RequestID{Incarnation: 1, Sequence: 1}, Flags: wire.FlagReadOnly}
	d.mark(&q)
	if d.executed(q.ID) {
		t.Error("a read counts as executed")
	}
}

// A bucket gives its burst, then its rate, and never more than both.
func TestBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const rate, burst = 1000, 50
		var b bucket
		now, taken := Time(5e9), int64(0)
		start := now
		for range rapid.IntRange(1, 200).Draw(t, "takes") {
			now += rapid.Int64Range(0, 5e7).Draw(t, "pause")
			if b.take(now, rate, burst, 1) {
				taken++
			}
		}
		if most := burst + 1 + (now-start)*rate/1e9; taken > most {
			t.Fatalf("%d taken in %d ns, at most %d allowed", taken, now-start, most)
		}
		if !b.take(now+1e9, rate, burst, 1) {
			t.Fatal("empty after a second of rest")
		}
	})
}

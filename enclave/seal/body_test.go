package seal

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// edges are sizes around the ends of segments.
var edges = []int{0, 1, SegmentBytes - 1, SegmentBytes, SegmentBytes + 1, 2*SegmentBytes - 1,
	2 * SegmentBytes, 3*SegmentBytes + 17}

func TestBodySizes(t *testing.T) {
	key, r := testAccountKey("mine"), testRecord()
	for _, n := range edges {
		sealed := must(SealBody(fixed("salt"), key, r, text(n)))
		if len(sealed) != SealedBodySize(n) || cap(sealed) != len(sealed) {
			t.Errorf("%d bytes sealed in %d (capacity %d), want %d",
				n, len(sealed), cap(sealed), SealedBodySize(n))
		}
		if size, ok := BodySize(len(sealed)); !ok || size != n {
			t.Errorf("BodySize(%d) = %d, %v, want %d", len(sealed), size, ok, n)
		}
		if got, err := OpenBody(key, r, sealed); err != nil || !bytes.Equal(got, text(n)) {
			t.Errorf("%d bytes: opened %d, %v", n, len(got), err)
		}
		if id, ok := RecordID(sealed); !ok || id != r.ID {
			t.Errorf("record id %x, %v", id, ok)
		}
	}
}

// Sealed sizes and message sizes match one to one: no two encodings of one body.
func TestBodySizeIsExact(t *testing.T) {
	n := 0
	for sealed := range SealedBodySize(2*SegmentBytes + 100) {
		want := SealedBodySize(n) == sealed
		if size, ok := BodySize(sealed); ok != want || ok && size != n {
			t.Fatalf("BodySize(%d) = %d, %v", sealed, size, ok)
		}
		if want {
			n++
		}
	}
	if SealedBodySize(MaxBody) != MaxSealedBody {
		t.Errorf("the longest body takes %d bytes, want %d", SealedBodySize(MaxBody), MaxSealedBody)
	}
	for _, sealed := range []int{-1, 0, MaxSealedBody + 1, 1 << 40} {
		if n, ok := BodySize(sealed); ok {
			t.Errorf("BodySize(%d) = %d", sealed, n)
		}
	}
}

func TestBodyOverLimit(t *testing.T) {
	key := testAccountKey("mine")
	b, err := SealBody(fixed("salt"), key, testRecord(), make([]byte, MaxBody+1))
	if !errors.Is(err, ErrTooLong) || b != nil {
		t.Errorf("sealed %d bytes: %v", len(b), err)
	}
	if b, err := SealBody(bytes.NewReader(nil), key, testRecord(), nil); err == nil || b != nil {
		t.Errorf("sealed without randomness: %v", err)
	}
}

func TestBodyRanges(t *testing.T) {
	key, r := testAccountKey("mine"), testRecord()
	bodies := map[int][]byte{}
	for _, n := range edges {
		bodies[n] = must(SealBody(fixed("salt"), key, r, text(n)))
	}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom(edges).Draw(t, "size")
		near := rapid.Custom(func(t *rapid.T) int {
			return rapid.SampledFrom(edges).Draw(t, "edge") + rapid.IntRange(-2, 2).Draw(t, "off by")
		})
		off, n := near.Draw(t, "off"), rapid.OneOf(near, rapid.Just(int(^uint(0)>>1))).Draw(t, "n")
		from := min(max(off, 0), size)
		want := text(size)[from : from+min(max(n, 0), size-from)]
		got, err := OpenBodyRange(key, r, bodies[size], off, n)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("range: %d bytes, %v, want %d", len(got), err, len(want))
		}
	})
}

// A part opens from its own segments alone: all other bytes may be lost or wrong.
func TestBodyPartNeedsNoOther(t *testing.T) {
	key, r := testAccountKey("mine"), testRecord()
	plain := text(3*SegmentBytes + 17)
	sealed := must(SealBody(fixed("salt"), key, r, plain))
	for _, tt := range []struct{ off, n, first, segments int }{
		{0, 10, 0, 1}, {SegmentBytes - 1, 2, 0, 2}, {SegmentBytes, 5, 1, 1},
		{2 * SegmentBytes, SegmentBytes, 2, 1}, {3 * SegmentBytes, 17, 3, 1},
		{0, len(plain), 0, 4}, {len(plain) + 5, 9, 3, 1}, {5, 0, 0, 1},
	} {
		b := must(NewBodyReader(key, r, sealed[:HeaderBytes], len(sealed)))
		start, length := b.Span(tt.off, tt.n)
		end := min(HeaderBytes+(tt.first+tt.segments)*segmentSealed, len(sealed))
		if start != HeaderBytes+tt.first*segmentSealed || start+length != end || b.Size() != len(plain) {
			t.Errorf("%+v: span [%d, %d)", tt, start, start+length)
		}
		damaged := bytes.Repeat([]byte{0xee}, len(sealed))
		copy(damaged[start:], sealed[start:start+length])
		from := min(tt.off, len(plain))
		want := plain[from:min(from+tt.n, len(plain))]
		got, err := b.Open(damaged[start:end], tt.off, tt.n)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%+v: %d bytes, %v", tt, len(got), err)
		}
		longer := append(bytes.Clone(sealed[start:end]), 0)
		for _, part := range [][]byte{nil, sealed[start : start+length-1], longer} {
			got, err := b.Open(part, tt.off, tt.n)
			refused(t, "part of another length", got, err)
		}
	}
}

func TestBodyBindsItsRecord(t *testing.T) {
	key, r := testAccountKey("mine"), testRecord()
	sealed := must(SealBody(fixed("salt"), key, r, text(100)))
	for field, other := range otherRecords() {
		got, err := OpenBody(key, other, sealed)
		refused(t, "other "+field, got, err)
	}
	got, err := OpenBody(testAccountKey("other"), r, sealed)
	refused(t, "other account key", got, err)
	everyByteFlipped(t, sealed, func(b []byte) ([]byte, error) { return OpenBody(key, r, b) })
	got, err = OpenBody(key, r, must(forms("mine")["name"].seal("salt", r, nil, text(100))))
	refused(t, "a name as a body", got, err)
}

// Cut, joined, reordered, repeated or exchanged segments open nowhere: not as a whole, and not in a range
// that the change did not touch when it changed the size.
func TestBodySegmentsStayInPlace(t *testing.T) {
	key, r := testAccountKey("mine"), testRecord()
	size := 3*SegmentBytes + 17
	sealed := must(SealBody(fixed("salt"), key, r, text(size)))
	other := must(SealBody(fixed("other salt"), key, r, text(size)))
	head := sealed[:HeaderBytes]
	segment := func(from []byte, i int) []byte {
		start := HeaderBytes + i*segmentSealed
		return from[start:min(start+segmentSealed, len(from))]
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	s0, s1, s2, s3 := segment(sealed, 0), segment(sealed, 1), segment(sealed, 2), segment(sealed, 3)
	for what, changed := range map[string][]byte{
		"cut after 1":     join(head, s0),
		"cut after 2":     join(head, s0, s1),
		"cut after 3":     join(head, s0, s1, s2),
		"first lost":      join(head, s1, s2, s3),
		"middle lost":     join(head, s0, s2, s3),
		"last alone":      join(head, s3),
		"one repeated":    join(head, s0, s1, s2, s2, s3),
		"last repeated":   join(head, s0, s1, s2, s3[:0], s3, s3),
		"empty one added": join(head, s0, s1, s2, s3, make([]byte, tagBytes)),
	} {
		for _, off := range []int{0, SegmentBytes, size - 1} {
			got, err := OpenBodyRange(key, r, changed, off, 1)
			refused(t, what, got, err)
		}
	}
	for what, changed := range map[string][]byte{
		"swapped":         join(head, s1, s0, s2, s3),
		"of another body": join(head, s0, segment(other, 1), s2, s3),
		"other header":    join(other[:HeaderBytes], s0, s1, s2, s3),
	} {
		got, err := OpenBody(key, r, changed)
		refused(t, what, got, err)
	}
}

// With the same salt, which never happens, sizes alone would still tell two bodies apart.
func TestBodySizeIsBound(t *testing.T) {
	key, r := testAccountKey("mine"), testRecord()
	short := must(SealBody(fixed("salt"), key, r, text(SegmentBytes)))
	long := must(SealBody(fixed("salt"), key, r, text(2*SegmentBytes)))
	mixed := append(bytes.Clone(short), long[len(short):]...)
	got, err := OpenBodyRange(key, r, mixed, 0, 10)
	refused(t, "first segment of a shorter body", got, err)
}

// Nonces are never equal under one key: not for two segments, nor for a last and a middle one.
func TestSegmentNonces(t *testing.T) {
	seen := map[[12]byte]bool{}
	for i := range segments(MaxBody) {
		seen[segmentNonce(i, false)], seen[segmentNonce(i, true)] = true, true
	}
	if len(seen) != 2*segments(MaxBody) {
		t.Errorf("%d nonces for %d segments", len(seen), segments(MaxBody))
	}
}

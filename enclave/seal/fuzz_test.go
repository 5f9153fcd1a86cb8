package seal

import (
	"bytes"
	"testing"
)

// Every fuzz target hands hostile bytes to something that opens. What is not exactly what was sealed must
// be ErrOpen with no plaintext, and nothing may panic.

func check(t *testing.T, sealed, genuine, got, want []byte, err error) {
	t.Helper()
	if bytes.Equal(sealed, genuine) {
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("the genuine one: %q, %v", got, err)
		}
		return
	}
	if err != ErrOpen || got != nil {
		t.Fatalf("a forgery of %d bytes: %d bytes, %v", len(sealed), len(got), err)
	}
}

func seeds(f *testing.F, genuine []byte) {
	f.Add(genuine)
	f.Add(genuine[:len(genuine)-1])
	f.Add(genuine[:HeaderBytes])
	f.Add(append(bytes.Clone(genuine), 0))
	f.Add([]byte(nil))
	f.Add([]byte{Version, byte(KindName)})
}

func FuzzOpenSmall(f *testing.F) {
	key, r, context, plain := testAccountKey("mine"), testRecord(), []byte("c"), []byte("plain")
	genuine := must(SealSmall(fixed("salt"), key, KindName, r, context, plain))
	seeds(f, genuine)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		got, err := OpenSmall(key, KindName, r, context, sealed)
		check(t, sealed, genuine, got, plain, err)
		if id, ok := RecordID(sealed); ok && !bytes.Equal(id[:], sealed[2:2+IDBytes]) {
			t.Fatalf("record id %x", id)
		}
	})
}

func FuzzOpenSummary(f *testing.F) {
	key, r, plain := testAccountKey("mine"), testRecord(), []byte("plain")
	genuine := must(SealSummary(fixed("salt"), key, r, Digest{1}, plain))
	seeds(f, genuine)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		got, err := OpenSummary(key, r, Digest{1}, sealed)
		check(t, sealed, genuine, got, plain, err)
	})
}

func FuzzOpenAddress(f *testing.F) {
	keys, r, plain := testKeys("group"), testRecord(), []byte("alice@example.org")
	genuine := must(SealAddress(fixed("salt"), keys, r, nil, plain))
	seeds(f, genuine)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		got, err := OpenAddress(keys, r, nil, sealed)
		check(t, sealed, genuine, got, plain, err)
	})
}

func FuzzUnwrap(f *testing.F) {
	keys, key := testKeys("group"), testAccountKey("mine")
	genuine := must(Wrap(fixed("salt"), keys, Token{1}, 2, key))
	seeds(f, genuine)
	f.Fuzz(func(t *testing.T, wrapped []byte) {
		var got []byte
		k, err := Unwrap(keys, Token{1}, 2, wrapped)
		if k.secrets != nil {
			got = k.secrets.key[:]
		}
		check(t, wrapped, genuine, got, key.secrets.key[:], err)
	})
}

func FuzzOpenLocal(f *testing.F) {
	p, plain := platform{name: "one", key: [32]byte{1}}, []byte("plain")
	genuine := must(SealLocal(fixed("salt"), p, "p", Local{}, nil, plain))
	seeds(f, genuine)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		got, err := OpenLocal(p, "p", Local{}, nil, sealed)
		check(t, sealed, genuine, got, plain, err)
	})
}

func FuzzOpenBody(f *testing.F) {
	key, r, plain := testAccountKey("mine"), testRecord(), text(100)
	genuine := must(SealBody(fixed("salt"), key, r, plain))
	for _, bounds := range [][2]int{{0, 100}, {50, 1}, {-1, -1}, {100, 1}, {1 << 62, 1 << 62}} {
		f.Add(genuine, bounds[0], bounds[1])
		f.Add(genuine[:len(genuine)-1], bounds[0], bounds[1])
		f.Add([]byte(nil), bounds[0], bounds[1])
	}
	f.Fuzz(func(t *testing.T, sealed []byte, off, n int) {
		from := min(max(off, 0), len(plain))
		want := plain[from : from+min(max(n, 0), len(plain)-from)]
		got, err := OpenBodyRange(key, r, sealed, off, n)
		check(t, sealed, genuine, got, want, err)
	})
}

// A host names the sizes: whatever it says, spans lie inside of what it named and parts do not open.
func FuzzBodyReader(f *testing.F) {
	key, r := testAccountKey("mine"), testRecord()
	genuine := must(SealBody(fixed("salt"), key, r, text(SegmentBytes+5)))
	f.Add(genuine[:HeaderBytes], len(genuine), 0, 5, []byte("part"))
	f.Add(genuine[:HeaderBytes], MaxSealedBody, SegmentBytes-1, 1<<62, []byte(nil))
	f.Add([]byte{1}, -1, -1, -1, []byte(nil))
	f.Fuzz(func(t *testing.T, header []byte, sealedSize, off, n int, part []byte) {
		b, err := NewBodyReader(key, r, header, sealedSize)
		if err != nil {
			if err != ErrOpen {
				t.Fatal(err)
			}
			return
		}
		start, length := b.Span(off, n)
		if start < HeaderBytes || length < tagBytes || start+length > sealedSize {
			t.Fatalf("span [%d, %d) of %d", start, start+length, sealedSize)
		}
		if got, err := b.Open(part, off, n); err != ErrOpen || got != nil {
			t.Fatalf("opened %d bytes, %v", len(got), err)
		}
	})
}

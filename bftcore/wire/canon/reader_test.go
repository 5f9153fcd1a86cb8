package canon

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c, d := rapid.Uint8().Draw(t, "8"), rapid.Uint16().Draw(t, "16"), rapid.Uint32().Draw(t, "32"),
			rapid.Uint64().Draw(t, "64")
		flag, s := rapid.Bool().Draw(t, "bool"), rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		var fixed [32]byte
		copy(fixed[:], s)
		out := AppendUint64(AppendUint32(AppendUint16(AppendUint8(nil, a), b), c), d)
		out = AppendBytes(AppendBool(out, flag), s)
		out = AppendCount(AppendFixed(AppendFixed(out, fixed[:]), fixed[:16]), len(s))
		r := NewReader(out)
		if r.Uint8() != a || r.Uint16() != b || r.Uint32() != c || r.Uint64() != d || r.Bool() != flag ||
			!bytes.Equal(r.Bytes(len(s)), s) || r.Copy32() != fixed || r.Copy16() != [16]byte(fixed[:16]) {
			t.Fatalf("read something else back: %v", r.Err())
		}
		if rest := r.Remaining(); rest != 4 || r.Offset() != len(out)-4 {
			t.Fatalf("%d bytes are left at %d", rest, r.Offset())
		}
		if n := r.Uint32(); int(n) != len(s) || r.Done() != nil {
			t.Fatalf("count %d, %v", n, r.Done())
		}
	})
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		in   []byte
		read func(r *Reader)
		want error
	}{
		"short number":        {[]byte{1}, func(r *Reader) { r.Uint16() }, ErrShort},
		"short fixed":         {[]byte{1}, func(r *Reader) { r.Fixed(2) }, ErrShort},
		"negative size":       {[]byte{1}, func(r *Reader) { r.Fixed(-1) }, ErrShort},
		"boolean of 2":        {[]byte{2}, func(r *Reader) { r.Bool() }, ErrNonCanonical},
		"bytes over limit":    {[]byte{0, 0, 0, 2, 1, 1}, func(r *Reader) { r.Bytes(1) }, ErrLimit},
		"bytes cut":           {[]byte{0, 0, 0, 2, 1}, func(r *Reader) { r.Bytes(9) }, ErrShort},
		"bytes of 4 GiB":      {[]byte{255, 255, 255, 255}, func(r *Reader) { r.Bytes(1 << 30) }, ErrLimit},
		"count over limit":    {[]byte{0, 0, 0, 9, 1, 1}, func(r *Reader) { r.Count(8, 1) }, ErrLimit},
		"count beyond input":  {[]byte{0, 0, 0, 3, 1, 1}, func(r *Reader) { r.Count(8, 1) }, ErrShort},
		"count of empty ones": {[]byte{0, 0, 0, 3, 1, 1}, func(r *Reader) { r.Count(8, 0) }, ErrShort},
		"bytes left over":     {[]byte{1, 2}, func(r *Reader) { r.Uint8() }, ErrTrailing},
	} {
		r := NewReader(c.in)
		c.read(r)
		if err := r.Done(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// The first error stays, and nothing is read after it.
func TestFirstErrorStays(t *testing.T) {
	r := NewReader([]byte{2, 7, 7, 7, 7})
	r.Bool()
	if r.Uint32() != 0 || r.Bytes(4) != nil || r.Count(4, 1) != 0 || r.Fixed(1) != nil {
		t.Error("values after an error")
	}
	r.Fail(ErrLimit)
	if !errors.Is(r.Done(), ErrNonCanonical) {
		t.Errorf("the first error was replaced by %v", r.Err())
	}
}

// A slice from a reader cannot be extended over what follows it.
func TestSlicesAreCapped(t *testing.T) {
	in := []byte{0, 0, 0, 1, 5, 6}
	b := NewReader(in).Bytes(4)
	_ = append(b, 9)
	if in[5] != 6 {
		t.Error("appending to a slice wrote over the input")
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 5, 1, 2, 3}, []byte{6, 5, 0, 1})
	f.Fuzz(func(t *testing.T, in, program []byte) {
		r := NewReader(in)
		for _, op := range program {
			before := r.Offset()
			switch op % 9 {
			case 0:
				r.Uint8()
			case 1:
				r.Uint16()
			case 2:
				r.Uint32()
			case 3:
				r.Uint64()
			case 4:
				r.Bool()
			case 5:
				if n := r.Count(100, 2); n > 100 || 2*n > len(in) {
					t.Fatalf("count %d", n)
				}
			case 6:
				if b := r.Bytes(50); len(b) > 50 {
					t.Fatalf("%d bytes", len(b))
				}
			case 7:
				r.Copy32()
			case 8:
				r.Fixed(int(op) - 16)
			}
			if r.Offset() < before || r.Offset() > len(in) {
				t.Fatalf("offset %d after %d", r.Offset(), before)
			}
		}
	})
}

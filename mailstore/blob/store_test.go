package blob

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"troxymail/bftcore/wire"
)

type memoryKV map[string][]byte

func (m memoryKV) Get(k []byte) ([]byte, bool, error) {
	v, ok := m[string(k)]
	return bytes.Clone(v), ok, nil
}

func (m memoryKV) Restore(k, v []byte) error { m[string(k)] = bytes.Clone(v); return nil }

func smallKey(d wire.Digest) []byte { return d[:] }

func open(t *testing.T, dir string, o Options) (*Store, memoryKV) {
	t.Helper()
	kv := memoryKV{}
	o.Dir, o.SmallKey = dir, smallKey
	s, err := Open(kv, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, kv
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func noTemporary(t *testing.T, s *Store) {
	t.Helper()
	left, err := os.ReadDir(s.temp)
	if err != nil || len(left) != 0 || s.temporary != 0 || s.tempBytes != 0 {
		t.Fatalf("temporary files left: %v (%v), counted %d, %d bytes", left, err, s.temporary, s.tempBytes)
	}
}

func TestLargeBodyInPieces(t *testing.T) {
	s, _ := open(t, t.TempDir(), Options{})
	body := bytes.Repeat([]byte("sealed "), 30_000)
	d := wire.Sum(body)
	w, err := s.Begin(d, int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	for w.Offset() < int64(len(body)) {
		from := max(0, w.Offset()-10) // overlapping pieces, as after a retransmission
		to := min(int64(len(body)), w.Offset()+50_000)
		if err := w.Write(from, body[from:to]); err != nil {
			t.Fatal(err)
		}
	}
	if s.Has(d) {
		t.Fatal("there before Finish")
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	noTemporary(t, s)
	got, err := s.Get(d, wire.MaxBodyBytes)
	if err != nil || !bytes.Equal(got, body) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	var back bytes.Buffer
	if n, err := s.ReadBack(d, &back); err != nil || n != int64(len(body)) || !bytes.Equal(back.Bytes(), body) {
		t.Fatalf("read back %d bytes, %v", n, err)
	}
	piece := make([]byte, 100)
	if n, size, err := s.ReadAt(
		d,
		piece,
		int64(len(body))-60,
	); err != nil || n != 60 ||
		size != int64(len(body)) {
		t.Fatalf("piece of %d bytes of %d, %v", n, size, err)
	}
	_, err = s.Get(d, 1000)
	wantErr(t, err, ErrSize)
}

func TestPiecesOutOfPlace(t *testing.T) {
	s, _ := open(t, t.TempDir(), Options{})
	body := []byte("0123456789")
	w, err := s.Begin(wire.Sum(body), 10)
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, w.Write(1, body[1:]), ErrPiece)
	wantErr(t, w.Write(-1, body), ErrPiece)
	wantErr(t, w.Write(0, append(body, 'x')), ErrPiece)
	if err := w.Write(0, body[:5]); err != nil {
		t.Fatal(err)
	}
	wantErr(t, w.Finish(), ErrDigest) // too short
	noTemporary(t, s)
	wantErr(t, s.PutBody(wire.Sum([]byte("other")), body), ErrDigest)
	noTemporary(t, s)
	if s.Has(wire.Sum([]byte("other"))) {
		t.Fatal("stored under a digest that it does not have")
	}
}

func TestLimitsOfTemporaryFiles(t *testing.T) {
	s, _ := open(t, t.TempDir(), Options{MaxTemporary: 2, MaxTemporaryBytes: 100})
	a, err := s.Begin(wire.Digest{1}, 40)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Begin(wire.Digest{2}, 61)
	wantErr(t, err, ErrBusy)
	b, err := s.Begin(wire.Digest{2}, 60)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Abort(); err != nil {
		t.Fatal(err)
	}
	if b, err = s.Begin(wire.Digest{2}, 10); err != nil {
		t.Fatal(err)
	}
	_, err = s.Begin(wire.Digest{3}, 1)
	wantErr(t, err, ErrBusy)
	for _, size := range []int64{0, -1, wire.MaxBodyBytes + 1} {
		_, err = s.Begin(wire.Digest{3}, size)
		wantErr(t, err, ErrSize)
	}
	if err := errors.Join(a.Abort(), b.Abort(), b.Abort()); err != nil {
		t.Fatal(err)
	}
	noTemporary(t, s)
}

func TestAbandonedFilesGoAtOpen(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, Options{})
	if _, err := s.Begin(wire.Digest{1}, 10); err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, dir, Options{})
	noTemporary(t, s)
}

func TestDamagedBodyIsNeverReturnedAndRepaired(t *testing.T) {
	s, _ := open(t, t.TempDir(), Options{})
	body := bytes.Repeat([]byte("x"), 70_000)
	d := wire.Sum(body)
	_, err := s.Get(d, wire.MaxBodyBytes)
	wantErr(t, err, ErrMissing)
	_, err = s.ReadBack(d, nil)
	wantErr(t, err, ErrMissing)
	for _, damage := range []func(b []byte) []byte{
		func(b []byte) []byte { b[35_000] ^= 4; return b },
		func(b []byte) []byte { return b[:1] },
		func(b []byte) []byte { return append(b, 0) },
		func(b []byte) []byte { return nil },
	} {
		if err := s.PutBody(d, body); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(d, wire.MaxBodyBytes); err != nil {
			t.Fatalf("not repaired: %v", err)
		}
		if err := os.WriteFile(s.path(d), damage(bytes.Clone(body)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = s.Get(d, wire.MaxBodyBytes)
		wantErr(t, err, ErrDamaged)
		_, err = s.ReadBack(d, nil)
		wantErr(t, err, ErrDamaged)
	}
}

func TestSmallRecords(t *testing.T) {
	s, kv := open(t, t.TempDir(), Options{})
	content := []byte("summary")
	d := wire.Sum(content)
	wantErr(t, s.RestoreSmall(wire.Digest{1}, content), ErrDigest)
	wantErr(t, s.RestoreSmall(d, make([]byte, wire.InlineBodyBytes+1)), ErrSize)
	kv[string(d[:])] = []byte("sumnary") // a bit flipped
	_, err := s.Get(d, 100)
	wantErr(t, err, ErrDamaged)
	if err := s.RestoreSmall(d, content); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(d, 100); err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%q, %v", got, err)
	}
	_, err = s.Get(d, 3)
	wantErr(t, err, ErrSize)
}

func TestBodiesLieWhereTheyShould(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, Options{})
	if err := s.PutBody(wire.Sum([]byte("a")), []byte("a")); err != nil {
		t.Fatal(err)
	}
	const name = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
	if _, err := os.Stat(filepath.Join(dir, "bodies", "ca", name)); err != nil {
		t.Fatal(err)
	}
}

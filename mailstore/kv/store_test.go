package kv

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
)

var cluster = wire.Sum([]byte("cluster"))

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "kv")
	}
	o.Cluster = cluster
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t testing.TB, s *Store, order uint64, pairs ...string) {
	t.Helper()
	b, err := s.Begin(order)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		b.Put([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func wantGet(t *testing.T, s *Store, key, want string) {
	t.Helper()
	v, ok, err := s.Get([]byte(key))
	if err != nil || ok != (want != "") || string(v) != want {
		t.Fatalf("%s = %q (%v, %v), want %q", key, v, ok, err, want)
	}
}

// Reads through all layers agree with a map, whatever is flushed when.
func TestBatchesAgreeWithAMap(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		s, err := Open(Options{Path: filepath.Join(dir, fmt.Sprint(n)), Cluster: cluster, FlushOrders: 3})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		model := map[string]string{}
		key := rapid.StringMatching(`[ab]{0,2}[a-e]`)
		for order := uint64(1); order < 12; order++ {
			b, err := s.Begin(order)
			if err != nil {
				t.Fatal(err)
			}
			draft := map[string]string{}
			for k, v := range model {
				draft[k] = v
			}
			for range rapid.IntRange(0, 8).Draw(t, "changes") {
				k, v := key.Draw(t, "key"), rapid.StringN(0, 3, 3).Draw(t, "value")
				if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
					b.Delete([]byte(k))
					delete(draft, k)
				} else {
					b.Put([]byte(k), []byte(v))
					draft[k] = v
				}
			}
			checkBatch(t, b, draft, key.Draw(t, "prefix"), key.Draw(t, "from"))
			if rapid.IntRange(0, 4).Draw(t, "discard") == 0 {
				b.Discard()
			} else if err := b.Commit(); err != nil {
				t.Fatal(err)
			} else {
				model = draft
			}
			if rapid.Bool().Draw(t, "durable") {
				s.SetDurable(order)
			}
			if rapid.IntRange(0, 5).Draw(t, "flush") == 0 {
				if err := s.Flush(); err != nil && !errors.Is(err, ErrLogNotDurable) {
					t.Fatal(err)
				}
			}
		}
	})
}

func checkBatch(t *rapid.T, b *Batch, want map[string]string, prefix, from string) {
	for _, p := range []string{"", prefix[:1], prefix} {
		var got, expect []string
		b.Scan([]byte(p), []byte(from), func(k, v []byte) bool {
			got = append(got, string(k)+"="+string(v))
			return true
		})
		for k, v := range want {
			if strings.HasPrefix(k, p) && k >= from {
				expect = append(expect, k+"="+v)
			}
		}
		slices.Sort(expect)
		slices.SortFunc(expect, func(a, b string) int {
			return strings.Compare(a[:strings.IndexByte(a, '=')], b[:strings.IndexByte(b, '=')])
		})
		if !slices.Equal(got, expect) {
			t.Fatalf("scan of %q from %q: %q, want %q", p, from, got, expect)
		}
	}
	for k, v := range want {
		if got, ok := b.Get([]byte(k)); !ok || string(got) != v {
			t.Fatalf("%q is %q, %v, want %q", k, got, ok, v)
		}
	}
}

func TestScanOverManyPieces(t *testing.T) {
	s := open(t, Options{})
	var pairs []string
	for i := range 500 {
		pairs = append(pairs, fmt.Sprintf("k%03d", i), "v")
	}
	put(t, s, 1, pairs...)
	s.SetDurable(1)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	b, err := s.Begin(2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Discard()
	b.Delete([]byte("k100"))
	n, last := 0, ""
	b.Scan([]byte("k"), []byte("k050"), func(k, _ []byte) bool { n++; last = string(k); return n < 300 })
	if n != 300 || last != "k350" {
		t.Fatalf("%d visited, last %s", n, last)
	}
}

func TestNeverAheadOfTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv")
	s := open(t, Options{Path: path, FlushOrders: 1})
	put(t, s, 1, "a", "1")
	s.SetDurable(1)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	put(t, s, 2, "a", "2", "b", "2")
	wantErr(t, s.Flush(), ErrLogNotDurable)
	s.mu.Lock()
	if s.frozen == nil || s.flushable() {
		t.Fatal("the flusher may write what the log may lose")
	}
	s.mu.Unlock()
	if s.FlushedOrder() != 1 {
		t.Fatalf("flushed %d", s.FlushedOrder())
	}
	wantGet(t, s, "a", "2")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Path: path})
	if s.Order() != 1 || s.FlushedOrder() != 1 {
		t.Fatalf("reopened at %d", s.Order())
	}
	wantGet(t, s, "a", "1")
	wantGet(t, s, "b", "")
}

func TestFullOverlayAsksForTheLogsSync(t *testing.T) {
	s := open(t, Options{MaxOverlayBytes: 1000, FlushBytes: 500})
	value := strings.Repeat("x", 600)
	put(t, s, 1, "a", value) // frozen, waits for the log
	put(t, s, 2, "b", value)
	put(t, s, 3, "c", value)
	_, err := s.Begin(4)
	wantErr(t, err, ErrLogNotDurable)
	s.SetDurable(3)
	put(t, s, 4, "d", value) // waits for the flush of 1 and freezes 2 and 3
	s.SetDurable(4)
	if err := s.Flush(); err != nil || s.FlushedOrder() != 4 {
		t.Fatal(s.FlushedOrder(), err)
	}
	for _, k := range []string{"a", "b", "c", "d"} {
		wantGet(t, s, k, value)
	}
}

func TestTickFlushesWhatIsOld(t *testing.T) {
	s := open(t, Options{FlushEvery: time.Second})
	put(t, s, 1, "a", "1")
	now := time.Unix(1000, 0)
	s.Tick(now)
	s.Tick(now.Add(999 * time.Millisecond))
	if s.frozen != nil {
		t.Fatal("flushed too early")
	}
	s.Tick(now.Add(time.Second))
	s.mu.RLock()
	frozen := s.frozen != nil
	s.mu.RUnlock()
	if !frozen {
		t.Fatal("not handed to the flusher")
	}
}

func TestOneBatchAtATimeInOrder(t *testing.T) {
	s := open(t, Options{})
	put(t, s, 5, "a", "1")
	_, err := s.Begin(5)
	wantErr(t, err, ErrOrder)
	b, err := s.Begin(6)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Begin(6)
	wantErr(t, err, ErrBusy)
	b.Put([]byte("a"), []byte("2"))
	wantGet(t, s, "a", "1")
	b.Discard()
	b.Discard()
	wantErr(t, b.Commit(), ErrClosed)
	wantGet(t, s, "a", "1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.Close(), ErrClosed)
	_, err = s.Begin(6)
	wantErr(t, err, ErrClosed)
	_, _, err = s.Get([]byte("a"))
	wantErr(t, err, ErrClosed)
}

func TestRestore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv")
	s := open(t, Options{Path: path})
	s.SetDurable(math.MaxUint64)
	if err := s.Restore([]byte("lost"), []byte("found")); err != nil {
		t.Fatal(err)
	}
	wantGet(t, s, "lost", "found")
	put(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantGet(t, open(t, Options{Path: path}), "lost", "found")
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	s := open(t, Options{Path: good})
	s.SetDurable(1)
	var pairs []string
	for i := range 300 {
		pairs = append(pairs, fmt.Sprint("key", i), strings.Repeat("v", 100))
	}
	put(t, s, 1, pairs...)
	_, err := Open(Options{Path: good, Cluster: cluster, LockTimeout: time.Millisecond})
	wantErr(t, err, ErrInUse)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Options{Path: good, Cluster: wire.Sum([]byte("other"))})
	wantErr(t, err, ErrForeign)
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(name string, b []byte, verify bool) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(Options{Path: path, Cluster: cluster, Verify: verify})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, ErrDamaged) {
			t.Fatalf("%s: %v", name, err)
		}
	}
	damaged("text", bytes.Repeat([]byte("not a store "), 4000), false)
	damaged("short", content[:9000], false)
	damaged("cut", content[:len(bytes.TrimRight(content, "\x00"))/2], false)
	for _, at := range []int{2 * os.Getpagesize(), 3 * os.Getpagesize()} {
		b := bytes.Clone(content)
		for i := at; i < len(b); i++ {
			b[i] = 0xff
		}
		damaged(fmt.Sprint("pages after ", at), b, true)
	}
	newer := filepath.Join(dir, "newer")
	if err := os.WriteFile(newer, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(newer, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(metaFormat, []byte{0, 0, 0, FormatVersion + 1})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Options{Path: newer, Cluster: cluster})
	wantErr(t, err, ErrVersion)
}

// A page that is damaged while the store is open is an error of the batch, not a crash.
func TestDamageBelowAnOpenStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv")
	s := open(t, Options{Path: path})
	s.SetDurable(1)
	var pairs []string
	for i := range 3000 {
		pairs = append(pairs, fmt.Sprintf("key%04d", i), strings.Repeat("v", 50))
	}
	put(t, s, 1, pairs...)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	page := int64(os.Getpagesize())
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, int(fi.Size()-2*page)), 2*page); err != nil {
		t.Fatal(err)
	}
	b, err := s.Begin(2)
	if err != nil {
		t.Fatal(err)
	}
	b.Get([]byte("key1500"))
	wantErr(t, b.Err(), ErrDamaged)
	wantErr(t, b.Commit(), ErrDamaged)
}

// Readers in other goroutines see whole batches, before, during and after flushes.
func TestGetBesidesBatchesAndFlushes(t *testing.T) {
	s := open(t, Options{FlushOrders: 2})
	s.SetDurable(math.MaxUint64)
	stop := make(chan struct{})
	failed := make(chan error, 2)
	for range 2 {
		go func() {
			last := byte(0)
			for {
				select {
				case <-stop:
					failed <- nil
					return
				default:
				}
				v, _, err := s.Get([]byte("n"))
				if err != nil || len(v) == 1 && v[0] < last {
					failed <- fmt.Errorf("%v after %d: %w", v, last, err)
					return
				}
				if len(v) == 1 {
					last = v[0]
				}
			}
		}()
	}
	for n := range byte(200) {
		put(t, s, uint64(n)+1, "n", string([]byte{n}), fmt.Sprint("other", n), "x")
	}
	close(stop)
	for range 2 {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
}

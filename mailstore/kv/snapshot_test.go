package kv

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
)

func (s *Store) awaitFresh(t *testing.T) *Snapshot {
	t.Helper()
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	x := s.Fresh()
	if x == nil {
		t.Fatal("no snapshot after the flush")
	}
	return x
}

// A snapshot is the state after the order of its checkpoint exactly, whatever was committed behind it before
// the flush and whatever is flushed later.
func TestSnapshotEndsAtItsOrder(t *testing.T) {
	s := open(t, Options{FlushOrders: 1 << 20})
	put(t, s, 1, "a", "1", "b", "1")
	put(t, s, 2, "b", "2")
	if err := s.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	put(t, s, 3, "a", "3", "c", "3")
	wantGet(t, s, "a", "3")
	wantGet(t, s, "b", "2")
	s.SetDurable(3)
	x := s.awaitFresh(t)
	if x.Order() != 2 || s.Fresh() != nil {
		t.Fatalf("snapshot of order %d", x.Order())
	}
	for order := uint64(4); order < 200; order++ { // more than the file held: pages move, the file grows
		put(t, s, order, "a", fmt.Sprint(order), fmt.Sprint("k", order), string(make([]byte, 8192)))
		s.SetDurable(order)
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[string]string{"a": "1", "b": "2", "c": "", "k100": ""} {
		if v, err := x.Get([]byte(key)); err != nil || string(v) != want {
			t.Errorf("%s = %q (%v), want %q", key, v, err, want)
		}
	}
	values, err := x.Range([]byte("a"), []byte("c"), 5)
	if err != nil || len(values) != 2 || string(values[0]) != "1" || string(values[1]) != "2" {
		t.Errorf("range: %q %v", values, err)
	}
	if got := x.Grown(); got < 190*8192 || got > 64<<20 {
		t.Errorf("the file grew by %d bytes since", got)
	}
	x.Close()
	x.Close()
	if x.Grown() != 0 {
		t.Error("a closed snapshot tells of growth")
	}
	if _, err := x.Get([]byte("a")); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed snapshot: %v", err)
	}
}

// Checkpoints that come faster than the flusher stay apart; the newest one's snapshot is offered; a store
// closes under open snapshots.
func TestCheckpointsInARow(t *testing.T) {
	s := open(t, Options{})
	for order := uint64(1); order <= 5; order++ {
		put(t, s, order, "n", fmt.Sprint(order))
		if err := s.Checkpoint(); err != nil {
			t.Fatal(err)
		}
	}
	s.SetDurable(3)
	for s.FlushedOrder() < 3 {
		if err := s.Flush(); err != nil && !errors.Is(err, ErrLogNotDurable) {
			t.Fatal(err)
		}
	}
	x := s.Fresh()
	if v, err := x.Get([]byte("n")); err != nil || x.Order() != 3 || string(v) != "3" {
		t.Fatalf("order %d: %q %v", x.Order(), v, err)
	}
	now, err := s.Now()
	if err != nil || now.Order() != 3 {
		t.Fatal(now, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Get([]byte("n")); !errors.Is(err, ErrClosed) {
		t.Fatalf("a snapshot of a closed store: %v", err)
	}
	x.Close()
}

func TestBuilder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new")
	build := func() *Builder {
		b, err := Build(Options{Path: path, Cluster: cluster})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2000 {
			key := []byte(fmt.Sprint("key", i%1500))
			if err := b.Put(key, fmt.Appendf(nil, "value %d %x", i, make([]byte, 4096))); err != nil {
				t.Fatal(err)
			}
			if v, err := b.Get(key); err != nil || len(v) < 4096 {
				t.Fatal(i, err)
			}
		}
		return b
	}
	if err := build().Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(Options{Path: path, Cluster: cluster}); err == nil {
		t.Fatal("built over a file")
	}
	x, err := Salvage(path)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := x.Get([]byte("key7")); err != nil || string(v[:11]) != "value 1507 " {
		t.Fatalf("%.20q %v", v, err)
	}
	x.Close()
	path += "er"
	if err := build().Finish(77); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{Path: path, Verify: true})
	if s.FlushedOrder() != 77 || s.Order() != 77 {
		t.Fatalf("order %d", s.Order())
	}
	keys, err := s.FlushedKeys(nil, nil, 5000)
	if err != nil || len(keys) != 1500 {
		t.Fatalf("%d keys: %v", len(keys), err)
	}
}

// A snapshot that is being closed while the store is, too, can be asked meanwhile.
func TestGrownWhileTheStoreCloses(t *testing.T) {
	s := open(t, Options{})
	x, err := s.Now()
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	delete(s.snapshots, x) // as Snapshot.Close begins
	s.mu.Unlock()
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	for {
		s.mu.Lock()
		closing := s.closing
		s.mu.Unlock()
		if closing {
			break
		}
		runtime.Gosched()
	}
	<-s.done
	for range 1000 { // bbolt waits for the snapshot by now, or soon
		x.Grown()
		runtime.Gosched()
	}
	x.end() // and ends
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

package kv

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// flushedStore writes a store of several flushes and returns its file and what it held after each order.
func flushedStore(t testing.TB, dir string) (content []byte, after map[uint64]map[string]string) {
	path := filepath.Join(dir, "sound")
	s := open(t, Options{Path: path, PageSize: 1024, Loose: loose})
	rng := rand.New(rand.NewPCG(1, 2))
	state := map[string]string{}
	after = map[uint64]map[string]string{0: {}}
	for order := uint64(1); order <= 12; order++ {
		var pairs []string
		for range 40 {
			k := fmt.Sprint("key", rng.IntN(300))
			v := string(bytes.Repeat([]byte{byte(rng.Uint32())}, 1+rng.IntN(60)))
			if rng.IntN(40) == 0 {
				v = string(bytes.Repeat([]byte{'L'}, 5000))
			}
			pairs = append(pairs, k, v)
			state[k] = v
		}
		put(t, s, order, pairs...)
		s.SetDurable(order)
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		after[order] = maps.Clone(state)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content, after
}

func loose(key []byte) bool { return key[0] == 'B' }

// Whatever byte rots, a store that opens holds exactly what it held after the order that it names.
func TestVerifyFindsEveryDamage(t *testing.T) {
	dir := t.TempDir()
	content, after := flushedStore(t, dir)
	path := filepath.Join(dir, "damaged")
	rng := rand.New(rand.NewPCG(3, 4))
	used := (len(bytes.TrimRight(content, "\x00")) + 1023) &^ 1023
	content = content[:used] // the rest is room to grow
	refused := 0
	for range 1500 {
		b := bytes.Clone(content)
		for range 1 + rng.IntN(2) {
			b[rng.IntN(len(b))] ^= byte(1 + rng.IntN(255))
		}
		if rng.IntN(10) == 0 {
			b = b[:rng.IntN(len(b))]
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(Options{Path: path, Cluster: cluster, Verify: true, PageSize: 1024, Loose: loose})
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			refused++
			continue
		}
		if len(b) == 0 {
			continue // an empty file is a new store
		}
		want, ok := after[s.FlushedOrder()]
		if !ok || s.FlushedOrder() < 11 {
			t.Fatalf("order %d", s.FlushedOrder())
		}
		keys, err := s.FlushedKeys(nil, nil, 1000)
		if err != nil || len(keys) != len(want) {
			t.Fatalf("%d keys, want %d: %v", len(keys), len(want), err)
		}
		for _, k := range keys {
			if v, ok, err := s.Get(k); err != nil || !ok || string(v) != want[string(k)] {
				t.Fatalf("key %s: %v", k, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if refused < 300 {
		t.Fatalf("only %d damaged stores were refused", refused)
	}
}

// Damage to a value with a digest of its own is its reader's matter: the store opens.
func TestLooseValuesArePassedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	s := open(t, Options{Path: path, Loose: loose})
	put(t, s, 1, "Blob", "some sealed content", "other", "a value of the state")
	s.SetDurable(1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		want error
	}{{"sealed content", nil}, {"value of the state", ErrDamaged}, {"Blob", ErrDamaged}} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.LastIndex(b, []byte(c.text))
		b[at] ^= 1
		broken := path + ".broken"
		if err := os.WriteFile(broken, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(Options{Path: broken, Cluster: cluster, Verify: true, Loose: loose})
		if err == nil {
			err = s.Close()
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

// The checker is total: no file makes it panic, or read without end.
func FuzzCheckFile(f *testing.F) {
	dir := f.TempDir()
	content, _ := flushedStore(f, dir)
	f.Add(content[:8192], 3, byte(7))
	f.Add(content, 2100, byte(1))
	f.Fuzz(func(t *testing.T, b []byte, at int, x byte) {
		path := filepath.Join(t.TempDir(), "file")
		if at >= 0 && at < len(b) {
			b = bytes.Clone(b)
			b[at] ^= x
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = checkFile(path, nil)
	})
}

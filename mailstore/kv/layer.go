package kv

import (
	"time"

	"github.com/tidwall/btree"
	"go.etcd.io/bbolt"
)

// entryOverhead is what one overlay entry is taken to cost besides its key and value, in bytes.
const entryOverhead = 64

// layer is one overlay: changes by key; a nil value deletes, a present one is never nil.
type layer struct {
	entries btree.Map[string, []byte]
	bytes   int
	orders  int
	last    uint64    // order of the last batch in it
	since   time.Time // time of the first Tick that saw it not empty; zero before
	keep    bool      // its flush leaves a snapshot
}

func newLayer() *layer { return &layer{} }

func (l *layer) set(key string, value []byte) {
	old, had := l.entries.Set(key, value)
	if had {
		l.bytes += len(value) - len(old)
		return
	}
	l.bytes += len(key) + len(value) + entryOverhead
}

// source is one sorted input of a merge.
type source interface {
	// seek moves to the first key at or after key, next to the following one; both report whether there
	// is one.
	seek(key []byte) bool
	next() bool
	key() string
	value() []byte
}

type layerSource struct {
	it btree.MapIter[string, []byte]
}

func (s *layerSource) seek(key []byte) bool { return s.it.Seek(string(key)) }
func (s *layerSource) next() bool           { return s.it.Next() }
func (s *layerSource) key() string          { return s.it.Key() }
func (s *layerSource) value() []byte        { return s.it.Value() }

type boltSource struct {
	c    *bbolt.Cursor
	k, v []byte
	str  string
}

func (s *boltSource) seek(key []byte) bool { s.k, s.v = s.c.Seek(key); return s.set() }
func (s *boltSource) next() bool           { s.k, s.v = s.c.Next(); return s.set() }
func (s *boltSource) key() string          { return s.str }
func (s *boltSource) value() []byte        { return s.v }

func (s *boltSource) set() bool {
	s.str = string(s.k)
	return s.k != nil
}

// merge visits, in order, the keys from from up to to (exclusive; nil: to the end). sources come newest
// first: for a key in several, the first counts. visit returns false to stop.
func merge(sources []source, from, to []byte, visit func(key string, value []byte) bool) {
	alive := sources[:0:0]
	for _, s := range sources {
		if s.seek(from) {
			alive = append(alive, s)
		}
	}
	for len(alive) > 0 {
		least := 0
		for i := 1; i < len(alive); i++ {
			if alive[i].key() < alive[least].key() {
				least = i
			}
		}
		key, value := alive[least].key(), alive[least].value()
		if to != nil && key >= string(to) {
			return
		}
		if value != nil && !visit(key, value) {
			return
		}
		kept := alive[:0]
		for _, s := range alive {
			if s.key() != key || s.next() {
				kept = append(kept, s)
			}
		}
		alive = kept
	}
}

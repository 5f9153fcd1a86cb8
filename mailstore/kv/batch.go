package kv

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// Ops counts what a batch did: the measure for "the cost does not depend on the mailbox's size".
type Ops struct {
	Gets, Puts, Deletes int
	Scanned             int // entries visited by Scan
	Written             int // bytes of keys and values put
}

// Batch is one atomic change on top of the store's state: it sees its own writes, and nobody else does
// until Commit. After a read error (ErrDamaged) reads find nothing and Commit fails: callers may ask Err
// once at the end. Not safe for concurrent use.
type Batch struct {
	store  *Store
	order  uint64
	own    *layer
	layers []*layer  // below own, newest first
	tx     *bbolt.Tx // opened at the first read that needs it
	data   *bbolt.Bucket
	err    error
	ops    Ops
	ended  bool
}

// Order returns the order that Commit will reach.
func (b *Batch) Order() uint64 { return b.order }

// Ops returns what the batch did so far.
func (b *Batch) Ops() Ops { return b.ops }

// Err returns the first read error, or nil.
func (b *Batch) Err() error { return b.err }

// Get returns the value of key, valid until the batch ends and not to be changed; false without one.
func (b *Batch) Get(key []byte) ([]byte, bool) {
	b.ops.Gets++
	if v, ok := b.own.entries.Get(string(key)); ok {
		return v, v != nil
	}
	for _, l := range b.layers {
		if v, ok := l.entries.Get(string(key)); ok {
			return v, v != nil
		}
	}
	var v []byte
	b.read(func() { v = b.data.Get(key) })
	return v, v != nil
}

// Put sets key to a copy of value.
func (b *Batch) Put(key, value []byte) {
	b.PutOwned(key, append(make([]byte, 0, len(value)), value...))
}

// PutOwned sets key to value, which is not nil, and which nobody may change from now on.
func (b *Batch) PutOwned(key, value []byte) {
	b.ops.Puts++
	b.ops.Written += len(key) + len(value)
	b.own.set(string(key), value)
}

// Delete removes key.
func (b *Batch) Delete(key []byte) {
	b.ops.Deletes++
	b.own.set(string(key), nil)
}

// Scan visits in order the keys that begin with prefix and are not below from (nil: all of them), as Range
// does.
func (b *Batch) Scan(prefix, from []byte, visit func(key, value []byte) bool) {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	b.Range(from, after(prefix), visit)
}

// after returns the first key behind all that begin with prefix; nil when there is none.
func after(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			end := bytes.Clone(prefix[:i+1])
			end[i]++
			return end
		}
	}
	return nil
}

// Range visits in order the keys from from up to to (exclusive; nil: to the end). Keys and values are valid
// until the batch ends and not to be changed; visit must not write to the batch and returns false to stop.
// Its cost includes entries in the range that were deleted and not flushed yet: give it a narrow one.
func (b *Batch) Range(from, to []byte, visit func(key, value []byte) bool) {
	sources := make([]source, 0, 2+len(b.layers))
	sources = append(sources, &layerSource{it: b.own.entries.Iter()})
	for _, l := range b.layers {
		sources = append(sources, &layerSource{it: l.entries.Iter()})
	}
	// The visitor runs outside guard: its panics are bugs, not damage. Pages are read a piece at a time.
	const piece = 64
	type entry struct {
		key   string
		value []byte
	}
	var got []entry
	for done := false; !done; {
		got = got[:0]
		done = true
		b.read(func() {
			all := append(sources[:len(sources):len(sources)], &boltSource{c: b.data.Cursor()})
			merge(all, from, to, func(k string, v []byte) bool {
				got = append(got, entry{k, v})
				done = len(got) < piece
				return done
			})
		})
		for _, e := range got {
			b.ops.Scanned++
			if !visit([]byte(e.key), e.value) {
				return
			}
		}
		if !done {
			from = append([]byte(got[len(got)-1].key), 0)
		}
	}
}

// read runs f with the bbolt transaction open; after an error it does nothing.
func (b *Batch) read(f func()) {
	if b.err != nil {
		return
	}
	b.err = guard(func() (err error) {
		if b.tx == nil {
			if b.tx, err = b.store.db.Begin(false); err != nil {
				return err
			}
			b.data = b.tx.Bucket(bucketData)
		}
		f()
		return nil
	})
}

// end closes the read transaction and lets the next batch begin.
func (b *Batch) end() {
	b.ended = true
	if b.tx != nil {
		_ = b.tx.Rollback() // ends a read transaction; it has nothing to lose
	}
	b.store.release()
}

// Discard drops the batch; after Commit it does nothing, so it may be deferred.
func (b *Batch) Discard() {
	if !b.ended {
		b.end()
	}
}

// Commit makes the batch's changes the state at its order, all at once, in memory. On an error nothing
// has changed. It may trigger a flush, for which it does not wait.
func (b *Batch) Commit() error {
	if b.ended {
		return ErrClosed
	}
	b.end()
	if b.err != nil {
		return b.err
	}
	return b.store.commit(b.order, b.own)
}

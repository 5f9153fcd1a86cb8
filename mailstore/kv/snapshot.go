package kv

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"

	"go.etcd.io/bbolt"
)

// Snapshot is the store as it was on disk after one order, while the store goes on. It costs the pages that
// changed since: they are not used again until it is closed. Safe for concurrent use.
type Snapshot struct {
	store *Store // nil for a file of its own
	order uint64

	mu   sync.Mutex
	tx   *bbolt.Tx // nil once closed; guarded by mu
	data *bbolt.Bucket
	db   *bbolt.DB // of a file of its own
}

// Checkpoint has the store flushed up to the last commit as soon as the log allows, in a transaction that ends
// there, and leaves a Snapshot of it for Fresh. Call it between two batches.
func (s *Store) Checkpoint() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	s.push()
	if n := len(s.frozen); n > 0 {
		s.frozen[n-1].keep = true
	}
	return nil
}

// Fresh returns the snapshot of the newest Checkpoint that was flushed, once; nil when there is none. The
// caller closes it. One that nobody took ends when the next comes.
func (s *Store) Fresh() *Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.fresh
	s.fresh = nil
	return x
}

// Now returns a snapshot of what is on disk. The caller closes it.
func (s *Store) Now() (*Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return nil, err
	}
	x, err := s.snapshot(s.flushed)
	if err == nil {
		s.snapshots[x] = struct{}{}
	}
	return x, err
}

// snapshot opens one of what the last flush left; the flusher calls it, or nobody flushes.
func (s *Store) snapshot(order uint64) (*Snapshot, error) {
	x := &Snapshot{store: s, order: order}
	return x, guard(func() (err error) {
		if x.tx, err = s.db.Begin(false); err == nil {
			x.data = x.tx.Bucket(bucketData)
		}
		return err
	})
}

// hold offers x to Fresh. The caller holds mu.
func (s *Store) hold(x *Snapshot) {
	switch {
	case x == nil:
		return
	case s.closing:
		x.end()
		return
	}
	if s.fresh != nil {
		delete(s.snapshots, s.fresh)
		s.fresh.end()
	}
	s.fresh = x
	s.snapshots[x] = struct{}{}
}

// Order returns the order after which the snapshot was taken.
func (x *Snapshot) Order() uint64 { return x.order }

// Grown returns by how many bytes the file has grown since the snapshot was taken, as of the last flush but one; 0 once it is
// closed. It begins no transaction: one that waits for bbolt, which may wait for the snapshot, would keep that from closing.
func (x *Snapshot) Grown() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.tx == nil || x.store == nil {
		return 0
	}
	return max(0, x.store.size.Load()-x.tx.Size())
}

// Close lets the snapshot's pages be used again. Reads fail afterwards. It may be called twice.
func (x *Snapshot) Close() {
	if x.store != nil {
		x.store.mu.Lock()
		delete(x.store.snapshots, x)
		x.store.mu.Unlock()
	}
	x.end()
}

func (x *Snapshot) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.tx != nil {
		_ = x.tx.Rollback() // ends a read transaction; it has nothing to lose
		x.tx, x.data = nil, nil
	}
	if x.db != nil {
		_ = guard(x.db.Close)
		x.db = nil
	}
}

func (x *Snapshot) read(f func()) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.data == nil {
		return ErrClosed
	}
	return guard(func() error { f(); return nil })
}

// CopyTo writes the whole store as of the snapshot to a new file, which Open opens. Nothing is synced. It ends with ctx.
func (x *Snapshot) CopyTo(ctx context.Context, path string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.tx == nil {
		return ErrClosed
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = guard(func() error {
		_, err := x.tx.WriteTo(&copying{ctx, f})
		return err
	})
	if err != nil {
		err = errors.Join(err, ctx.Err()) // bbolt tells it as a text
	}
	return errors.Join(err, f.Close())
}

// copying is a file that is written until ctx ends.
type copying struct {
	ctx context.Context
	to  *os.File
}

func (c *copying) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.to.Write(b)
}

// Get returns a copy of key's value, nil without one.
func (x *Snapshot) Get(key []byte) (v []byte, err error) {
	err = x.read(func() { v = clone(x.data.Get(key)) })
	return v, err
}

// Range returns copies of up to max values of the keys from from up to to (exclusive), in order of the keys.
func (x *Snapshot) Range(from, to []byte, max int) (values [][]byte, err error) {
	err = x.read(func() {
		c := x.data.Cursor()
		for k, v := c.Seek(from); k != nil && bytes.Compare(k, to) < 0 && len(values) < max; k, v = c.Next() {
			values = append(values, clone(v))
		}
	})
	return values, err
}

package kv

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// Store is an open store. Its fields below mu are guarded by it; overlays are changed only under it,
// and a frozen one never again.
type Store struct {
	db   *bbolt.DB
	opts Options
	done chan struct{} // closed when the flusher has ended
	sum  uint64        // of the entries on disk; the flusher's
	size atomic.Int64  // bytes of the file that were in use before the last flush; 0 before the first

	mu      sync.RWMutex
	changed *sync.Cond // on mu: anything below changed
	active  *layer     // takes commits
	frozen  []*layer   // being flushed, or waiting for the log; oldest first
	order   uint64     // of the last commit
	flushed uint64
	durable uint64
	busy    bool // a batch is open
	closing bool
	err     error // the flusher's failure: nothing works after it

	fresh     *Snapshot              // the newest that nobody took yet
	snapshots map[*Snapshot]struct{} // all open ones
}

// maxFrozen bounds the overlays that wait for the flusher: Checkpoint adds one each time.
const maxFrozen = 16

// Begin opens the batch for order. When the overlay is full it waits for a flush; ErrLogNotDurable when
// the log's sync is what a flush waits for (sync, SetDurable, and ask again). The batch must be ended by
// Commit or Discard.
func (s *Store) Begin(order uint64) (*Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return nil, ErrBusy
	}
	for s.full() && s.err == nil && !s.closing {
		if len(s.frozen) == 0 {
			s.freeze()
			break
		}
		if s.frozen[0].last > s.durable {
			return nil, ErrLogNotDurable
		}
		s.changed.Wait()
	}
	if err := s.usable(); err != nil {
		return nil, err
	}
	if order <= s.order && !(order == 0 && s.order == 0) {
		return nil, ErrOrder
	}
	s.busy = true
	return &Batch{store: s, order: order, own: newLayer(), layers: s.layers()}, nil
}

// full reports whether the next batch has to wait for a flush.
func (s *Store) full() bool {
	bytes := s.active.bytes
	for _, l := range s.frozen {
		bytes += l.bytes
	}
	return s.active.bytes >= s.opts.MaxOverlayBytes || len(s.frozen) > 1 && bytes >= 2*s.opts.MaxOverlayBytes ||
		len(s.frozen) >= maxFrozen
}

// layers returns the overlays, newest first.
func (s *Store) layers() []*layer {
	list := make([]*layer, 0, 1+len(s.frozen))
	list = append(list, s.active)
	for i := len(s.frozen) - 1; i >= 0; i-- {
		list = append(list, s.frozen[i])
	}
	return list
}

// View opens a batch for reading at the current state; end it with Discard. It counts as the one batch.
func (s *Store) View() (*Batch, error) {
	b, err := s.Begin(s.Order() + 1)
	if err != nil {
		return nil, err
	}
	b.order--
	return b, nil
}

func (s *Store) usable() error {
	if s.err == nil && s.closing {
		return ErrClosed
	}
	return s.err
}

func (s *Store) release() {
	s.mu.Lock()
	s.busy = false
	s.changed.Broadcast()
	s.mu.Unlock()
}

func (s *Store) commit(order uint64, own *layer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(); err != nil {
		return err
	}
	if order < s.order || order == s.order && order != 0 {
		return ErrOrder
	}
	own.entries.Scan(func(key string, value []byte) bool {
		s.active.set(key, value)
		return true
	})
	s.active.orders++
	s.active.last, s.order = order, order
	if s.active.bytes >= s.opts.FlushBytes || s.active.orders >= s.opts.FlushOrders {
		s.freeze()
	}
	return nil
}

// freeze hands the overlay to the flusher, unless it still has one.
func (s *Store) freeze() {
	if len(s.frozen) == 0 {
		s.push()
	}
}

// push hands the overlay to the flusher behind what it has.
func (s *Store) push() {
	if s.active.orders > 0 {
		s.frozen, s.active = append(s.frozen, s.active), newLayer()
		s.changed.Broadcast()
	}
}

// Get returns a copy of key's value in the current state; false without one. It may be called from any
// goroutine but that of an open batch.
func (s *Store) Get(key []byte) ([]byte, bool, error) {
	s.mu.RLock()
	if err := s.usable(); err != nil {
		s.mu.RUnlock()
		return nil, false, err
	}
	v, ok := s.active.entries.Get(string(key))
	for i := len(s.frozen) - 1; i >= 0 && !ok; i-- {
		v, ok = s.frozen[i].entries.Get(string(key))
	}
	s.mu.RUnlock()
	if ok {
		return clone(v), v != nil, nil
	}
	err := guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			v = clone(tx.Bucket(bucketData).Get(key))
			return nil
		})
	})
	return v, v != nil, err
}

func clone(v []byte) []byte {
	if v == nil {
		return nil
	}
	return append(make([]byte, 0, len(v)), v...)
}

// SetDurable declares that the log is durable up to order: flushes may reach it. Lower values are
// ignored.
func (s *Store) SetDurable(order uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if order > s.durable {
		s.durable = order
		s.changed.Broadcast()
	}
}

// Order returns the order of the last commit.
func (s *Store) Order() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.order
}

// FlushedOrder returns the order that the file has reached: a log may be cut up to it, and is replayed
// from the one after it.
func (s *Store) FlushedOrder() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.flushed
}

// Tick hands in the time: an overlay whose oldest batch was seen FlushEvery ago is flushed.
func (s *Store) Tick(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.active.orders == 0:
	case s.active.since.IsZero():
		s.active.since = now
	case now.Sub(s.active.since) >= s.opts.FlushEvery:
		s.freeze()
	}
}

// Flush writes everything committed so far to the file and waits for it. ErrLogNotDurable when the log
// is not durable that far.
func (s *Store) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	target := s.order
	for s.flushed < target || s.active.orders > 0 && s.active.last <= target {
		if err := s.usable(); err != nil {
			return err
		}
		s.freeze()
		if len(s.frozen) > 0 && s.frozen[0].last > s.durable {
			return ErrLogNotDurable
		}
		s.changed.Wait()
	}
	return s.err
}

// Close flushes what the log's durability allows, ends the flusher and closes the file. What was beyond
// the durable log is dropped: the log brings it back, or never had it.
func (s *Store) Close() error {
	err := s.Flush()
	if errors.Is(err, ErrLogNotDurable) {
		err = nil
	}
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return ErrClosed
	}
	s.closing = true
	s.changed.Broadcast()
	open := s.snapshots
	s.snapshots, s.fresh = nil, nil
	s.mu.Unlock()
	<-s.done
	for x := range open { // bbolt waits for its readers
		x.end()
	}
	return errors.Join(err, guard(s.db.Close))
}

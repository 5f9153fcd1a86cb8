package kv

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// Restore sets key to value outside of any batch: only for content that is checked by its own digest and
// was lost. It waits for an open batch to end, and becomes durable with the next flush of a batch.
func (s *Store) Restore(key, value []byte) error {
	return s.setApart(key, append(make([]byte, 0, len(value)), value...))
}

// Drop removes key outside of any batch: only for what no batch depends on. It waits for an open batch to end, and
// becomes durable with the next flush of a batch.
func (s *Store) Drop(key []byte) error { return s.setApart(key, nil) }

// setApart changes the overlay outside of any batch, when none is open. value is the store's from here on; nil deletes.
func (s *Store) setApart(key, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy { // an open batch reads the overlay without the lock
		s.changed.Wait()
	}
	if err := s.usable(); err != nil {
		return err
	}
	s.active.set(string(key), value)
	return nil
}

// FlushedKeys returns up to max keys on disk that begin with prefix and follow after (nil: from the first),
// in order. What is not flushed yet may be missing. Safe for concurrent use, beside a batch too.
func (s *Store) FlushedKeys(prefix, after []byte, max int) ([][]byte, error) {
	s.mu.RLock()
	err := s.usable()
	s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	var keys [][]byte
	err = guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			c := tx.Bucket(bucketData).Cursor()
			k, _ := c.Seek(prefix)
			if after != nil {
				if k, _ = c.Seek(after); bytes.Equal(k, after) {
					k, _ = c.Next()
				}
			}
			for ; k != nil && bytes.HasPrefix(k, prefix) && len(keys) < max; k, _ = c.Next() {
				keys = append(keys, clone(k))
			}
			return nil
		})
	})
	return keys, err
}

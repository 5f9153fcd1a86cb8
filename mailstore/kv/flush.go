package kv

import "go.etcd.io/bbolt"

// flusher writes frozen overlays as soon as the log is durable up to them, until the store closes.
func (s *Store) flusher() {
	defer close(s.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for !s.closing && !s.flushable() {
			s.changed.Wait()
		}
		if s.closing {
			return
		}
		l := s.frozen[0]
		s.mu.Unlock()
		err := guard(func() error { return s.write(l) })
		var x *Snapshot
		if err == nil && l.keep {
			x, err = s.snapshot(l.last)
		}
		s.mu.Lock()
		if err != nil {
			s.err = err
			s.changed.Broadcast()
			return
		}
		s.frozen = append([]*layer(nil), s.frozen[1:]...) // an open batch may hold the old slice's layers
		s.flushed = l.last
		s.hold(x)
		if s.active.bytes >= s.opts.FlushBytes || s.active.orders >= s.opts.FlushOrders {
			s.freeze()
		}
		s.changed.Broadcast()
	}
}

// flushable reports whether there is an overlay to write and the log is durable up to it.
func (s *Store) flushable() bool { return len(s.frozen) > 0 && s.frozen[0].last <= s.durable }

// write puts one overlay and its order into the file, in one synced transaction.
func (s *Store) write(l *layer) error {
	sum := s.sum
	err := s.db.Update(func(tx *bbolt.Tx) error {
		s.size.Store(tx.Size())
		data := tx.Bucket(bucketData)
		var err error
		l.entries.Scan(func(key string, value []byte) bool {
			k := []byte(key)
			if old := data.Get(k); old != nil {
				sum -= entrySum(k, old, s.opts.Loose)
			}
			if value == nil {
				err = data.Delete(k)
			} else {
				sum += entrySum(k, value, s.opts.Loose)
				err = data.Put(k, value)
			}
			return err == nil
		})
		if err != nil {
			return err
		}
		return s.putHeader(tx.Bucket(bucketMeta), l.last, sum)
	})
	if err == nil {
		s.sum = sum
	}
	return err
}

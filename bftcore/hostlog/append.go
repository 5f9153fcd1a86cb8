package hostlog

import (
	"fmt"
	"io"

	"troxymail/bftcore/wire/canon"
)

// Append writes recs behind each other, in one write call unless they cross into a new segment or are
// larger than 16 MiB together, and returns the LSN of the last one (of the last record so far when recs
// is empty). Nothing is durable before Sync. Bodies are copied. Records become visible to readers as
// soon as they are written. ErrRecord, with nothing written, for kind 0 or a body over the limit;
// ErrPoisoned after a disk error, when any part of recs may be in the log.
func (l *Log) Append(recs []Record) (last uint64, err error) {
	for i, r := range recs {
		if r.Kind == kindMark || len(r.Body) > l.opts.MaxRecordBytes {
			return 0, fmt.Errorf("%w: record %d of the batch: kind %d, %d bytes (limit %d)",
				ErrRecord, i, r.Kind, len(r.Body), l.opts.MaxRecordBytes)
		}
	}
	l.appendMu.Lock()
	defer l.appendMu.Unlock()
	durable, err := l.state()
	if err != nil {
		return 0, err
	}
	s, lsn := l.active(), l.last
	l.buf = l.buf[:0]
	for _, r := range recs {
		full := !s.fits(s.end+int64(len(l.buf)), len(r.Body))
		if full || len(l.buf) > 0 && len(l.buf)+len(r.Body) > maxWriteBytes {
			if err := l.flush(s); err != nil {
				return 0, err
			}
		}
		if full {
			if s, err = l.roll(); err != nil {
				return 0, err
			}
			durable = lsn
		}
		lsn++
		l.buf = appendFrame(l.buf, s.seed, lsn, durable, r)
	}
	if err := l.flush(s); err != nil {
		return 0, err
	}
	l.buf = canon.Reuse(l.buf, keepBufferBytes)
	return lsn, nil
}

// flush writes the frames encoded so far to s and empties the buffer.
func (l *Log) flush(s *segment) error {
	if len(l.buf) == 0 {
		return nil
	}
	n, err := s.file.WriteAt(l.buf, s.end)
	if err == nil && n < len(l.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return l.poison(fmt.Errorf("write %s at byte %d: %w", s.name, s.end, err))
	}
	l.mu.Lock()
	s.noteWritten(l.buf)
	l.last = s.last
	l.stats.Writes++
	l.mu.Unlock()
	l.buf = l.buf[:0]
	return nil
}

// roll makes a new active segment. The order of steps is what Open relies on: the old segment durable,
// then its successor, then the seal that says so, all before the first record in the new one. The
// caller holds appendMu.
func (l *Log) roll() (*segment, error) {
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	if err := l.syncActive(); err != nil {
		return nil, err
	}
	old := l.active()
	if len(l.segments) >= maxSegments {
		return nil, l.poison(fmt.Errorf("%d segments, none truncated", len(l.segments)))
	}
	s, err := createSegment(l.fs, l.dir, segmentHeader{
		number: old.number + 1, firstLSN: old.last + 1, prevEnd: old.end, prevChain: old.chain,
		size: l.opts.SegmentBytes, maxRecord: l.opts.MaxRecordBytes, id: l.id,
	})
	if err != nil {
		return nil, l.poison(err)
	}
	if err := l.writeMark(old, markSealed); err != nil {
		s.file.Close()
		return nil, err
	}
	l.mu.Lock()
	l.segments = append(l.segments, s)
	l.mu.Unlock()
	return s, nil
}

// Sync makes every record durable whose Append returned before the call, and returns the LSN up to
// which all is durable (at least those). Callers that come while a sync runs share the next one. On an
// error the log is poisoned; it is unknown what reached the disk, and nothing may be answered for it.
func (l *Log) Sync() (durable uint64, err error) {
	l.mu.Lock()
	target := l.last
	l.mu.Unlock()
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	if durable, err = l.state(); err != nil || durable >= target {
		return durable, err
	}
	err = l.syncActive()
	return l.Durable(), err
}

// syncActive syncs the active segment, unless all is durable. The caller holds syncMu.
func (l *Log) syncActive() error {
	l.mu.Lock()
	target, err := l.last, l.err
	if err != nil || l.durable == target {
		l.mu.Unlock()
		return err
	}
	active := l.active()
	l.mu.Unlock()
	if err := active.file.Sync(); err != nil {
		return l.poison(fmt.Errorf("sync %s: %w", active.name, err))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.durable = target
	l.stats.Syncs++
	return l.err
}

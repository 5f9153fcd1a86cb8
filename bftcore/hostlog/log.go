package hostlog

import (
	"fmt"
	"io"
	"sync"
)

// Kind says what a record is; the caller defines all kinds but 0, which is the log's own.
type Kind uint8

// Record is one entry. Order is the order number it belongs to, 0 when it belongs to none. Body is
// opaque, at most Options.MaxRecordBytes long, and may be empty.
type Record struct {
	Kind  Kind
	Order uint64
	Body  []byte
}

// Log is an open log. Its methods are safe for concurrent use; Sync runs beside Append and readers.
type Log struct {
	dir  string
	opts Options
	fs   FS
	id   [16]byte
	lock io.Closer

	// Taken in this order: appendMu, syncMu, mu.
	appendMu sync.Mutex // Append, TruncateBelow, Close
	syncMu   sync.Mutex // one sync of a file at a time; also held while the active segment changes
	mu       sync.Mutex // what follows; never held over I/O

	buf      []byte     // frames being encoded; under appendMu
	segments []*segment // oldest first, the last is active; changed under appendMu and mu
	last     uint64     // LSN of the last record written
	durable  uint64     // LSN up to which all is synced
	err      error      // ErrClosed, or ErrPoisoned with its cause
	stats    Stats      // the counters in it
}

// Stats are figures since Open.
type Stats struct {
	FirstLSN   uint64 // of the oldest segment
	LastLSN    uint64 // last record written; 0 when there is none
	DurableLSN uint64
	MaxOrder   uint64 // highest order that a record belongs to
	Segments   int
	Bytes      int64  // taken by records, over all segments
	IndexBytes int64  // memory of the index
	TornBytes  int64  // torn tail that Open cut off
	Writes     uint64 // write calls for records
	Syncs      uint64 // syncs of the active segment
}

// Stats returns a snapshot.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.LastLSN, s.DurableLSN, s.Segments = l.last, l.durable, len(l.segments)
	for i, seg := range l.segments {
		if i == 0 {
			s.FirstLSN = seg.firstLSN
		}
		s.MaxOrder = max(s.MaxOrder, seg.index.maxOrder)
		s.Bytes += seg.end - dataStart
		s.IndexBytes += int64(len(seg.index.blocks)) * 24
	}
	return s
}

// Durable returns the LSN up to which every record is synced, also after an error or Close.
func (l *Log) Durable() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.durable
}

// active returns the segment that takes records; the caller holds appendMu or mu.
func (l *Log) active() *segment { return l.segments[len(l.segments)-1] }

// state returns the error that stops the log, if any, and the durable LSN.
func (l *Log) state() (durable uint64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.durable, l.err
}

// poison stops the log for good and returns the error that everybody gets from now on.
func (l *Log) poison(cause error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = fmt.Errorf("%w: %w", ErrPoisoned, cause)
	}
	return l.err
}

// retire takes segs out of use: closed now, or by their last reader. The caller holds mu.
func (l *Log) retire(segs []*segment) {
	for _, s := range segs {
		s.retired = true
		if s.refs == 0 {
			s.file.Close() // nothing unsynced is in it, or the log is poisoned
		}
	}
}

func (l *Log) release(s *segment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.refs--
	if s.retired && s.refs == 0 {
		s.file.Close()
	}
}

// Close syncs what was written, leaves a mark that says so, and gives the folder free. A poisoned log
// is only closed, and its error returned. Readers that are under way finish; a second Close does
// nothing.
func (l *Log) Close() error {
	l.appendMu.Lock()
	defer l.appendMu.Unlock()
	l.syncMu.Lock()
	defer l.syncMu.Unlock()
	_, err := l.state()
	if err == ErrClosed {
		return nil
	}
	if err == nil {
		err = l.closeActive()
	}
	l.mu.Lock()
	l.err = ErrClosed
	l.retire(l.segments)
	l.segments = nil
	l.mu.Unlock()
	if lerr := l.lock.Close(); err == nil {
		err = lerr
	}
	return err
}

func (l *Log) closeActive() error {
	if err := l.syncActive(); err != nil {
		return err
	}
	s := l.active()
	if s.mark == markClosed || !s.fits(s.end, 1) {
		return nil
	}
	return l.writeMark(s, markClosed)
}

// writeMark writes and syncs a mark behind records that are all durable. The caller holds appendMu
// and syncMu.
func (l *Log) writeMark(s *segment, role byte) error {
	b := appendFrame(nil, s.seed, s.last+1, s.last, Record{Kind: kindMark, Body: []byte{role}})
	if _, err := s.file.WriteAt(b, s.end); err != nil {
		return l.poison(fmt.Errorf("write %s: %w", s.name, err))
	}
	if err := s.file.Sync(); err != nil {
		return l.poison(fmt.Errorf("sync %s: %w", s.name, err))
	}
	l.mu.Lock()
	s.noteWritten(b)
	l.mu.Unlock()
	return nil
}

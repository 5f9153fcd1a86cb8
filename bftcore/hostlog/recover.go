package hostlog

import (
	"errors"
	"fmt"
	"io"
)

// recover opens the segments from floor on, verifies them, repairs the tail and makes it durable.
func (l *Log) recover(floor uint64, numbers []uint64) error {
	keep := numbers
	for len(keep) > 0 && keep[0] < floor {
		keep = keep[1:] // what a truncation that was cut short left behind
	}
	var unfinished error
	for i := range max(len(keep), 1) {
		number := floor + uint64(i)
		if i >= len(keep) || keep[i] != number {
			return damage(segmentName(l.dir, number), 0, ErrMissing)
		}
		s, err := openSegment(l.fs, l.dir, l.id, number)
		if err != nil {
			if i > 0 && i == len(keep)-1 && errors.Is(err, ErrBadFrame) {
				unfinished = err
				break
			}
			return err
		}
		l.segments = append(l.segments, s)
	}
	sc := newScanner(nil)
	for i, s := range l.segments[:len(l.segments)-1] {
		if err := s.verify(sc, l.segments[i+1].segmentHeader); err != nil {
			return err
		}
	}
	t, err := l.active().scanTail(sc)
	if err != nil {
		return err
	}
	if err := l.checkLast(t, unfinished); err != nil {
		return err
	}
	if err := l.fs.SyncDir(l.dir); err != nil { // LOG must name the floor before what is below it goes
		return fmt.Errorf("hostlog: sync %s: %w", l.dir, err)
	}
	for _, n := range numbers[:len(numbers)-len(keep)] {
		if err := l.fs.Remove(segmentName(l.dir, n)); err != nil {
			return err
		}
	}
	return l.settle(t)
}

// checkLast decides whether the last readable segment may be the last one, and removes an unfinished
// successor.
func (l *Log) checkLast(t tail, unfinished error) error {
	s := l.active()
	switch {
	case unfinished == nil && s.mark == markSealed:
		return damage(segmentName(l.dir, s.number+1), 0, ErrMissing)
	case unfinished == nil:
		return nil
	case s.mark == markSealed:
		return unfinished
	case t.torn > 0: // all of it was synced before a successor was begun
		return damage(s.name, s.end, ErrBadFrame)
	}
	return l.fs.Remove(segmentName(l.dir, s.number+1))
}

// settle cuts the torn tail and makes all that is left durable, by the same steps as a roll: the last
// segment with its header, its name, the seal of its predecessor. What is there already is written with
// the same bytes.
func (l *Log) settle(t tail) error {
	s := l.active()
	err := s.rewrite(t.unsure)
	if err == nil {
		_, err = s.file.WriteAt(s.segmentHeader.encode(), 0)
	}
	if err == nil && (t.torn > 0 || t.size != s.segmentHeader.size) {
		if err = s.file.Truncate(s.end); err == nil {
			err = s.file.Allocate(s.segmentHeader.size)
		}
	}
	if err == nil {
		err = s.file.Sync()
	}
	if err == nil {
		err = l.fs.SyncDir(l.dir)
	}
	if err != nil {
		return fmt.Errorf("hostlog: settle %s: %w", s.name, err)
	}
	l.last, l.durable = s.last, s.last
	l.stats.TornBytes = t.torn
	if n := len(l.segments); n > 1 {
		return l.writeMark(l.segments[n-2], markSealed)
	}
	return nil
}

// verify reads a segment that has a successor: it must end exactly as that says.
func (s *segment) verify(sc *scanner, next segmentHeader) error {
	sc.reset(s, dataStart, min(next.prevEnd, s.size), s.firstLSN)
	var f frame
	for sc.off < next.prevEnd {
		err := sc.next(&f)
		if err == errEnd {
			err = ErrBadFrame
		}
		if err != nil {
			return damage(s.name, sc.off, err)
		}
		s.note(f.frameInfo, markRole(f))
	}
	if s.last+1 != next.firstLSN || s.chain != next.prevChain {
		return damage(s.name, s.end, fmt.Errorf("%w: its successor follows another segment", ErrForeign))
	}
	return nil
}

func markRole(f frame) byte {
	if f.kind == kindMark {
		return f.body[0]
	}
	return 0
}

// tail is what a scan of the last segment found at its end.
type tail struct {
	torn   int64 // bytes behind the last good frame that are not zero, up to the last such byte
	unsure int64 // offset of the first frame that nothing behind it vouches for
	size   int64 // of the file
}

// scanTail reads the last segment up to the first frame that is not valid and decides between a torn
// tail and damage; see the package documentation.
func (s *segment) scanTail(sc *scanner) (t tail, err error) {
	if t.size, err = s.file.Size(); err != nil {
		return t, damage(s.name, 0, err)
	}
	limit := min(t.size, s.size)
	sc.reset(s, dataStart, limit, s.firstLSN)
	type place struct {
		lsn uint64
		off int64
	}
	var unsure []place // frames not vouched for so far; a mark vouches for all before it, not for itself
	var f frame
	for err = sc.next(&f); err == nil; err = sc.next(&f) {
		for len(unsure) > 0 && unsure[0].lsn <= f.durable {
			unsure = unsure[1:]
		}
		unsure = append(unsure, place{f.lsn, s.end})
		s.note(f.frameInfo, markRole(f))
	}
	if err != errEnd && !errors.Is(err, ErrBadFrame) {
		return t, damage(s.name, s.end, err)
	}
	t.unsure = s.end
	if len(unsure) > 0 {
		t.unsure = unsure[0].off
	}
	end, err := lastNonZero(s.file, s.end, t.size)
	if err != nil {
		return t, damage(s.name, s.end, err)
	}
	if end == 0 {
		return t, nil
	}
	t.torn = end - s.end
	return t, s.seekWitness(end)
}

// seekWitness looks behind the bad frame at s.end, up to end, for a header that proves it was synced.
func (s *segment) seekWitness(end int64) error {
	lost := s.last + 1
	return windows(s.file, s.end, end, func(at int64, b []byte) error {
		for i := 0; i+frameHeader <= len(b); i += frameAlign {
			h, ok := decodeHeader(s.seed, b[i:])
			if ok && at+int64(i) > s.end && (h.lsn == lost || h.durable >= lost) {
				return damage(s.name, s.end, fmt.Errorf("%w: record %d, known to have been synced", ErrBadFrame, lost))
			}
		}
		return nil
	})
}

// lastNonZero returns the offset behind the last byte in [from, to) that is not zero, 0 when all are.
func lastNonZero(r io.ReaderAt, from, to int64) (end int64, err error) {
	err = windows(r, from, to, func(at int64, b []byte) error {
		for i := len(b) - 1; i >= 0; i-- {
			if b[i] != 0 {
				end = at + int64(i) + 1
				break
			}
		}
		return nil
	})
	return end, err
}

// windows calls fn for pieces of [from, to) that overlap by a frame header (filled up with zeros at the
// end); an error of fn or the disk ends it.
func windows(r io.ReaderAt, from, to int64, fn func(at int64, b []byte) error) error {
	buf := make([]byte, scanBufferBytes+frameHeader)
	for at := from; at < to; at += scanBufferBytes {
		n := int(min(to-at, int64(len(buf))))
		got, err := r.ReadAt(buf[:n], at)
		if got < n {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		clear(buf[n:])
		if err := fn(at, buf[:min(n+frameHeader, len(buf))]); err != nil {
			return err
		}
	}
	return nil
}

// rewrite writes the frames from offset on once more in place: the kernel may hold them in memory only,
// behind a sync that failed.
func (s *segment) rewrite(from int64) error {
	buf := make([]byte, min(s.end-from, scanBufferBytes))
	for at := from; at < s.end; {
		b := buf[:min(s.end-at, int64(len(buf)))]
		if _, err := s.file.ReadAt(b, at); err != nil {
			return err
		}
		if _, err := s.file.WriteAt(b, at); err != nil {
			return err
		}
		at += int64(len(b))
	}
	return nil
}

package hostlog

import (
	"errors"
	"fmt"
	"io"
)

const scanBufferBytes = 256 << 10

var (
	errEnd = errors.New("hostlog: end of the records") // zeros, or no room for a frame
)

// scanner reads frames one after the other through one buffer that grows to the longest frame, which
// the segment's header bounds.
type scanner struct {
	file      io.ReaderAt
	seed      uint32
	maxRecord int
	off       int64  // of the next frame
	limit     int64  // nothing is read from here on
	expect    uint64 // LSN that must come next; 0 takes the first one as it is

	buf    []byte
	lo, hi int // buf[lo:hi] are the bytes at off
}

func newScanner(buf []byte) *scanner {
	if buf == nil {
		buf = make([]byte, scanBufferBytes)
	}
	return &scanner{buf: buf}
}

// reset aims the scanner at the frames of s in [from, limit).
func (sc *scanner) reset(s *segment, from, limit int64, expect uint64) {
	sc.file, sc.seed, sc.maxRecord = s.file, s.seed, s.maxRecord
	sc.off, sc.limit, sc.expect = from, limit, expect
	sc.lo, sc.hi = 0, 0
}

// next reads a frame into f, whose body is valid until the following call. errEnd when there are only
// zeros or too few bytes left, ErrBadFrame when what is there is no frame or not the next one, else an
// error of the disk. The offset moves only past good frames.
func (sc *scanner) next(f *frame) error {
	if sc.limit-sc.off < frameHeader {
		return errEnd
	}
	if err := sc.fill(frameHeader); err != nil {
		return err
	}
	head := sc.buf[sc.lo : sc.lo+frameHeader]
	h, ok := decodeHeader(sc.seed, head)
	if !ok {
		if allZero(head) {
			return errEnd
		}
		return ErrBadFrame
	}
	if sc.expect != 0 && h.lsn != sc.expect {
		return fmt.Errorf("%w: record %d where %d belongs", ErrBadFrame, h.lsn, sc.expect)
	}
	if h.length > sc.maxRecord || h.size() > sc.limit-sc.off || h.kind == kindMark && h.length != 1 {
		return ErrBadFrame
	}
	size := int(h.size())
	if err := sc.fill(size); err != nil {
		return err
	}
	rest := sc.buf[sc.lo+frameHeader : sc.lo+size]
	if !h.bodyFits(sc.seed, rest) {
		return ErrBadFrame
	}
	f.frameInfo, f.body = h, rest[:h.length:h.length]
	sc.lo += size
	sc.off += int64(size)
	sc.expect = h.lsn
	if h.kind != kindMark {
		sc.expect++
	}
	return nil
}

// fill makes n bytes (within the limit) available at off.
func (sc *scanner) fill(n int) error {
	if sc.hi-sc.lo >= n {
		return nil
	}
	if n > len(sc.buf) {
		grown := make([]byte, max(n, scanBufferBytes))
		copy(grown, sc.buf[sc.lo:sc.hi])
		sc.buf, sc.lo, sc.hi = grown, 0, sc.hi-sc.lo
	} else {
		sc.lo, sc.hi = 0, copy(sc.buf, sc.buf[sc.lo:sc.hi])
	}
	at := sc.off + int64(sc.hi)
	want := sc.buf[sc.hi:min(int64(len(sc.buf)), int64(sc.hi)+sc.limit-at)]
	got, err := sc.file.ReadAt(want, at)
	sc.hi += got
	if sc.hi >= n {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return ErrBadFrame // the file is shorter than its header says
	}
	return err
}

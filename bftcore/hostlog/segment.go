package hostlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"path/filepath"
	"strconv"
	"strings"

	"troxymail/bftcore/wire/canon"
)

const (
	segmentMagic  = "TRXHLOG\x00"
	formatVersion = 1
	dataStart     = 4096 // the header has a block of its own, under one checksum at its end
	segmentSuffix = ".seg"
	segmentDigits = 16

	chainFactor = 0x9e3779b1 // odd, so that each step of the running checksum can be undone: none is lost
)

// segmentHeader is what stands at the start of a segment file.
type segmentHeader struct {
	number    uint64
	firstLSN  uint64
	prevEnd   int64  // where the records of the segment before end; 0 in the first of a log
	prevChain uint32 // its running checksum there
	size      int64  // of the file once allocated
	maxRecord int    // longest body in it
	id        [16]byte
}

// segment is an open segment file. All but end, lastLSN, chain and index is fixed once it is in use;
// those change under Log.mu.
type segment struct {
	segmentHeader
	name  string
	file  File
	seed  uint32
	end   int64  // offset behind the last frame
	last  uint64 // last LSN in it; firstLSN-1 when empty
	chain uint32
	mark  byte // role of the mark that stands last, 0 when a record does
	index index

	refs    int  // readers, under Log.mu
	retired bool // close the file when the last reader leaves
}

func newSegment(dir string, h segmentHeader, f File) *segment {
	return &segment{
		segmentHeader: h, name: segmentName(dir, h.number), file: f, seed: segmentSeed(h.id, h.number),
		end: dataStart, last: h.firstLSN - 1,
	}
}

func segmentName(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%0*d%s", segmentDigits, number, segmentSuffix))
}

func parseSegmentName(name string) (number uint64, ok bool) {
	digits, found := strings.CutSuffix(name, segmentSuffix)
	if !found || len(digits) != segmentDigits {
		return 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, err == nil && number > 0
}

// fits reports whether a body of n bytes fits in at offset off, with room left for the seal.
func (s *segment) fits(off int64, n int) bool {
	return n <= s.maxRecord && off+frameSize(n)+markReserve <= s.size
}

// note takes a frame that now stands at s.end into account.
func (s *segment) note(h frameInfo, role byte) {
	s.mark = role
	if h.kind != kindMark {
		s.index.note(s.end, h)
		s.chain = bits.RotateLeft32(s.chain, 7)*chainFactor ^ h.headerCRC
		s.last = h.lsn
	}
	s.end += h.size()
}

// noteWritten takes frames that were just written at s.end into account; they are our own.
func (s *segment) noteWritten(frames []byte) {
	for len(frames) > 0 {
		h, ok := decodeHeader(s.seed, frames)
		if !ok {
			panic("hostlog: own frame does not verify")
		}
		var role byte
		if h.kind == kindMark {
			role = frames[frameHeader]
		}
		s.note(h, role)
		frames = frames[h.size():]
	}
}

func (h segmentHeader) encode() []byte {
	b := make([]byte, 0, dataStart)
	b = append(b, segmentMagic...)
	b = canon.AppendUint32(b, formatVersion)
	b = canon.AppendUint64(b, h.number)
	b = canon.AppendUint64(b, h.firstLSN)
	b = canon.AppendUint64(b, uint64(h.prevEnd))
	b = canon.AppendUint32(b, h.prevChain)
	b = canon.AppendUint64(b, uint64(h.size))
	b = canon.AppendUint32(b, uint32(h.maxRecord))
	b = canon.AppendFixed(b, h.id[:])
	b = b[:dataStart-4]
	return canon.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeSegmentHeader reads a header block. ErrForeign when it is none of ours, ErrVersion when it is
// a newer one, ErrBadFrame when it does not verify.
func decodeSegmentHeader(b []byte) (h segmentHeader, err error) {
	if len(b) < dataStart {
		return h, ErrBadFrame
	}
	b = b[:dataStart]
	for i := range len(segmentMagic) {
		if b[i] != segmentMagic[i] {
			if allZero(b[i:len(segmentMagic)]) {
				return h, ErrBadFrame // as a write cut short leaves it
			}
			return h, ErrForeign
		}
	}
	r := canon.NewReader(b[len(segmentMagic) : dataStart-4])
	if v := r.Uint32(); v > formatVersion {
		return h, fmt.Errorf("%w (%d, this program knows %d)", ErrVersion, v, formatVersion)
	}
	if crc32.Checksum(b[:dataStart-4], castagnoli) != binary.BigEndian.Uint32(b[dataStart-4:]) {
		return h, ErrBadFrame
	}
	h.number, h.firstLSN = r.Uint64(), r.Uint64()
	prevEnd := r.Uint64()
	h.prevChain = r.Uint32()
	size, maxRecord := r.Uint64(), r.Uint32()
	copy(h.id[:], r.Fixed(16))
	sane := r.Err() == nil && h.number > 0 && h.firstLSN > 0 && size >= dataStart && size <= MaxSegmentBytes &&
		maxRecord > 0 && maxRecord <= MaxRecordBytesLimit && prevEnd <= MaxSegmentBytes
	if !sane {
		return h, ErrBadFrame
	}
	h.prevEnd, h.size, h.maxRecord = int64(prevEnd), int64(size), int(maxRecord)
	return h, nil
}

// openSegment opens segment number of log id and reads its header, not its records.
func openSegment(fsys FS, dir string, id [16]byte, number uint64) (*segment, error) {
	name := segmentName(dir, number)
	f, err := fsys.Open(name, false)
	if err != nil {
		return nil, damage(name, 0, err)
	}
	b := make([]byte, dataStart)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		f.Close()
		return nil, damage(name, 0, err)
	}
	h, err := decodeSegmentHeader(b[:n])
	if err == nil && (h.id != id || h.number != number) {
		err = ErrForeign
	}
	if err != nil {
		f.Close()
		return nil, damage(name, 0, err)
	}
	return newSegment(dir, h, f), nil
}

// createSegment makes a new segment, durable before it is returned.
func createSegment(fsys FS, dir string, h segmentHeader) (*segment, error) {
	name := segmentName(dir, h.number)
	f, err := fsys.Open(name, true)
	if err != nil {
		return nil, err
	}
	err = f.Allocate(h.size)
	if err == nil {
		_, err = f.WriteAt(h.encode(), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = fsys.SyncDir(dir)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("hostlog: create %s: %w", name, err)
	}
	return newSegment(dir, h, f), nil
}

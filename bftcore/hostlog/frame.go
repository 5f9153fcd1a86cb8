package hostlog

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"troxymail/bftcore/wire/canon"
)

// Frame: header crc u32 | body crc u32 | kind u8, length u24 | lag u32 | LSN u64 | order u64 | body |
// zeros to a multiple of 8. The header crc covers the header behind it; the body crc covers body and
// zeros; lag is how far the durable LSN was behind this one when the frame was written.
const (
	frameHeader = 32
	frameAlign  = 8
	markReserve = frameHeader + frameAlign // room kept at the end of a segment for its seal
)

// kindMark is the log's own kind. A mark takes no LSN: it carries that of the record to come.
const kindMark Kind = 0

// What a mark says: everything before it is durable, and ...
const (
	markClosed byte = 1 // the log was closed here
	markSealed byte = 2 // the segment ends here and its successor is durable
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// frame is one decoded frame; body aliases the buffer it was read from.
type frame struct {
	frameInfo
	body []byte
}

// frameInfo is a frame's header.
type frameInfo struct {
	kind       Kind
	lsn, order uint64
	durable    uint64 // the highest LSN known durable when the frame was written
	length     int    // of the body
	headerCRC  uint32
	bodyCRC    uint32
}

func (h frameInfo) size() int64 { return frameSize(h.length) }

// frameSize is the space that a body of n bytes takes.
func frameSize(n int) int64 {
	return int64(frameHeader+n+frameAlign-1) &^ (frameAlign - 1)
}

// segmentSeed starts all checksums of a segment.
func segmentSeed(id [16]byte, number uint64) uint32 {
	var b [24]byte
	copy(b[:], id[:])
	binary.BigEndian.PutUint64(b[16:], number)
	return crc32.Checksum(b[:], castagnoli)
}

// appendFrame appends the frame of rec; the body's length must have been checked.
func appendFrame(dst []byte, seed uint32, lsn, durable uint64, rec Record) []byte {
	lag := min(lsn-durable, math.MaxUint32)
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = canon.AppendUint32(dst, uint32(rec.Kind)<<24|uint32(len(rec.Body)))
	dst = canon.AppendUint32(dst, uint32(lag))
	dst = canon.AppendUint64(dst, lsn)
	dst = canon.AppendUint64(dst, rec.Order)
	dst = append(dst, rec.Body...)
	for len(dst)-start < int(frameSize(len(rec.Body))) {
		dst = append(dst, 0)
	}
	f := dst[start:]
	binary.BigEndian.PutUint32(f[4:], crc32.Update(seed, castagnoli, f[frameHeader:]))
	binary.BigEndian.PutUint32(f, crc32.Update(seed, castagnoli, f[4:frameHeader]))
	return dst
}

// decodeHeader reads a frame's header from the first 32 bytes of b. ok only if its checksum fits and
// its fields make sense.
func decodeHeader(seed uint32, b []byte) (h frameInfo, ok bool) {
	r := canon.NewReader(b[:frameHeader])
	h.headerCRC, h.bodyCRC = r.Uint32(), r.Uint32()
	word, lag := r.Uint32(), uint64(r.Uint32())
	h.lsn, h.order = r.Uint64(), r.Uint64()
	h.kind, h.length = Kind(word>>24), int(word&(1<<24-1))
	if h.lsn == 0 || crc32.Update(seed, castagnoli, b[4:frameHeader]) != h.headerCRC {
		return h, false
	}
	if lag < math.MaxUint32 && lag <= h.lsn {
		h.durable = h.lsn - lag
	}
	return h, h.durable < h.lsn
}

// bodyFits reports whether rest, the frame behind its header (body and zeros), has the right checksum.
func (h frameInfo) bodyFits(seed uint32, rest []byte) bool {
	return crc32.Update(seed, castagnoli, rest) == h.bodyCRC
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

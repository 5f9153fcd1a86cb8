package canon

import (
	"encoding/binary"
	"errors"
)

// Errors of a Reader. Decoders return them wrapped; a peer that causes one is at fault.
var (
	// ErrShort is returned when the input ends before the value does.
	ErrShort = errors.New("canon: input too short")
	// ErrLimit is returned when a length or count exceeds the limit that the caller named.
	ErrLimit = errors.New("canon: length over the limit")
	// ErrTrailing is returned by Done when bytes are left over.
	ErrTrailing = errors.New("canon: bytes after the end")
	// ErrNonCanonical is returned for a value with a second spelling, such as a boolean of 2.
	ErrNonCanonical = errors.New("canon: not the canonical encoding")
)

// Reader decodes one value from a byte slice that it aliases. After the first error every method
// returns zero values and Err reports that error. Not safe for concurrent use.
type Reader struct {
	buf []byte
	off int
	err error
}

// NewReader returns a Reader over buf, which must not change while results are in use.
func NewReader(buf []byte) *Reader { return &Reader{buf: buf} }

// Err returns the first error, or nil.
func (r *Reader) Err() error { return r.err }

// Offset returns how many bytes were consumed: the place where a signed part ends.
func (r *Reader) Offset() int { return r.off }

// Remaining returns how many bytes are left.
func (r *Reader) Remaining() int { return len(r.buf) - r.off }

// Fail records err, if none was recorded yet: for checks that a caller makes between fields.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Done returns the first error, or ErrTrailing when input is left.
func (r *Reader) Done() error {
	if r.err == nil && r.off != len(r.buf) {
		r.err = ErrTrailing
	}
	return r.err
}

// Fixed returns the next n bytes, aliasing the input; nil after an error.
func (r *Reader) Fixed(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.buf)-r.off {
		r.err = ErrShort
		return nil
	}
	b := r.buf[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

// Uint8 reads one byte.
func (r *Reader) Uint8() uint8 {
	if b := r.Fixed(1); b != nil {
		return b[0]
	}
	return 0
}

// Uint16 reads two bytes, big endian.
func (r *Reader) Uint16() uint16 {
	if b := r.Fixed(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// Uint32 reads four bytes, big endian.
func (r *Reader) Uint32() uint32 {
	if b := r.Fixed(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads eight bytes, big endian.
func (r *Reader) Uint64() uint64 {
	if b := r.Fixed(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// Bool reads one byte that must be 0 or 1.
func (r *Reader) Bool() bool {
	v := r.Uint8()
	if v > 1 {
		r.Fail(ErrNonCanonical)
	}
	return v == 1
}

// Bytes reads a byte string of at most max bytes, aliasing the input. ErrLimit when it is longer.
func (r *Reader) Bytes(max int) []byte {
	n := r.Uint32()
	if r.err != nil {
		return nil
	}
	if uint64(n) > uint64(max) {
		r.err = ErrLimit
		return nil
	}
	return r.Fixed(int(n))
}

// Count reads a list count of at most max items that take at least minBytes (> 0) bytes each, so that
// a caller may allocate for the count: it is never larger than the input that is left. ErrLimit over
// max, ErrShort when the rest cannot hold that many.
func (r *Reader) Count(max, minBytes int) int {
	n := r.Uint32()
	if r.err != nil {
		return 0
	}
	if uint64(n) > uint64(max) {
		r.err = ErrLimit
		return 0
	}
	if minBytes < 1 || uint64(n)*uint64(minBytes) > uint64(r.Remaining()) {
		r.err = ErrShort
		return 0
	}
	return int(n)
}

// Copy32 reads 32 bytes into an array: digests and MACs.
func (r *Reader) Copy32() (a [32]byte) {
	copy(a[:], r.Fixed(32))
	return a
}

// Copy16 reads 16 bytes into an array: tokens and ids.
func (r *Reader) Copy16() (a [16]byte) {
	copy(a[:], r.Fixed(16))
	return a
}

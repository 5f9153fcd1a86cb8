package seal

import (
	"bytes"
	"crypto/cipher"
)

// BodyReader opens parts of one sealed body that somebody else stores. Immutable, so safe for concurrent
// use; it does not hold the body.
type BodyReader struct {
	redacted
	open *bodyOpener
}

type bodyOpener struct {
	aead cipher.AEAD
	aad  []byte
	size int // of the plaintext: authentic as soon as any segment opened
}

// NewBodyReader prepares to open parts of a body, given its first HeaderBytes and its sealed size, both of
// which may be a host's lies. ErrOpen when no such body can exist; else the first Open tells.
func NewBodyReader(key AccountKey, r Record, header []byte, sealedSize int) (BodyReader, error) {
	size, ok := BodySize(sealedSize)
	if !ok {
		return BodyReader{}, ErrOpen
	}
	aead, err := openHeader(header, key.secrets.key[:], KindBody, r.ID)
	if err != nil {
		return BodyReader{}, err
	}
	aad := r.aad(bound{kind: KindBody, size: size})
	return BodyReader{open: &bodyOpener{aead: aead, aad: aad, size: size}}, nil
}

// Size returns the size of the message, authentic only after an Open succeeded.
func (b BodyReader) Size() int { return b.open.size }

// Span returns which bytes of the sealed body are needed to open the message's bytes [off, off+n): whole
// segments, at least one, so that the size is authenticated even for a range beyond the end. Negative
// arguments count as 0 and what lies beyond the end is cut off.
func (b BodyReader) Span(off, n int) (start, length int) {
	first, last, _, _ := b.open.locate(off, n)
	start = HeaderBytes + first*segmentSealed
	end := min(HeaderBytes+(last+1)*segmentSealed, SealedBodySize(b.open.size))
	return start, end - start
}

// Open opens the message's bytes [off, off+n), cut as in Span, from part: exactly the bytes that Span
// named, else ErrOpen.
func (b BodyReader) Open(part []byte, off, n int) ([]byte, error) {
	if _, length := b.Span(off, n); len(part) != length {
		return nil, ErrOpen
	}
	o := b.open
	first, last, from, to := o.locate(off, n)
	plaintext := make([]byte, 0, len(part))
	for i := first; i <= last; i++ {
		piece := part[:min(len(part), segmentSealed)]
		part = part[len(piece):]
		nonce := segmentNonce(i, i == segments(o.size)-1)
		var err error
		if plaintext, err = o.aead.Open(plaintext, nonce[:], piece, o.aad); err != nil {
			return nil, ErrOpen
		}
	}
	result := plaintext[from-first*SegmentBytes : to-first*SegmentBytes]
	if len(result) < cap(plaintext)/2 {
		return bytes.Clone(result), nil // so that a small part does not keep whole segments alive
	}
	return result, nil
}

// locate returns the first and last segment that the range needs, and the range [from, to) cut to the
// message. No argument overflows.
func (o *bodyOpener) locate(off, n int) (first, last, from, to int) {
	from = min(max(off, 0), o.size)
	to = from + min(max(n, 0), o.size-from)
	final := segments(o.size) - 1
	first = min(from/SegmentBytes, final)
	last = first
	if to > from {
		last = (to - 1) / SegmentBytes
	}
	return first, last, from, to
}

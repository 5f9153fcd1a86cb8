package seal

import (
	"encoding/binary"
	"io"
)

// segmentSealed is the size of a full segment with its tag.
const segmentSealed = SegmentBytes + tagBytes

// SealBody seals a whole message in segments of SegmentBytes, the last one shorter, each under its own
// nonce (index and whether it is the last: the STREAM construction of Hoang, Reyhanitabar, Rogaway and
// Vizár, CRYPTO 2015), so that a part can be opened without the rest. Every segment also authenticates
// the size of the whole: a body that was cut, joined or reordered does not open anywhere.
func SealBody(rand io.Reader, key AccountKey, r Record, plaintext []byte) ([]byte, error) {
	if len(plaintext) > MaxBody {
		return nil, ErrTooLong
	}
	size := len(plaintext)
	sealed, aead, err := newHeader(rand, key.secrets.key[:], KindBody, r.ID, SealedBodySize(size))
	if err != nil {
		return nil, err
	}
	aad := r.aad(bound{kind: KindBody, size: size})
	for i := range segments(size) {
		from := i * SegmentBytes
		to := min(from+SegmentBytes, size)
		nonce := segmentNonce(i, to == size)
		sealed = aead.Seal(sealed, nonce[:], plaintext[from:to], aad)
	}
	return sealed, nil
}

// OpenBody opens what SealBody sealed with the same record, else ErrOpen.
func OpenBody(key AccountKey, r Record, sealed []byte) ([]byte, error) {
	return OpenBodyRange(key, r, sealed, 0, len(sealed))
}

// OpenBodyRange opens the bytes [off, off+n) of a body, cut to what there is, and no segment more than
// those need. ErrOpen when one of them, or the size of the whole, is not authentic.
func OpenBodyRange(key AccountKey, r Record, sealed []byte, off, n int) ([]byte, error) {
	b, err := NewBodyReader(key, r, sealed[:min(len(sealed), HeaderBytes)], len(sealed))
	if err != nil {
		return nil, err
	}
	start, length := b.Span(off, n)
	return b.Open(sealed[start:start+length], off, n)
}

// SealedBodySize returns the exact size of a sealed body of n bytes: HeaderBytes, n, and one tag of 16
// bytes for every started segment of SegmentBytes (one for an empty body).
func SealedBodySize(n int) int { return HeaderBytes + n + tagBytes*segments(n) }

// BodySize returns the size of the message in a sealed body of sealedSize bytes; false when no body has
// that size or it is over MaxSealedBody.
func BodySize(sealedSize int) (n int, ok bool) {
	payload := sealedSize - HeaderBytes
	if payload < tagBytes || sealedSize > MaxSealedBody {
		return 0, false
	}
	n = payload - tagBytes*((payload+segmentSealed-1)/segmentSealed)
	return n, n >= 0 && SealedBodySize(n) == sealedSize
}

func segments(n int) int { return max(1, (n+SegmentBytes-1)/SegmentBytes) }

func segmentNonce(index int, last bool) (nonce [12]byte) {
	binary.BigEndian.PutUint32(nonce[7:], uint32(index))
	if last {
		nonce[11] = 1
	}
	return nonce
}

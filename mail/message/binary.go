package message

import "github.com/emersion/go-imap/v2"

// chunkBytes is how much of a part is decoded at a time.
const chunkBytes = 4096

// Binary returns the decoded content of a part for BINARY[part] (RFC 3516), Partial applied; for an
// empty part the message as it is. Content that needs no decoding aliases raw; else the result is
// allocated, never larger than what was asked for. ErrNoSection as for Section; ErrNeedsBody when s is
// partial (Scan the message);
// ErrUnknownEncoding when the part cannot be decoded.
func (s *Structure) Binary(raw []byte, item *imap.FetchItemBinarySection) ([]byte, error) {
	if item.Partial != nil && (item.Partial.Offset < 0 || item.Partial.Size < 0) {
		return nil, ErrNoSection
	}
	r, d, err := s.binary(raw, item.Part)
	if err != nil {
		return nil, err
	}
	if _, plain := d.(identity); plain {
		return Extract(raw, Cut([]Range{r}, item.Partial)), nil
	}
	skip, take := int64(0), int64(r.Len())
	if item.Partial != nil {
		skip, take = item.Partial.Offset, min(take, item.Partial.Size)
	}
	var out []byte
	decodeChunks(raw[r.Start:r.End], d, func(chunk []byte) bool {
		if n := min(skip, int64(len(chunk))); n > 0 {
			chunk, skip = chunk[n:], skip-n
		}
		out = append(out, chunk[:min(int64(len(chunk)), take-int64(len(out)))]...)
		return int64(len(out)) < take
	})
	return out, nil
}

// BinarySize returns the size of the decoded content of a part, for BINARY.SIZE; it allocates nothing
// of that size. Errors as for Binary.
func (s *Structure) BinarySize(raw []byte, part []int) (uint32, error) {
	r, d, err := s.binary(raw, part)
	if err != nil {
		return 0, err
	}
	if _, plain := d.(identity); plain {
		return uint32(r.Len()), nil
	}
	n := 0
	decodeChunks(raw[r.Start:r.End], d, func(chunk []byte) bool {
		n += len(chunk)
		return true
	})
	return uint32(n), nil
}

// binary returns the body of a part and what decodes it.
func (s *Structure) binary(raw []byte, path []int) (Range, decoder, error) {
	if s.Partial {
		return Range{}, nil, ErrNeedsBody
	}
	i, err := s.resolve(path)
	if err != nil {
		return Range{}, nil, err
	}
	p := &s.Parts[i]
	if p.BodyEnd > len(raw) {
		return Range{}, nil, ErrNoSection
	}
	if len(path) == 0 {
		return Range{p.HeaderStart, p.BodyEnd}, identity{}, nil
	}
	r := Range{p.BodyStart, p.BodyEnd}
	if p.Kind != Leaf { // an encoding of a composite part is forbidden (RFC 2045 6.4) and not undone
		return r, identity{}, nil
	}
	d, err := newDecoder(p.Encoding)
	return r, d, err
}

// decodeChunks gives the decoded body to f in pieces that are valid during the call, until f returns
// false.
func decodeChunks(body []byte, d decoder, f func(chunk []byte) bool) {
	var buf []byte
	for {
		n := min(len(body), chunkBytes)
		last := n == len(body)
		buf = d.decode(buf[:0], body[:n], last)
		if len(buf) > 0 && !f(buf) || last {
			return
		}
		body = body[n:]
	}
}

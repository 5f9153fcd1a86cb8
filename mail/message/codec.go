package message

import (
	"fmt"

	"troxymail/bftcore/wire/canon"
)

// summaryVersion is the first byte of an encoded summary.
const summaryVersion = 1

// Bits of the flags byte.
const (
	flagSimplified = 1 << iota
	flagPartial
)

// Least encoded sizes in bytes: what a count of things may claim.
const (
	minPartBytes    = 3 + 5*4 + 11*4 + 1
	minParamBytes   = 2 * 4
	minStringBytes  = 4
	minAddressBytes = 1 + 3*4
)

// AppendSummary appends the encoding of s to dst: version, internal date, zone, size, flags, header, and
// the parts in pre-order with their depths.
func AppendSummary(dst []byte, s *Summary) []byte {
	var flags uint8
	if s.Structure.Simplified {
		flags |= flagSimplified
	}
	if s.Structure.Partial {
		flags |= flagPartial
	}
	dst = canon.AppendUint8(dst, summaryVersion)
	dst = canon.AppendUint64(dst, uint64(s.Unix))
	dst = canon.AppendUint16(dst, uint16(int16(s.ZoneMinutes)))
	dst = canon.AppendUint32(dst, uint32(s.Size))
	dst = canon.AppendUint8(dst, flags)
	dst = canon.AppendUint8(dst, uint8(s.Mode))
	dst = canon.AppendBytes(dst, s.Header)
	dst = canon.AppendCount(dst, len(s.Structure.Parts))
	for i := range s.Structure.Parts {
		dst = appendPart(dst, &s.Structure.Parts[i])
	}
	return dst
}

func (s *Summary) encodedSize() int { return len(AppendSummary(nil, s)) }

func appendPart(dst []byte, p *Part) []byte {
	dst = canon.AppendUint8(dst, uint8(p.Depth))
	dst = canon.AppendUint8(dst, uint8(p.Kind))
	dst = canon.AppendBool(dst, p.Opaque)
	for _, n := range [5]int{p.HeaderStart, p.HeaderEnd, p.BodyStart, p.BodyEnd, p.Lines} {
		dst = canon.AppendUint32(dst, uint32(n))
	}
	for _, text := range p.texts() {
		dst = appendString(dst, *text)
	}
	dst = appendParams(dst, p.Params)
	dst = appendParams(dst, p.DispositionParams)
	dst = canon.AppendCount(dst, len(p.Language))
	for _, tag := range p.Language {
		dst = appendString(dst, tag)
	}
	dst = canon.AppendBool(dst, p.Envelope != nil)
	if e := p.Envelope; e != nil {
		for _, text := range e.texts() {
			dst = appendString(dst, *text)
		}
		for _, list := range e.lists() {
			dst = canon.AppendCount(dst, len(*list))
			for _, a := range *list {
				dst = canon.AppendUint8(dst, uint8(a.Kind))
				dst = appendString(appendString(appendString(dst, a.Name), a.Mailbox), a.Host)
			}
		}
	}
	return dst
}

// texts returns the plain texts of p in the order of the encoding.
func (p *Part) texts() [8]*string {
	return [8]*string{
		&p.Type, &p.Subtype, &p.ID, &p.Description, &p.Encoding, &p.MD5, &p.Disposition, &p.Location,
	}
}

// texts returns the plain texts of e in the order of the encoding.
func (e *Envelope) texts() [4]*string {
	return [4]*string{&e.Date, &e.Subject, &e.InReplyTo, &e.MessageID}
}

func appendString(dst []byte, s string) []byte {
	return append(canon.AppendCount(dst, len(s)), s...)
}

func appendParams(dst []byte, params []Param) []byte {
	dst = canon.AppendCount(dst, len(params))
	for _, p := range params {
		dst = appendString(appendString(dst, p.Name), p.Value)
	}
	return dst
}

// DecodeSummary reads the encoding of one summary. The result does not alias b and satisfies the
// invariants of a Structure, so that its methods are total. ErrSummary, with the cause, for anything
// else; memory is bounded by a small multiple of len(b), which may be at most MaxSummaryBytes.
func DecodeSummary(b []byte) (*Summary, error) {
	if len(b) > MaxSummaryBytes {
		return nil, fmt.Errorf("%w: %w", ErrSummary, canon.ErrLimit)
	}
	r := canon.NewReader(b)
	if v := r.Uint8(); v != summaryVersion {
		r.Fail(fmt.Errorf("version %d", v))
	}
	s := &Summary{Structure: new(Structure)}
	s.Unix = int64(r.Uint64())
	s.ZoneMinutes = int(int16(r.Uint16()))
	s.Size = int(r.Uint32())
	flags, mode := r.Uint8(), r.Uint8()
	if flags > flagSimplified|flagPartial || mode > uint8(HeaderWhole) ||
		s.ZoneMinutes > maxZoneMinutes || s.ZoneMinutes < -maxZoneMinutes {
		r.Fail(canon.ErrNonCanonical)
	}
	s.Structure.Simplified, s.Structure.Partial = flags&flagSimplified != 0, flags&flagPartial != 0
	s.Mode = HeaderMode(mode)
	s.Header = append([]byte(nil), r.Bytes(MaxSummaryBytes)...)
	n := r.Count(MaxSummaryBytes/minPartBytes, minPartBytes)
	for i := 0; i < n && r.Err() == nil; i++ {
		s.Structure.Parts = append(s.Structure.Parts, readPart(r))
	}
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSummary, err)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSummary, err)
	}
	return s, nil
}

func readPart(r *canon.Reader) Part {
	p := Part{Depth: int(r.Uint8()), Kind: Kind(r.Uint8()), Opaque: r.Bool()}
	for _, n := range [5]*int{&p.HeaderStart, &p.HeaderEnd, &p.BodyStart, &p.BodyEnd, &p.Lines} {
		*n = int(r.Uint32())
	}
	for _, text := range p.texts() {
		*text = readString(r)
	}
	p.Params = readParams(r)
	p.DispositionParams = readParams(r)
	for n := r.Count(maxLanguages, minStringBytes); n > 0; n-- {
		p.Language = append(p.Language, readString(r))
	}
	if r.Bool() {
		p.Envelope = readEnvelope(r)
	}
	return p
}

func readEnvelope(r *canon.Reader) *Envelope {
	e := new(Envelope)
	for _, text := range e.texts() {
		*text = readString(r)
	}
	for _, list := range e.lists() {
		for n := r.Count(MaxSummaryBytes, minAddressBytes); n > 0 && r.Err() == nil; n-- {
			a := Address{Kind: AddressKind(r.Uint8())}
			a.Name, a.Mailbox, a.Host = readString(r), readString(r), readString(r)
			if a.Kind > GroupEnd {
				r.Fail(canon.ErrNonCanonical)
			}
			*list = append(*list, a)
		}
	}
	return e
}

func readString(r *canon.Reader) string { return string(r.Bytes(MaxSummaryBytes)) }

func readParams(r *canon.Reader) []Param {
	var params []Param
	for n := r.Count(MaxSummaryBytes, minParamBytes); n > 0 && r.Err() == nil; n-- {
		params = append(params, Param{readString(r), readString(r)})
	}
	return params
}

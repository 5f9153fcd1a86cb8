package message

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Range is the bytes [Start, End) of a message.
type Range struct {
	Start, End int
}

// Len returns the number of bytes in r.
func (r Range) Len() int { return r.End - r.Start }

// Total returns the number of bytes in ranges.
func Total(ranges []Range) int {
	n := 0
	for _, r := range ranges {
		n += r.Len()
	}
	return n
}

// Cut returns what partial selects of ranges (RFC 3501 6.4.5): nothing when it starts behind the end or
// is negative. A nil partial selects all. Any 64-bit offset and size are allowed.
func Cut(ranges []Range, partial *imap.SectionPartial) []Range {
	if partial == nil {
		return ranges
	}
	skip, take := partial.Offset, partial.Size
	if skip < 0 || take <= 0 {
		return nil
	}
	var out []Range
	for _, r := range ranges {
		n := int64(r.Len())
		if skip >= n {
			skip -= n
			continue
		}
		r.Start += int(skip)
		skip = 0
		if n = int64(r.Len()); take < n {
			r.End = r.Start + int(take)
		}
		if r.Len() > 0 {
			out = append(out, r)
		}
		if take -= int64(r.Len()); take <= 0 {
			break
		}
	}
	return out
}

// Extract returns the bytes of ranges. A single range aliases raw; several are copied together. Ranges
// must come from a structure of raw.
func Extract(raw []byte, ranges []Range) []byte {
	if len(ranges) == 1 {
		return raw[ranges[0].Start:ranges[0].End:ranges[0].End]
	}
	out := make([]byte, 0, Total(ranges))
	for _, r := range ranges {
		out = append(out, raw[r.Start:r.End]...)
	}
	return out
}

// resolve returns the index of the part that an IMAP part number names (RFC 3501 6.4.5); the message
// itself for an empty one. ErrNoSection when there is none, ErrNeedsBody when a summary cannot tell.
func (s *Structure) resolve(path []int) (int, error) {
	cur := 0
	for depth, n := range path {
		if s.Parts[cur].Kind == Embedded && depth > 0 {
			if cur = s.child(cur); cur == none {
				return none, s.missing()
			}
		} else if s.Parts[cur].Kind == Leaf && depth > 0 {
			return none, ErrNoSection
		}
		if s.Parts[cur].Kind != Multipart {
			if n != 1 {
				return none, ErrNoSection
			}
			continue
		}
		if cur = s.nth(cur, n); cur == none {
			return none, s.missing()
		}
	}
	return cur, nil
}

// nth returns child n (from 1) of part i, or none.
func (s *Structure) nth(i, n int) int {
	if n < 1 || n > len(s.Parts) {
		return none
	}
	c := s.child(i)
	for ; n > 1 && c != none; n-- {
		c = s.next(c)
	}
	return c
}

func (s *Structure) missing() error {
	if s.Partial {
		return ErrNeedsBody
	}
	return ErrNoSection
}

// header is a header block: its fields and the blank line behind them, which a message may lack.
type header struct {
	fields, blank Range
}

// locate returns the range of a section that is not a subset of fields, and, for a header, what it is
// made of.
func (s *Structure) locate(item *imap.FetchItemBodySection) (Range, header, error) {
	i, err := s.resolve(item.Part)
	if err != nil {
		return Range{}, header{}, err
	}
	of := item.Specifier
	if len(item.Part) > 0 && (of == imap.PartSpecifierHeader || of == imap.PartSpecifierText) {
		if s.Parts[i].Kind != Embedded { // RFC 3501: these go with message/rfc822 parts only
			return Range{}, header{}, ErrNoSection
		}
		if i = s.child(i); i == none {
			return Range{}, header{}, s.missing()
		}
	}
	p := &s.Parts[i]
	head := header{Range{p.HeaderStart, p.HeaderEnd}, Range{p.HeaderEnd, p.BodyStart}}
	switch item.Specifier {
	case imap.PartSpecifierHeader, imap.PartSpecifierMIME:
		return Range{p.HeaderStart, p.BodyStart}, head, nil
	case imap.PartSpecifierText:
		return Range{p.BodyStart, p.BodyEnd}, header{}, nil
	case imap.PartSpecifierNone:
		if len(item.Part) == 0 {
			return Range{p.HeaderStart, p.BodyEnd}, header{}, nil
		}
		return Range{p.BodyStart, p.BodyEnd}, header{}, nil
	}
	return Range{}, header{}, ErrNoSection
}

// hasFields reports whether item asks for a subset of header fields.
func hasFields(item *imap.FetchItemBodySection) bool {
	return len(item.HeaderFields) > 0 || len(item.HeaderFieldsNot) > 0
}

// Locate returns where a section lies in the message, Partial applied, without reading the message: for
// every section but HEADER.FIELDS and HEADER.FIELDS.NOT, for which it returns ErrNeedsBody. Other
// errors are those of Section.
func (s *Structure) Locate(item *imap.FetchItemBodySection) ([]Range, error) {
	r, _, err := s.locate(item)
	if err != nil {
		return nil, err
	}
	if hasFields(item) {
		return nil, ErrNeedsBody
	}
	return Cut([]Range{r}, item.Partial), nil
}

// Section returns where a section lies in raw, the message that s describes, Partial applied. A subset
// of header fields ends with the header's blank line, if it has one. ErrNoSection when the message has
// no such section, or s is not of raw; ErrNeedsBody when s is partial.
func (s *Structure) Section(raw []byte, item *imap.FetchItemBodySection) ([]Range, error) {
	r, head, err := s.locate(item)
	if err != nil {
		return nil, err
	}
	if r.End > len(raw) {
		return nil, ErrNoSection
	}
	ranges := []Range{r}
	if hasFields(item) {
		ranges = selectFields(raw[head.fields.Start:head.fields.End], item, head.fields.Start)
		ranges = appendRange(ranges, head.blank)
	}
	return Cut(ranges, item.Partial), nil
}

// selectFields returns the ranges of the fields in block that item asks for, each moved by base;
// neighbours are one range. Lines without a name are no field of any name.
func selectFields(block []byte, item *imap.FetchItemBodySection, base int) []Range {
	names, not := item.HeaderFields, false
	if len(names) == 0 {
		names, not = item.HeaderFieldsNot, true
	}
	set := make(map[string]bool, len(names))
	longest := 0
	for _, name := range names {
		set[strings.ToLower(name)] = true
		longest = max(longest, len(name))
	}
	var ranges []Range
	for off := 0; off < len(block); {
		f, _ := nextField(block, off)
		off = f.end
		name := f.name(block)
		listed := len(name) > 0 && len(name) <= longest && set[strings.ToLower(string(name))]
		if listed != not {
			ranges = appendRange(ranges, Range{base + f.start, base + f.end})
		}
	}
	return ranges
}

func appendRange(ranges []Range, r Range) []Range {
	if r.Len() == 0 {
		return ranges
	}
	if n := len(ranges); n > 0 && ranges[n-1].End == r.Start {
		ranges[n-1].End = r.End
		return ranges
	}
	return append(ranges, r)
}

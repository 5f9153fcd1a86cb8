package message

import (
	"bytes"
	"strings"
)

// field is one header field within a block, as offsets from the start of the block.
type field struct {
	start, end int // the whole field with its line breaks
	nameEnd    int // behind the name; start when the field has none that is well-formed
	value      int // behind the colon
}

// nextField returns the field that starts at off in block: a line and the lines that continue it.
// Lines without a well-formed name (RFC 5322 2.2) come as fields without a name. ok is false at the end.
func nextField(block []byte, off int) (f field, ok bool) {
	if off >= len(block) {
		return field{}, false
	}
	f = field{start: off, nameEnd: off, value: off}
	for {
		i := bytes.IndexByte(block[off:], '\n')
		if i < 0 {
			off = len(block)
			break
		}
		off += i + 1
		if off == len(block) || block[off] != ' ' && block[off] != '\t' {
			break
		}
	}
	f.end = off
	for i := f.start; i < f.end; i++ {
		switch c := block[i]; {
		case c == ':':
			name := bytes.TrimRight(block[f.start:i], " \t")
			f.value = i + 1
			if len(name) > 0 && bytes.IndexByte(name, ' ') < 0 && bytes.IndexByte(name, '\t') < 0 {
				f.nameEnd = f.start + len(name)
			}
			return f, true
		case c < ' ' && c != '\t' || c >= 0x7f:
			return f, true
		}
	}
	return f, true
}

// name returns the field's name as sent; empty for a malformed line.
func (f field) name(block []byte) []byte { return block[f.start:f.nameEnd] }

// text returns the field's value unfolded: see unfold.
func (f field) text(block []byte) string { return unfold(block[f.value:f.end]) }

// unfold returns b without line breaks and NUL bytes, tabs as spaces, trimmed (RFC 5322 2.2.3).
func unfold(b []byte) string {
	b = bytes.Trim(b, " \t\r\n\x00")
	if !bytes.ContainsAny(b, "\r\n\t\x00") {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for _, c := range b {
		switch c {
		case '\r', '\n', 0:
		case '\t':
			out = append(out, ' ')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// maxFieldName bounds the names that fieldKey folds; none that matters here is longer.
const maxFieldName = 32

// fieldKey returns name in lower case when it is short, else "".
func fieldKey(name []byte) string {
	if len(name) > maxFieldName {
		return ""
	}
	return strings.ToLower(string(name))
}

// readHeader reads the fields of p, whose header is complete, and decides what kind of part p is.
// Of a field that may stand once, the first is taken.
func (s *scanner) readHeader(p *Part) {
	parent := (*Part)(nil)
	if p.Parent != none {
		parent = &s.st.Parts[p.Parent]
	}
	if parent == nil || parent.Kind == Embedded {
		p.Envelope = new(Envelope)
	}
	block := s.raw[p.HeaderStart:p.HeaderEnd]
	if len(block) > s.left.HeaderBytes {
		s.st.Simplified = true
	}
	seen := make(map[string]bool, 8)
	for off := 0; off < len(block); {
		f, _ := nextField(block, off)
		off = f.end
		if f.end > s.left.HeaderBytes || s.left.HeaderFields <= 0 {
			s.st.Simplified = true
			break
		}
		s.left.HeaderFields--
		s.st.work += int64(f.end - f.start)
		key := fieldKey(f.name(block))
		if p.Envelope != nil {
			s.readEnvelopeField(p.Envelope, key, f, block)
		}
		if strings.HasPrefix(key, "content-") && !seen[key] {
			seen[key] = true
			s.readContentField(p, key, f.text(block))
		}
	}
	s.left.HeaderBytes = max(s.left.HeaderBytes-len(block), 0)
	s.classify(p, parent)
}

// classify gives p its default type, if it has none, and its kind, if the budget allows parts in it.
func (s *scanner) classify(p, parent *Part) {
	if p.Type == "" {
		p.defaultType(parent != nil && parent.Kind == Multipart && parent.Subtype == "digest")
	}
	kind := Leaf
	switch {
	case p.Type == "multipart":
		kind = Multipart
	case p.Type == "message" && p.Subtype == "rfc822":
		kind = Embedded
	}
	if kind == Leaf {
		return
	}
	if p.Depth >= s.budget.Depth || len(s.st.Parts) >= s.budget.Parts {
		p.leaveOpaque()
		s.st.Simplified = true
		return
	}
	p.Kind = kind
}

// defaultType is what an entity is that does not say it (RFC 2045 5.2, RFC 2046 5.1.5).
func (p *Part) defaultType(digest bool) {
	if digest {
		p.Type, p.Subtype, p.Params = "message", "rfc822", nil
		return
	}
	p.Type, p.Subtype, p.Params = "text", "plain", []Param{{"charset", "us-ascii"}}
}

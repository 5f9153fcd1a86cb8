package message

// Kind says what a part contains.
type Kind uint8

const (
	// Leaf is a part without parts: text, images, and everything that was left opaque.
	Leaf Kind = iota
	// Multipart is a multipart part; its children are its body parts, at least one.
	Multipart
	// Embedded is a message/rfc822 part; its one child is the message within.
	Embedded
)

// none is the index of a part that does not exist.
const none = -1

// Param is one parameter of a Content-Type or Content-Disposition field. Name is in lower case; it
// ends in "*" when Value is in the extended form of RFC 2231 (charset'language'percent-encoded), whose
// continuations are already joined. Value is as sent, unquoted.
type Param struct {
	Name, Value string
}

// Part is one entity of a message: the message itself, a body part, or an embedded message. Offsets
// are in bytes from the start of the whole message. Texts are as sent (encoded words not decoded),
// unfolded and without NUL bytes.
type Part struct {
	Parent int // index in Structure.Parts, -1 for the message itself
	Depth  int // 0 for the message itself
	Kind   Kind
	Opaque bool // over a budget: not looked into, shown as application/octet-stream

	HeaderStart int // first byte of the header
	HeaderEnd   int // behind the last field, before the blank line
	BodyStart   int // behind the blank line
	BodyEnd     int // behind the last byte of the body; a line break before a delimiter is not part of it
	Lines       int // line feeds in the body

	Type, Subtype     string // lower case
	Params            []Param
	ID                string
	Description       string
	Encoding          string // lower case; "7bit" when the header has none
	MD5               string
	Disposition       string // lower case; empty when the header has none
	DispositionParams []Param
	Language          []string
	Location          string

	// Envelope is set for the message itself and for embedded messages.
	Envelope *Envelope
}

// Size returns the length of the part's body in bytes, as stored (not decoded).
func (p *Part) Size() int { return p.BodyEnd - p.BodyStart }

// Structure is what Scan found. It holds no reference to the message. Read-only after Scan; safe for
// concurrent readers.
type Structure struct {
	// Parts stand in pre-order; Parts[0] is the message itself. Never empty.
	Parts []Part
	// Simplified is set when a budget cut something off.
	Simplified bool
	// Partial is set when later parts were left out of a summary: what is not found here may be in the
	// message (ErrNeedsBody).
	Partial bool

	// work counts bytes examined: the tests' measure of linearity.
	work int64
}

// Children returns the indices of the children of part i, in order. It allocates; total cost over a
// walk of the tree is at most linear in parts times depth.
func (s *Structure) Children(i int) []int {
	var list []int
	for c := s.child(i); c != none; c = s.next(c) {
		list = append(list, c)
	}
	return list
}

// child returns the first child of part i, or none.
func (s *Structure) child(i int) int {
	if i+1 < len(s.Parts) && s.Parts[i+1].Parent == i {
		return i + 1
	}
	return none
}

// next returns the sibling behind part i, or none.
func (s *Structure) next(i int) int {
	for j := i + 1; j < len(s.Parts) && s.Parts[j].Depth >= s.Parts[i].Depth; j++ {
		if s.Parts[j].Depth == s.Parts[i].Depth {
			return j
		}
	}
	return none
}

package message

import "bytes"

// Scan reads the structure of raw within b. It accepts any bytes. Time and memory are linear in
// len(raw); raw is not kept.
func Scan(raw []byte, b Budget) *Structure {
	b.Parts, b.Depth = max(b.Parts, 1), min(b.Depth, depthCeiling)
	s := &scanner{raw: raw, budget: b, st: new(Structure), left: b}
	if len(raw) > MaxRawBytes {
		s.addOpaque(none, 0)
		s.st.Parts[0].Envelope = new(Envelope)
		s.close(0, len(raw), 0)
		return s.st
	}
	s.open(none, 0)
	s.run()
	return s.st
}

// depthCeiling bounds any Budget.Depth: recursion over parts and the summary's one-byte depth rely on it.
const depthCeiling = 200

// frame is a multipart that waits for its delimiters.
type frame struct {
	part     int
	boundary string
}

// scanner walks over the lines of a message once, from start to end.
type scanner struct {
	raw    []byte
	budget Budget
	left   Budget // what is not used up
	st     *Structure

	cur      int     // innermost open part
	inHeader bool    // cur's header is not complete
	frames   []frame // open multiparts, outermost first
	lines    int     // line feeds before the current line
}

func (s *scanner) run() {
	for pos := 0; pos < len(s.raw); {
		end := len(s.raw)
		if i := bytes.IndexByte(s.raw[pos:], '\n'); i >= 0 {
			end = pos + i + 1
		}
		s.line(pos, end)
		s.st.work += int64(end - pos)
		if s.raw[end-1] == '\n' {
			s.lines++
		}
		pos = end
	}
	s.endHeaders(len(s.raw), s.lines)
	s.close(0, len(s.raw), s.lines)
}

// line takes the line raw[pos:end], line break included.
func (s *scanner) line(pos, end int) {
	line := s.raw[pos:end]
	if k, closing := s.delimiter(line); k != none {
		s.atDelimiter(k, closing, pos, end)
		return
	}
	if s.inHeader && isBlank(line) {
		s.finishHeader(pos, end, s.lines+1)
	}
}

// isBlank reports whether line is nothing but a line break.
func isBlank(line []byte) bool {
	return len(line) == 1 && line[0] == '\n' || len(line) == 2 && line[0] == '\r' && line[1] == '\n'
}

// delimiter returns the frame whose delimiter line is, innermost first, or none (RFC 2046 5.1.1; only
// white space may follow the boundary).
func (s *scanner) delimiter(line []byte) (k int, closing bool) {
	if len(s.frames) == 0 || len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return none, false
	}
	rest := bytes.TrimRight(line[2:], " \t\r\n")
	if len(rest) > maxBoundaryBytes+2 {
		return none, false
	}
	for k := len(s.frames) - 1; k >= 0; k-- {
		b := s.frames[k].boundary
		s.st.work++
		if len(rest) < len(b) || string(rest[:len(b)]) != b {
			continue
		}
		if tail := rest[len(b):]; len(tail) == 0 {
			return k, false
		} else if len(tail) == 2 && tail[0] == '-' && tail[1] == '-' {
			return k, true
		}
	}
	return none, false
}

// atDelimiter ends what is open within frame k and starts its next part, unless it is the last.
func (s *scanner) atDelimiter(k int, closing bool, pos, end int) {
	// The line break before a delimiter belongs to the delimiter.
	bodyEnd, lines := pos, s.lines
	if bodyEnd > 0 && s.raw[bodyEnd-1] == '\n' {
		bodyEnd, lines = bodyEnd-1, lines-1
		if bodyEnd > 0 && s.raw[bodyEnd-1] == '\r' {
			bodyEnd--
		}
	}
	s.endHeaders(bodyEnd, lines)
	multi := s.frames[k].part
	if c := s.outermostWithin(multi); c != none {
		s.close(c, bodyEnd, lines)
	}
	s.cur = multi
	s.frames = s.frames[:k+1]
	switch parts := len(s.st.Parts); {
	case closing:
		s.frames = s.frames[:k]
	case parts < s.budget.Parts-1:
		s.open(multi, end)
	default: // the last part that the budget allows takes all that is left of this multipart
		s.st.Simplified = true
		s.frames = s.frames[:k]
		if parts < s.budget.Parts {
			s.addOpaque(multi, end)
			s.st.Parts[s.cur].linesBefore(s.lines + 1)
		}
	}
}

// outermostWithin returns the open child of part p, or none when p itself is the innermost.
func (s *scanner) outermostWithin(p int) int {
	c := none
	for i := s.cur; i != p; i = s.st.Parts[i].Parent {
		c = i
	}
	return c
}

// linesBefore notes how many line feeds stand before the body; close makes it the count within.
func (p *Part) linesBefore(n int) { p.Lines = n }

// open starts a part whose header begins at start.
func (s *scanner) open(parent, start int) {
	p := Part{Parent: parent, HeaderStart: start, Encoding: "7bit"}
	if parent != none {
		p.Depth = s.st.Parts[parent].Depth + 1
	}
	s.cur, s.inHeader = len(s.st.Parts), true
	s.st.Parts = append(s.st.Parts, p)
}

// addOpaque starts a part that will not be looked into.
func (s *scanner) addOpaque(parent, start int) {
	s.open(parent, start)
	p := &s.st.Parts[s.cur]
	p.HeaderEnd, p.BodyStart = start, start
	p.leaveOpaque()
	s.st.Simplified, s.inHeader = true, false
}

// leaveOpaque makes p a leaf of unknown content; its description stays.
func (p *Part) leaveOpaque() {
	p.Kind, p.Opaque = Leaf, true
	p.Type, p.Subtype, p.Params = "application", "octet-stream", nil
}

// endHeaders completes headers that a delimiter or the end of the message cut off at pos.
func (s *scanner) endHeaders(pos, lines int) {
	for s.inHeader {
		at := max(pos, s.st.Parts[s.cur].HeaderStart)
		s.finishHeader(at, at, lines)
	}
}

// finishHeader ends cur's header at end and starts its body at body, before which the message has the
// given number of line feeds; what the header says decides what comes next.
func (s *scanner) finishHeader(end, body, lines int) {
	p := &s.st.Parts[s.cur]
	p.HeaderEnd, p.BodyStart = end, body
	p.linesBefore(lines)
	s.inHeader = false
	s.readHeader(p)
	switch p.Kind {
	case Multipart:
		if b := p.boundary(); b != "" {
			s.frames = append(s.frames, frame{s.cur, b})
		}
	case Embedded:
		identity := p.Encoding == "7bit" || p.Encoding == "8bit" || p.Encoding == "binary"
		s.open(s.cur, body)
		if !identity { // forbidden by RFC 2046 5.2.1, yet seen: the text within cannot be a header
			s.finishHeader(body, body, lines)
		}
	}
}

// boundary returns the boundary of a multipart, or "" when it has none that can be used.
func (p *Part) boundary() string {
	for _, param := range p.Params {
		if param.Name == "boundary" && len(param.Value) <= maxBoundaryBytes {
			return string(bytes.TrimRight([]byte(param.Value), " \t"))
		}
	}
	return ""
}

// close ends part c and every open part within it: all of them end where c ends.
func (s *scanner) close(c, end, lines int) {
	if bodyStart := s.st.Parts[c].BodyStart; bodyStart > end {
		end = bodyStart
	}
	for i := s.cur; ; i = s.st.Parts[i].Parent {
		p := &s.st.Parts[i]
		p.BodyEnd = end
		p.BodyStart = min(p.BodyStart, end)
		p.HeaderEnd = min(p.HeaderEnd, p.BodyStart)
		p.HeaderStart = min(p.HeaderStart, p.HeaderEnd)
		p.Lines = max(lines-p.Lines, 0)
		if p.Kind == Multipart && s.st.child(i) == none {
			s.fillEmpty(i)
		}
		if i == c {
			return
		}
	}
}

// fillEmpty gives a multipart in which no delimiter was found its one part: the whole body, as text.
// A budget for it is there, or finishHeader had not made i a multipart.
func (s *scanner) fillEmpty(i int) {
	m := s.st.Parts[i]
	p := Part{Parent: i, Depth: m.Depth + 1, Encoding: "7bit", Lines: m.Lines}
	p.HeaderStart, p.HeaderEnd, p.BodyStart, p.BodyEnd = m.BodyStart, m.BodyStart, m.BodyStart, m.BodyEnd
	p.defaultType(false)
	s.st.Parts = append(s.st.Parts, p)
}

package imapgate

import (
	"bufio"
	"bytes"
)

// headerBytes bounds what follows an opening brace: {4294967295+} has 13 bytes.
const headerBytes = 13

// scan is the state of one command being read.
type scan struct {
	max      bounds
	head     *command // tag and name; nil until a literal is announced
	line     []byte   // what the engine will get
	lineRead int      // bytes of lines, literals not counted
	literals int
	literal  int64 // bytes of literals

	quoted, escaped bool
	depth           int
	header          []byte // from an opening brace on; nil when there is none in this piece

	refused *fault // the answer once the command is read to its end; line is no longer kept
}

// piece reads up to the next line end. header is the literal header the piece ends with, or empty:
// then the command is complete. first says that the command begins here, where the client may leave.
func (s *scan) piece(f *framer, first bool) (header string, err error) {
	s.header = nil
	for i := 0; ; i++ {
		ch, err := f.r.ReadByte()
		if err != nil {
			if first && i == 0 {
				return "", err
			}
			return "", midway(err)
		}
		if first && i == 0 {
			f.began()
		}
		if ch == '\r' {
			if ch, err = f.r.ReadByte(); err != nil {
				return "", midway(err)
			}
			if ch != '\n' {
				return "", fatal("*", "Bare CR")
			}
		}
		if ch == '\n' {
			return s.endPiece()
		}
		if fault := s.push(ch); fault != nil {
			return "", fault
		}
	}
}

// endPiece checks what may not be open at a line end.
func (s *scan) endPiece() (string, error) {
	if s.quoted {
		return "", fatal("*", "Line ends in a quoted string")
	}
	return string(s.header), nil
}

// push takes one byte of a line.
func (s *scan) push(ch byte) *fault {
	s.lineRead++
	switch {
	case ch == 0:
		return fatal("*", "NUL byte")
	case s.lineRead > s.lineMax():
		return fatal("*", "Command too long")
	case s.header != nil:
		s.header = append(s.header, ch)
		if len(s.header) > headerBytes {
			return fatal("*", "Malformed literal")
		}
		return nil
	case s.quoted:
		s.pushQuoted(ch)
	case ch == '"':
		s.quoted = true
	case ch == '{':
		return s.openBrace()
	case ch == '(':
		if s.depth++; s.depth > parenDepth {
			return fatal("*", "Lists nested too deep")
		}
	case ch == ')' && s.depth > 0:
		s.depth--
	}
	return s.keep(ch)
}

// pushQuoted follows a quoted string to its end.
func (s *scan) pushQuoted(ch byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case ch == '\\':
		s.escaped = true
	case ch == '"':
		s.quoted = false
	}
}

// openBrace begins a literal header, which may stand only where an argument may: anywhere else client
// and guard would not agree on what follows. That leaves out literal8, ~{n}, which only BINARY allows.
func (s *scan) openBrace() *fault {
	n := len(s.line)
	if s.refused == nil && (n == 0 || s.line[n-1] != ' ' && s.line[n-1] != '(') {
		return fatal("*", "Malformed literal")
	}
	s.header = []byte{'{'}
	return nil
}

// keep appends a byte to the line.
func (s *scan) keep(ch byte) *fault {
	if s.refused != nil {
		return nil
	}
	if len(s.line) >= s.max.total {
		return fatal("*", "Command too long")
	}
	s.line = append(s.line, ch)
	return nil
}

// lineMax is the limit for this command's lines. It is asked for every byte; the name is looked at
// only when the usual limit is passed.
func (s *scan) lineMax() int {
	if s.lineRead <= s.max.line {
		return s.max.line
	}
	if c, fault := parseHead(s.line); fault == nil && c.name == "AUTHENTICATE" {
		return s.max.authLine
	}
	return s.max.line
}

// messageNext reports that the literal announced now is an APPEND's message: the first literal that is
// not the mailbox's name.
func (s *scan) messageNext() bool {
	return s.head.name == "APPEND" && s.head.args < len(s.line) && s.line[len(s.line)-1] == ' '
}

// charge counts a literal against the limits, before it is asked for or read. A client that sends it
// unasked is turned away at once.
func (s *scan) charge(lit message) *fault {
	s.literals++
	s.literal += lit.size
	if s.literals <= s.max.literalCount && lit.size <= s.max.literal && s.literal <= s.max.literalTotal {
		return nil
	}
	f := no(s.head.tag, "LIMIT", "Too many or too large literals for this command")
	f.fatal = !lit.sync
	return f
}

// refuse remembers the first, or a fatal, reason why the command will not run, and lets go of what was
// read of it.
func (s *scan) refuse(f *fault) {
	if s.refused == nil || f.fatal {
		s.refused = f
		s.line = nil
	}
}

// quote reads a literal and appends it to the line as a quoted string. Line breaks cannot stand in
// one; no name and no text to search for needs them.
func (s *scan) quote(r *bufio.Reader, size int64) error {
	if fault := s.keep('"'); fault != nil {
		return fault
	}
	for range size {
		ch, err := r.ReadByte()
		if err != nil {
			return midway(err)
		}
		switch ch {
		case 0:
			return fatal(s.head.tag, "NUL byte")
		case '\r', '\n':
			s.refuse(bad(s.head.tag, "Line break in a literal of this command"))
		case '"', '\\':
			if fault := s.keep('\\'); fault != nil {
				return fault
			}
		}
		if fault := s.keep(ch); fault != nil {
			return fault
		}
	}
	if fault := s.keep('"'); fault != nil {
		return fault
	}
	return nil
}

// finish makes the command of a complete line.
func (s *scan) finish() (*command, error) {
	if s.refused != nil {
		return nil, s.refused
	}
	c := s.head
	if c == nil {
		var fault *fault
		if c, fault = parseHead(s.line); fault != nil {
			return nil, fault
		}
	}
	c.line = bytes.TrimSuffix(s.line, []byte{' '})
	c.args = min(c.args, len(c.line))
	return c, nil
}

package imapgate

import (
	"bufio"
	"errors"
	"io"
)

// bounds are the sizes a framer accepts. Bytes, unless the name says otherwise.
type bounds struct {
	line         int   // the lines of a command, without literals
	authLine     int   // the same for AUTHENTICATE
	total        int   // the command as the engine gets it: literals as quoted strings
	literal      int64 // one literal
	literalTotal int64 // all literals
	literalCount int
}

var (
	preAuthBounds = bounds{
		line: preAuthLineBytes, authLine: authLineBytes, total: preAuthTotalBytes,
		literal: preAuthLiteralBytes, literalTotal: preAuthLiteralBytes, literalCount: preAuthLiterals,
	}
	sessionBounds = bounds{
		line: commandBytes, authLine: commandBytes, total: commandBytes,
		literal: literalBytes, literalTotal: commandBytes, literalCount: literalCount,
	}
)

// framer finds the commands in a client's bytes. It is a pure function of the bytes and of the answers
// of its two hooks: no clock, no goroutine. It never reads beyond the command it returns.
type framer struct {
	r *bufio.Reader
	// began is called after the first byte of each command.
	began func()
	// proceed asks the client for a synchronising literal (RFC 3501 section 7.5).
	proceed func() error
	// admit says whether the command may run, before any of its literals is asked for.
	admit func(*command) *fault
}

// next reads one command. An error is a *fault, to be answered; io.EOF, when the client left between
// commands; or the reader's error, io.ErrUnexpectedEOF in place of io.EOF. After a fatal fault and
// after a reader's error the framer must not be used again.
func (f *framer) next(b bounds) (*command, error) {
	s := scan{max: b}
	for first := true; ; first = false {
		header, err := s.piece(f, first)
		if err != nil {
			return nil, err
		}
		if header == "" {
			return s.finish()
		}
		done, err := f.literal(&s, header)
		if done || err != nil {
			return s.head, err
		}
	}
}

// literal deals with a literal header at the end of a piece. It reports done when the command is to be
// returned, or refused, without more reading.
func (f *framer) literal(s *scan, header string) (done bool, err error) {
	lit, ok := parseLiteral(header)
	if !ok {
		return true, fatal("*", "Malformed literal")
	}
	if s.head == nil {
		c, fault := parseHead(s.line)
		if fault != nil {
			fault.fatal = true
			return true, fault
		}
		s.head = c
	}
	if !lit.sync && lit.size > nonSyncLiteralBytes {
		return true, fatal(s.head.tag, "Non-synchronizing literals are limited to 4096 bytes")
	}
	if s.refused == nil {
		if refusal := f.admit(s.head); refusal != nil {
			s.refuse(refusal)
		} else if s.messageNext() {
			s.head.line, s.head.message = s.line, &lit
			return true, nil
		}
	}
	if refusal := s.charge(lit); refusal != nil {
		s.refuse(refusal)
	}
	if s.refused != nil && (lit.sync || s.refused.fatal) {
		return true, s.refused
	}
	if lit.sync {
		if err := f.proceed(); err != nil {
			return true, err
		}
	}
	return false, s.quote(f.r, lit.size)
}

// rawLine reads one line that is no command, of at most max bytes, without its line end.
func (f *framer) rawLine(max int) ([]byte, error) {
	var line []byte
	for {
		ch, err := f.r.ReadByte()
		if err != nil {
			return nil, midway(err)
		}
		if len(line) == 0 {
			f.began()
		}
		switch {
		case ch == '\n':
			if n := len(line); n > 0 && line[n-1] == '\r' {
				line = line[:n-1]
			}
			return line, nil
		case len(line) >= max:
			return nil, fatal("*", "Line too long")
		}
		line = append(line, ch)
	}
}

// midway turns the end of the stream inside a command into an error.
func midway(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseLiteral reads the header of a literal, braces included: {n}, or {n+}. Ten digits are more than
// any limit.
func parseLiteral(header string) (message, bool) {
	m := message{sync: true}
	n := len(header)
	if n < 3 || header[0] != '{' || header[n-1] != '}' {
		return m, false
	}
	digits := header[1 : n-1]
	if digits[len(digits)-1] == '+' {
		m.sync = false
		digits = digits[:len(digits)-1]
	}
	if len(digits) == 0 || len(digits) > 10 {
		return m, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return m, false
		}
		m.size = m.size*10 + int64(digits[i]-'0')
	}
	return m, true
}

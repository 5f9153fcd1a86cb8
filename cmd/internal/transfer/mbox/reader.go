package mbox

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"
)

// Quoting says how lines that begin with "From " were made no beginnings of messages.
type Quoting string

// The ways of quoting.
const (
	RD   Quoting = "mboxrd" // one ">" before each line of any number of ">" and "From "
	O    Quoting = "mboxo"  // one ">" before "From " alone; ">From " itself cannot be told from it
	None Quoting = "none"   // nothing is quoted
)

// bufferBytes is how much of a file is read at once; longer lines come in parts.
const bufferBytes = 256 << 10

// ErrNoMbox is returned when a file does not begin with a "From " line.
var ErrNoMbox = errors.New("it is no mbox: its first line does not begin with \"From \" and a date")

// errTooBig marks a message over the limit; package transfer's error takes its place for callers.
var errTooBig = errors.New("too big")

// message is one of a file's messages as it stands there.
type message struct {
	number int   // from 1
	offset int64 // of its From line, in bytes
	bytes  int64 // all of it in the file
	date   time.Time
	body   []byte // without the From line and the empty line at the end, unquoted
	err    error
}

// scanner splits a stream into messages.
type scanner struct {
	r       *bufio.Reader
	quoting Quoting
	limit   int64
	at      int64  // offset of the next byte
	from    []byte // the From line of the next message, or nil at the end
	fromAt  int64
	number  int
}

// newScanner begins at the first From line. Errors: ErrNoMbox; io.EOF for an empty stream.
func newScanner(r io.Reader, quoting Quoting, limit int64) (*scanner, error) {
	s := &scanner{r: bufio.NewReaderSize(r, bufferBytes), quoting: quoting, limit: limit}
	for {
		begin := s.at
		line, whole, err := s.line()
		if len(line) == 0 {
			return nil, err
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			continue // empty lines before the first message
		}
		if _, ok := fromLine(line); !ok || !whole {
			return nil, ErrNoMbox
		}
		s.from, s.fromAt = bytes.Clone(line), begin
		return s, nil
	}
}

// line returns the next line with its end, or a part of it when it is longer than the buffer; whole is then
// false. The bytes are good until the next call. An empty line means the end: io.EOF, or why.
func (s *scanner) line() (line []byte, whole bool, err error) {
	line, err = s.r.ReadSlice('\n')
	s.at += int64(len(line))
	switch {
	case err == nil:
		return line, true, nil
	case errors.Is(err, bufio.ErrBufferFull):
		return line, false, nil
	case errors.Is(err, io.EOF) && len(line) > 0:
		return line, true, nil
	}
	return nil, true, err
}

// next returns the next message; io.EOF after the last one. Another error means that the stream cannot be
// read on.
func (s *scanner) next() (message, error) {
	if s.from == nil {
		return message{}, io.EOF
	}
	s.number++
	m := message{number: s.number, offset: s.fromAt}
	m.date, _ = fromLine(s.from)
	s.from = nil
	blank := 0         // length of the empty line just read, kept back: it may be the separator
	var kept []byte    // that empty line
	fresh := true      // the next bytes begin a line
	afterBlank := true // the line before was empty, or the From line
	for {
		begin := s.at
		line, whole, err := s.line()
		if len(line) == 0 {
			if !errors.Is(err, io.EOF) {
				return message{}, err
			}
			m.bytes = s.at - m.offset
			return m, nil
		}
		if fresh && whole && afterBlank {
			if _, ok := fromLine(line); ok {
				s.from, s.fromAt = bytes.Clone(line), begin
				m.bytes = begin - m.offset
				return m, nil
			}
		}
		if blank > 0 {
			s.add(&m, kept)
			blank = 0
		}
		empty := fresh && whole && len(bytes.TrimRight(line, "\r\n")) == 0
		if empty {
			kept, blank = append(kept[:0], line...), len(line)
		} else {
			if fresh {
				line = s.quoting.unquote(line)
			}
			s.add(&m, line)
		}
		fresh, afterBlank = whole, empty
	}
}

// add appends to a message, up to the limit.
func (s *scanner) add(m *message, b []byte) {
	switch {
	case m.err != nil:
	case int64(len(m.body)+len(b)) > s.limit:
		m.body, m.err = nil, errTooBig
	default:
		m.body = append(m.body, b...)
	}
}

var fromWord = []byte("From ")

// unquote takes the mark off a quoted line.
func (q Quoting) unquote(line []byte) []byte {
	marks := 0
	for marks < len(line) && line[marks] == '>' {
		marks++
	}
	if marks == 0 || q == None || q == O && marks > 1 || !bytes.HasPrefix(line[marks:], fromWord) {
		return line
	}
	return line[1:]
}

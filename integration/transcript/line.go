package transcript

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Chunk is what passed a connection at a time.
type Chunk struct {
	At     int64
	Server bool // it came from the server
	Bytes  []byte
}

// Line is one line with the literals in it, without the CRLF at its end.
type Line struct {
	At     int64 // when its first byte was sent, or its last one was read
	Server bool
	Text   []byte
}

// String returns the line as in a transcript.
func (l Line) String() string {
	who := "C"
	if l.Server {
		who = "S"
	}
	return fmt.Sprintf("%d %s: %q", l.At, who, l.Text)
}

// Session is one connection.
type Session struct {
	Name  string
	Lines []Line
}

// Lines makes lines of chunks, in the order in which a client sent and read them. What is not whole at the end, because
// the connection was lost, is left out when it is the server's, and cut when it is the client's.
func Lines(chunks []Chunk) []Line {
	type placed struct {
		Line
		chunk int
	}
	var all []placed
	for _, server := range []bool{false, true} {
		var text []byte
		begin := -1
		for i, c := range chunks {
			if c.Server != server {
				continue
			}
			for _, b := range c.Bytes {
				if begin < 0 {
					begin = i
				}
				text = append(text, b)
				if b != '\n' || open(text) {
					continue
				}
				at := begin
				if server {
					at = i
				}
				all = append(all, placed{Line{chunks[at].At, server, bytes.TrimSuffix(text[:len(text)-1], []byte("\r"))}, at})
				text, begin = nil, -1
			}
		}
		if !server && len(text) > 0 {
			all = append(all, placed{Line{chunks[begin].At, false, text}, begin})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.chunk, b.chunk) })
	lines := make([]Line, len(all))
	for i := range all {
		lines[i] = all[i].Line
	}
	return lines
}

// open reports whether text, which ends with LF, goes on with a literal.
func open(text []byte) bool {
	for at := 0; ; {
		n := bytes.IndexByte(text[at:], '\n')
		if n < 0 {
			return true // within a literal
		}
		at += n + 1
		size, ok := literal(text[:at])
		if !ok {
			return at < len(text)
		}
		if at += size; at >= len(text) {
			return true
		}
	}
}

// literal returns the size of the literal that a line that ends in {n}CRLF announces.
func literal(line []byte) (int, bool) {
	line = bytes.TrimSuffix(bytes.TrimRight(line, "\r\n"), []byte("}"))
	at := bytes.LastIndexByte(line, '{')
	if at < 0 {
		return 0, false
	}
	n, err := strconv.Atoi(string(bytes.TrimRight(line[at+1:], "+-")))
	return n, err == nil && n >= 0
}

package imapgate

import "strings"

// command is one client command on one line.
type command struct {
	tag  string
	name string // upper case; "UID FETCH" and the like for the UID forms
	// line is the command without its line end, literals turned into quoted strings. An APPEND's line
	// ends where the header of its message's literal stood.
	line    []byte
	args    int      // line[args:] are the arguments
	message *message // APPEND only; nil when the command had none
}

// message is the announced literal of an APPEND: size bytes which the framer has not read.
type message struct {
	size int64
	sync bool // the client waits for a continuation request before it sends them
}

// arguments returns the command's arguments without the space before them.
func (c *command) arguments() string { return string(c.line[c.args:]) }

// fault is a refusal by the guard: an answer to the client and, when it cannot be known where the
// client's next command begins, the end of the connection.
type fault struct {
	tag   string // "*" when the command had none that could be read
	kind  string // NO or BAD
	code  string // response code without brackets, or empty
	text  string
	fatal bool
}

// Error makes a fault an error; it goes to the client, not to a log.
func (f *fault) Error() string { return "imapgate: refused: " + f.text }

func bad(tag, text string) *fault { return &fault{tag: tag, kind: "BAD", text: text} }

func no(tag, code, text string) *fault {
	return &fault{tag: tag, kind: "NO", code: code, text: text}
}

func fatal(tag, text string) *fault {
	return &fault{tag: tag, kind: "BAD", text: text, fatal: true}
}

// lines renders the answer; a fatal one is followed by BYE (RFC 3501 section 7.1.5).
func (f *fault) lines() string {
	var b strings.Builder
	b.WriteString(statusLine(f.tag, f.kind, f.code, f.text))
	if f.fatal {
		b.WriteString(statusLine("*", "BYE", "", f.text))
	}
	return b.String()
}

// statusLine renders one status response.
func statusLine(tag, kind, code, text string) string {
	if code != "" {
		code = "[" + code + "] "
	}
	return tag + " " + kind + " " + code + text + "\r\n"
}

// parseHead reads tag and name from the beginning of a line; what is no name is an empty one. The
// returned command has neither line nor message yet. What it accepts as a tag and as a name of the table
// is a subset of what the engine does.
func parseHead(line []byte) (*command, *fault) {
	if len(line) == 0 {
		return nil, bad("*", "Empty line")
	}
	tag, n := word(line)
	switch {
	case n == 0:
		return nil, fatal("*", "Empty tag")
	case n > tagBytes:
		return nil, fatal("*", "Tag too long")
	}
	for i := range n {
		if !atomChar(line[i]) || line[i] == '+' {
			return nil, fatal("*", "Invalid tag")
		}
	}
	c := &command{tag: tag}
	rest := skipSpace(line, n)
	name, m := word(line[rest:])
	end := rest + m
	if strings.EqualFold(name, "UID") {
		rest = skipSpace(line, end)
		sub, m := word(line[rest:])
		name, end = "UID "+sub, rest+m
	}
	if letters(strings.TrimPrefix(name, "UID ")) {
		c.name = strings.ToUpper(name)
	}
	c.args = skipSpace(line, end)
	return c, nil
}

// word returns what stands before the first space, and its length.
func word(b []byte) (string, int) {
	for i, ch := range b {
		if ch == ' ' {
			return string(b[:i]), i
		}
	}
	return string(b), len(b)
}

// skipSpace returns the index after one space at i, if there is one.
func skipSpace(b []byte, i int) int {
	if i < len(b) && b[i] == ' ' {
		return i + 1
	}
	return i
}

func letters(s string) bool {
	for i := range len(s) {
		if ch := s[i] | 0x20; ch < 'a' || ch > 'z' {
			return false
		}
	}
	return s != ""
}

// atomChar reports ATOM-CHAR of RFC 3501 section 9, without the obsolete 8-bit ones.
func atomChar(ch byte) bool {
	switch ch {
	case '(', ')', '{', ' ', '%', '*', '"', '\\', ']':
		return false
	}
	return ch > 0x1f && ch < 0x7f
}

package message

import "strings"

// lexer reads a structured field value (RFC 5322 3.2) from left to right; its position only grows, so
// whatever is built on it is linear.
type lexer struct {
	s string
	i int
}

func (l *lexer) done() bool { return l.i >= len(l.s) }

// peek returns the next byte, 0 at the end.
func (l *lexer) peek() byte {
	if l.done() {
		return 0
	}
	return l.s[l.i]
}

// skip passes white space and comments; it returns the text of the last comment and whether there was
// anything to pass.
func (l *lexer) skip() (comment string, any bool) {
	for !l.done() {
		switch l.s[l.i] {
		case ' ', '\t', '\r', '\n':
			l.i++
		case '(':
			comment = l.comment()
		default:
			return comment, any
		}
		any = true
	}
	return comment, any
}

// comment passes the comment at the current parenthesis and returns what is in it, with quoting undone.
// One that is not closed reaches to the end; parentheses beyond maxCommentDepth are text.
func (l *lexer) comment() string {
	l.i++
	var text strings.Builder
	for depth := 1; !l.done(); l.i++ {
		c := l.s[l.i]
		switch {
		case c == '\\' && l.i+1 < len(l.s):
			l.i++
			c = l.s[l.i]
		case c == '(' && depth < maxCommentDepth:
			depth++
		case c == ')':
			depth--
			if depth == 0 {
				l.i++
				return strings.TrimSpace(text.String())
			}
		}
		text.WriteByte(c)
	}
	return strings.TrimSpace(text.String())
}

// quoted passes the quoted string at the current quote and returns its content. One that is not closed
// reaches to the end.
func (l *lexer) quoted() string {
	l.i++
	var text strings.Builder
	for ; !l.done(); l.i++ {
		c := l.s[l.i]
		if c == '"' {
			l.i++
			break
		}
		if c == '\\' && l.i+1 < len(l.s) {
			l.i++
			c = l.s[l.i]
		}
		text.WriteByte(c)
	}
	return text.String()
}

// until passes and returns the bytes before the first that is in stop.
func (l *lexer) until(stop string) string {
	start := l.i
	for !l.done() && strings.IndexByte(stop, l.s[l.i]) < 0 {
		l.i++
	}
	return l.s[start:l.i]
}

package message

import "strings"

// Mailboxes returns the addresses of a mailbox list (RFC 5322, 3.4; RFC 6532 for letters beyond ASCII), at most
// max, in order. It is for judging who wrote a message, so it is strict where the reader of ENVELOPE guesses:
// false for everything that two readers could understand differently, such as an unquoted @ in a name, a comma
// that is missing, or something after the address. Groups and address literals are refused. Of the obsolete
// forms it takes dots in names, as in "John Q. Public".
func Mailboxes(value string, max int) (list []Address, ok bool) {
	r := strictReader{lexer{s: value}}
	for {
		a, ok := r.mailbox()
		if !ok || len(list) >= max {
			return nil, false
		}
		list = append(list, a)
		if r.done() {
			return list, true
		}
		if !r.take(',') {
			return nil, false
		}
	}
}

// strictReader reads a field value without repairing it.
type strictReader struct{ lexer }

// mailbox reads name <local@domain> or local@domain, with the white space and comments around it.
func (r *strictReader) mailbox() (a Address, ok bool) {
	var words []string
	for {
		if !r.space() {
			return a, false
		}
		switch c := r.peek(); {
		case c == '<':
			r.i++
			a.Name = strings.Join(words, " ")
			ok = r.address(&a, nil) && r.take('>') && r.space()
			return a, ok
		case c == '@':
			ok = len(words) == 1 && r.address(&a, words) && r.space()
			return a, ok
		}
		word, ok := r.word()
		if !ok {
			return a, false
		}
		words = append(words, word)
	}
}

// address reads local@domain, of which the local part may have been read already.
func (r *strictReader) address(a *Address, local []string) bool {
	if local == nil {
		word, ok := r.localPart()
		if !ok {
			return false
		}
		local = []string{word}
	}
	a.Mailbox = local[0]
	if !r.take('@') {
		return false
	}
	if !r.space() {
		return false
	}
	start := r.i
	a.Host = r.until(notAtom)
	return r.i > start && dotAtom(a.Host) && r.space()
}

func (r *strictReader) localPart() (string, bool) {
	if !r.space() {
		return "", false
	}
	word, ok := r.word()
	return word, ok && r.space()
}

// notAtom are the bytes that end an atom (RFC 5322, 3.2.3); the dot does not.
const notAtom = "()<>[]:;@\\,\" \t\r\n\x00\x7f"

// word reads a quoted string, which it returns unquoted, or an atom that may have dots.
func (r *strictReader) word() (string, bool) {
	if r.peek() != '"' {
		atom := r.until(notAtom)
		return atom, atom != "" && noControl(atom)
	}
	r.i++
	var text strings.Builder
	for ; !r.done(); r.i++ {
		c := r.s[r.i]
		switch {
		case c == '"':
			r.i++
			return text.String(), true
		case c == '\\' && r.i+1 < len(r.s):
			r.i++
			c = r.s[r.i]
		}
		if c < ' ' && c != '\t' || c == 0x7f {
			return "", false
		}
		text.WriteByte(c)
	}
	return "", false
}

// space passes white space and comments; false when a comment is not closed or too deep.
func (r *strictReader) space() bool {
	for !r.done() {
		switch r.s[r.i] {
		case ' ', '\t', '\r', '\n':
			r.i++
		case '(':
			if !r.passComment() {
				return false
			}
		default:
			return true
		}
	}
	return true
}

func (r *strictReader) passComment() bool {
	for depth := 0; !r.done(); r.i++ {
		switch r.s[r.i] {
		case '\\':
			r.i++
		case '(':
			if depth++; depth > maxCommentDepth {
				return false
			}
		case ')':
			if depth--; depth == 0 {
				r.i++
				return true
			}
		}
	}
	return false
}

// take passes c, if it is next.
func (r *strictReader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.i++
	return true
}

// dotAtom reports whether s is atoms with single dots between them.
func dotAtom(s string) bool {
	return noControl(s) && s != "" && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

func noControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

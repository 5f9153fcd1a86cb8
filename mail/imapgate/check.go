package imapgate

import "strings"

// check refuses commands that are well framed but that the engine, or the session behind it, must not
// see. nil means that the command may go on.
func check(c *command) *fault {
	switch strings.TrimPrefix(c.name, "UID ") {
	case "FETCH":
		if !partialsValid(c.arguments()) {
			return bad(c.tag, "Malformed partial range")
		}
	case "SEARCH":
		if countJoins(c.arguments()) > searchJoins {
			return bad(c.tag, "Search has too many NOT and OR keys")
		}
	}
	return nil
}

// partialsValid reports that each < of a FETCH begins <number.nz-number> with 32-bit numbers (RFC 3501
// section 9): the engine adds them up in 64 bits without a check.
func partialsValid(args string) bool {
	for rest := unquoted(args); ; {
		_, after, found := strings.Cut(rest, "<")
		if !found {
			return true
		}
		partial, tail, closed := strings.Cut(after, ">")
		offset, size, dotted := strings.Cut(partial, ".")
		if !closed || !dotted || !number32(offset) || !number32(size) || strings.Trim(size, "0") == "" {
			return false
		}
		rest = tail
	}
}

// number32 reports a decimal number below 2^32.
func number32(s string) bool {
	if s == "" || len(s) > 10 {
		return false
	}
	var v uint64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		v = v*10 + uint64(s[i]-'0')
	}
	return v < 1<<32
}

// countJoins counts the NOT and OR keys of a SEARCH; each nests the keys after it one level deeper.
func countJoins(args string) int {
	n := 0
	words := strings.FieldsFunc(unquoted(args), func(r rune) bool { return r == ' ' || r == '(' || r == ')' })
	for _, w := range words {
		if strings.EqualFold(w, "NOT") || strings.EqualFold(w, "OR") {
			n++
		}
	}
	return n
}

// unquoted blanks out quoted strings: each becomes one quotation mark.
func unquoted(args string) string {
	var b strings.Builder
	quoted, escaped := false, false
	for i := range len(args) {
		ch := args[i]
		switch {
		case !quoted:
			b.WriteByte(ch)
			quoted = ch == '"'
		case escaped:
			escaped = false
		case ch == '\\':
			escaped = true
		case ch == '"':
			quoted = false
		}
	}
	return b.String()
}

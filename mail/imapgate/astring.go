package imapgate

import "strings"

// astring reads an ASTRING of RFC 3501 section 9 from the beginning of args: quoted, or of
// ASTRING-CHARs. Literals were made quoted strings by the framer.
func astring(args string) (value, rest string, ok bool) {
	if !strings.HasPrefix(args, `"`) {
		n := 0
		for n < len(args) && (atomChar(args[n]) || args[n] == ']') {
			n++
		}
		return args[:n], args[n:], n > 0
	}
	var b strings.Builder
	for i := 1; i < len(args); i++ {
		switch args[i] {
		case '"':
			return b.String(), args[i+1:], true
		case '\\':
			if i++; i == len(args) {
				return "", "", false
			}
		}
		b.WriteByte(args[i])
	}
	return "", "", false
}

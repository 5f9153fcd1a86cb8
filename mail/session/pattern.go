package session

import "strings"

// pattern is a LIST pattern joined with its reference (RFC 3501, 6.3.8).
type pattern string

// newPattern joins reference and pattern. INBOX is spelled in any case (RFC 9051, 5.1): a first component
// without wildcards is made canonical here, one with wildcards is compared without case by matches.
func newPattern(reference, text string) pattern {
	p := reference + text
	if reference != "" && !strings.HasSuffix(reference, string(delimiter)) && text != "" && text[0] != delimiter {
		p = reference + string(delimiter) + text
	}
	p = strings.TrimPrefix(p, string(delimiter))
	first, rest, found := strings.Cut(p, string(delimiter))
	if strings.EqualFold(first, inbox) {
		first = inbox
	}
	if found {
		return pattern(first + string(delimiter) + rest)
	}
	return pattern(first)
}

// matches reports whether name matches: * stands for anything, % for anything within a level. It needs
// time in proportion to len(name) x len(p), whatever the pattern.
func (p pattern) matches(name string) bool {
	fold := 0 // bytes of name that are compared without case
	if name == inbox || strings.HasPrefix(name, inbox+string(delimiter)) {
		fold = len(inbox)
	}
	// reached[i]: the pattern so far can match name[:i].
	reached := make([]bool, len(name)+1)
	reached[0] = true
	for k := range len(p) {
		switch c := p[k]; c {
		case '*', '%':
			for i := range len(name) {
				if reached[i] && !reached[i+1] && (c == '*' || name[i] != delimiter) {
					reached[i+1] = true
				}
			}
		default:
			for i := len(name); i > 0; i-- {
				reached[i] = reached[i-1] && sameByte(c, name[i-1], i <= fold)
			}
			reached[0] = false
		}
	}
	return reached[len(name)]
}

func sameByte(a, b byte, fold bool) bool {
	return a == b || fold && a|0x20 == b|0x20 && 'a' <= a|0x20 && a|0x20 <= 'z'
}

func matchesAny(patterns []pattern, name string) bool {
	for _, p := range patterns {
		if p.matches(name) {
			return true
		}
	}
	return false
}

package smtpgate

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"troxymail/mail/delivery"
)

// Bounds of a path (RFC 5321, 4.5.3.1), in bytes.
const (
	maxLocal  = 64
	maxDomain = 255
	maxPath   = 256
)

// path is the address of a MAIL or RCPT command.
type path struct {
	address delivery.Address
	utf8    bool // it has other letters than ASCII's
}

// String returns the path as it is written between angle brackets: the local part quoted where it must be.
func (p path) String() string {
	if p.address.IsNull() {
		return ""
	}
	local := p.address.Local
	if !isDotString(local) {
		var b strings.Builder
		b.WriteByte('"')
		for i := range len(local) {
			if local[i] == '"' || local[i] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(local[i])
		}
		local = b.String() + `"`
	}
	if p.address.Domain == "" {
		return local
	}
	return local + "@" + p.address.Domain
}

// readPath reads a path in angle brackets from the start of s and returns what follows it. The null path is
// read as such; a path without a domain is taken of postmaster alone (RFC 5321, 4.5.1). A source route is
// passed over (RFC 5321, appendix C).
func readPath(s string) (p path, rest string, ok bool) {
	if len(s) == 0 || s[0] != '<' {
		return p, s, false
	}
	s = s[1:]
	if strings.HasPrefix(s, "@") {
		route, after, found := strings.Cut(s, ":")
		if !found || strings.ContainsAny(route, " \t<>\"\\") {
			return p, s, false
		}
		s = after
	}
	if rest, found := strings.CutPrefix(s, ">"); found {
		return p, rest, true
	}
	local, s, ok := readLocal(s)
	if !ok || len(local) > maxLocal || !utf8.ValidString(local) {
		return p, s, false
	}
	p.address.Local, p.utf8 = local, !isASCII(local)
	if rest, found := strings.CutPrefix(s, ">"); found {
		return p, rest, strings.EqualFold(local, "postmaster")
	}
	if !strings.HasPrefix(s, "@") {
		return p, s, false
	}
	domain, rest, found := strings.Cut(s[1:], ">")
	if !found || !isDomain(domain) || len(local)+1+len(domain) > maxPath {
		return p, s, false
	}
	p.address.Domain, p.utf8 = domain, p.utf8 || !isASCII(domain)
	return p, rest, true
}

// readLocal reads a dot-string or a quoted string, which it returns unquoted.
func readLocal(s string) (local, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, "@>")
		if end < 0 || !isDotString(s[:end]) {
			return "", s, false
		}
		return s[:end], s[end:], true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], true
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] < ' ' || s[i] > '~' {
				return "", s, false
			}
			b.WriteByte(s[i])
		case c < ' ' || c == '\\' || c == 0x7f:
			return "", s, false
		default:
			b.WriteByte(c)
		}
	}
	return "", s, false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func isDotString(s string) bool {
	for _, atom := range strings.Split(s, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			if !isAtext(atom[i]) {
				return false
			}
		}
	}
	return true
}

func isAtext(c byte) bool {
	return isAlnum(c) || c >= 0x80 || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isDomain reports whether s is a domain, of letters in UTF-8 too (RFC 6531), or an address literal.
func isDomain(s string) bool {
	if len(s) > maxDomain || !utf8.ValidString(s) {
		return false
	}
	if strings.HasPrefix(s, "[") {
		return isLiteral(s)
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isAlnum(c) && c < 0x80 && c != '-' {
				return false
			}
		}
	}
	return true
}

func isLiteral(s string) bool {
	inner, ok := strings.CutSuffix(s[1:], "]")
	if v6, tagged := strings.CutPrefix(inner, "IPv6:"); tagged {
		a, err := netip.ParseAddr(v6)
		return ok && err == nil && a.Is6() && a.Zone() == ""
	}
	a, err := netip.ParseAddr(inner)
	return ok && err == nil && a.Is4()
}

// isHelo reports whether s may be the argument of EHLO. Clients send names with underscores, bare addresses and
// other things that are no domains; all that matters is that it can stand in a Received field.
func isHelo(s string) bool {
	if s == "" || len(s) > heloBytes {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlnum(c) && strings.IndexByte(".-_:[]", c) < 0 {
			return false
		}
	}
	return true
}

// parameters are those of a MAIL command.
type parameters struct {
	size int64 // 0: not announced
	utf8 bool
}

// readParameters reads what follows the path of MAIL (extensions) or RCPT (none). The reply says what is
// wrong, nil that nothing is.
func readParameters(s string, mail bool, maxSize int64) (p parameters, wrong *reply) {
	if s != "" && s[0] != ' ' {
		return p, replyArgument
	}
	seen := map[string]bool{}
	for _, word := range strings.Fields(s) {
		key, value, valued := strings.Cut(word, "=")
		key = strings.ToUpper(key)
		if seen[key] {
			return p, replyArgument
		}
		seen[key] = true
		switch {
		case !mail:
			return p, replyParameter
		case key == "SIZE" && valued:
			n, err := strconv.ParseUint(value, 10, 63)
			if err != nil || len(value) > 20 {
				return p, replyArgument
			}
			if int64(n) > maxSize {
				return p, replyTooBig
			}
			p.size = int64(n)
		case key == "BODY" && (strings.EqualFold(value, "7BIT") || strings.EqualFold(value, "8BITMIME")):
		case key == "SMTPUTF8" && !valued:
			p.utf8 = true
		case key == "AUTH" && value != "": // RFC 4954, 5: nobody here is trusted to say it
		default:
			return p, replyParameter
		}
	}
	return p, nil
}

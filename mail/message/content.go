package message

import (
	"sort"
	"strings"
)

// maxLanguages bounds the tags kept of a Content-Language field.
const maxLanguages = 20

// readContentField takes one Content-* field (RFC 2045, 2183, 3282, 2557, 1864) into p.
func (s *scanner) readContentField(p *Part, key, value string) {
	s.st.work += int64(len(value))
	switch key {
	case "content-type":
		p.Type, p.Subtype, p.Params = s.contentType(value)
	case "content-transfer-encoding":
		if e := firstToken(value); e != "" {
			p.Encoding = e
		}
	case "content-id":
		p.ID = value
	case "content-description":
		p.Description = value
	case "content-md5":
		p.MD5 = value
	case "content-location":
		p.Location = value
	case "content-language":
		for _, tag := range strings.SplitN(value, ",", maxLanguages+1) {
			if tag = firstToken(tag); tag != "" && len(p.Language) < maxLanguages {
				p.Language = append(p.Language, tag)
			}
		}
	case "content-disposition":
		l := &lexer{s: value}
		l.skip()
		p.Disposition = strings.ToLower(strings.TrimSpace(l.until("; \t(")))
		if p.Disposition != "" {
			p.DispositionParams = s.params(l)
		}
	}
}

// firstToken returns the first token of value in lower case, behind comments.
func firstToken(value string) string {
	l := &lexer{s: value}
	l.skip()
	return strings.ToLower(strings.Trim(l.until(" \t;,("), `"`))
}

// contentType reads a Content-Type value; all empty when it is not one (RFC 2045 5.1 and 5.2).
func (s *scanner) contentType(value string) (typ, subtype string, params []Param) {
	l := &lexer{s: value}
	l.skip()
	typ = strings.ToLower(strings.TrimSpace(l.until("/; \t(\"")))
	l.skip()
	if typ == "" || l.peek() != '/' {
		return "", "", nil
	}
	l.i++
	l.skip()
	subtype = strings.ToLower(l.until("/; \t(\""))
	if subtype == "" {
		return "", "", nil
	}
	return typ, subtype, s.params(l)
}

// piece is a parameter as it stands in the field: possibly one continuation of several (RFC 2231 3).
type piece struct {
	base     string // lower case, without section and star
	section  int    // noSection when it is not a continuation
	extended bool   // charset, language and percent-encoding (RFC 2231 4)
	value    string
}

const (
	noSection = -1
	// maxSection bounds the section numbers of continuations.
	maxSection = 999
)

// params reads the parameters behind a type or disposition, within the budget, and joins what RFC 2231
// took apart.
func (s *scanner) params(l *lexer) []Param {
	var pieces []piece
	bytes := 0
	for {
		l.until(";")
		if l.done() {
			break
		}
		l.i++
		l.skip()
		name := strings.ToLower(strings.TrimSpace(l.until("=;(")))
		l.skip()
		if l.peek() != '=' {
			continue
		}
		l.i++
		l.skip()
		p := splitName(name)
		p.value = paramValue(l, p.base)
		bytes += len(name) + len(p.value)
		if len(pieces) >= s.budget.Params || bytes > s.budget.ParamBytes {
			s.st.Simplified = true
			break
		}
		if p.base != "" {
			pieces = append(pieces, p)
		}
	}
	s.st.work += int64(l.i)
	return joinPieces(pieces)
}

// paramValue reads a value: quoted, or up to white space; file names may hold spaces without quotes,
// against the rule but often.
func paramValue(l *lexer, base string) string {
	switch {
	case l.peek() == '"':
		return l.quoted()
	case base == "name" || base == "filename":
		return strings.TrimSpace(l.until(";"))
	default:
		return l.until("; \t(")
	}
}

// splitName takes name*N* apart.
func splitName(name string) piece {
	p := piece{base: name, section: noSection}
	if cut, ok := strings.CutSuffix(p.base, "*"); ok {
		p.base, p.extended = cut, true
	}
	base, digits, ok := strings.Cut(p.base, "*")
	if !ok {
		return p
	}
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' || n > maxSection {
			return p
		}
		n = n*10 + int(c-'0')
	}
	if digits == "" || n > maxSection {
		return p
	}
	p.base, p.section = base, n
	return p
}

// joinPieces makes parameters of pieces, in the order in which they began; of two with one name the
// first is kept. The number of pieces is bounded by the budget.
func joinPieces(pieces []piece) []Param {
	var list []Param
	have := make(map[string]bool, len(pieces))
	add := func(name, value string) {
		if !have[name] {
			have[name] = true
			list = append(list, Param{name, value})
		}
	}
	sections := make(map[string][]piece)
	for _, p := range pieces {
		if p.section != noSection {
			sections[p.base] = append(sections[p.base], p)
		}
	}
	for _, p := range pieces {
		switch {
		case p.section == noSection && p.extended:
			add(p.base+"*", p.value)
		case p.section == noSection:
			add(p.base, p.value)
		case sections[p.base] != nil:
			name, value := joinSections(p.base, sections[p.base])
			delete(sections, p.base)
			if name != "" {
				add(name, value)
			}
		}
	}
	return list
}

// joinSections joins the continuations 0, 1, 2... up to the first that is missing. A server joins them
// but leaves charset and percent-encoding to the client (RFC 2231 6), so the result is extended when a
// piece is.
func joinSections(base string, pieces []piece) (name, value string) {
	sort.SliceStable(pieces, func(i, j int) bool { return pieces[i].section < pieces[j].section })
	extended, n := false, 0
	for _, p := range pieces {
		if p.section == n {
			extended = extended || p.extended
			n++
		}
	}
	if n == 0 {
		return "", ""
	}
	var text strings.Builder
	next := 0
	for _, p := range pieces {
		if p.section != next {
			continue
		}
		if next == 0 && extended && !p.extended {
			text.WriteString("''")
		}
		next++
		if extended && !p.extended {
			percentEncode(&text, p.value)
		} else {
			text.WriteString(p.value)
		}
	}
	if extended {
		base += "*"
	}
	return base, text.String()
}

// percentEncode writes s as an extended value: letters, digits and a few marks stay (RFC 2231 7).
func percentEncode(text *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-._~", c) >= 0 {
			text.WriteByte(c)
			continue
		}
		text.WriteByte('%')
		text.WriteByte(hex[c>>4])
		text.WriteByte(hex[c&15])
	}
}

package transcript

import (
	"errors"
	"strconv"
	"strings"
)

// value is a word (atom, quoted string or literal) or a list.
type value struct {
	word   string
	list   []value
	isList bool
}

var errSyntax = errors.New("not IMAP")

// parse reads the values of a line up to its end.
func parse(text string) ([]value, error) {
	p := parser{rest: text}
	list := p.values(0)
	if p.failed {
		return nil, errSyntax
	}
	return list, nil
}

type parser struct {
	rest   string
	failed bool
}

// values reads up to the end (closing 0) or the closing character.
func (p *parser) values(closing byte) (list []value) {
	for !p.failed {
		p.rest = strings.TrimLeft(p.rest, " ")
		switch {
		case p.rest == "":
			p.failed = closing != 0
			return list
		case p.rest[0] == closing:
			p.rest = p.rest[1:]
			return list
		case p.rest[0] == '(':
			p.rest = p.rest[1:]
			list = append(list, value{list: p.values(')'), isList: true})
		case p.rest[0] == ')':
			p.failed = true
		default:
			list = append(list, value{word: p.word()})
		}
	}
	return list
}

func (p *parser) word() string {
	switch p.rest[0] {
	case '"':
		return p.quoted()
	case '{':
		end := strings.IndexByte(p.rest, '\n')
		if size, ok := literal([]byte(p.rest[:end+1])); ok && len(p.rest) >= end+1+size {
			w := p.rest[end+1 : end+1+size]
			p.rest = p.rest[end+1+size:]
			return w
		}
		p.failed = true
		return ""
	}
	// An atom; the brackets of a section may hold spaces and lists.
	depth, i := 0, 0
	for ; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case depth == 0 && (c == ' ' || c == '(' || c == ')'):
			w := p.rest[:i]
			p.rest = p.rest[i:]
			return w
		}
	}
	w := p.rest
	p.rest = ""
	return w
}

func (p *parser) quoted() string {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '"':
			p.rest = p.rest[i+1:]
			return b.String()
		case '\\':
			i++
			if i < len(p.rest) {
				b.WriteByte(p.rest[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	p.failed = true
	return ""
}

func number(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil
}

// span is a range of numbers; last is as large as it gets for "*".
type span struct{ first, last uint64 }

// maxSpan stands for "*".
const maxSpan = 1 << 32

func spans(set string) (list []span, err error) {
	for part := range strings.SplitSeq(set, ",") {
		a, b, both := strings.Cut(part, ":")
		if !both {
			b = a
		}
		x, ok1 := edge(a)
		y, ok2 := edge(b)
		if !ok1 || !ok2 {
			return nil, errSyntax
		}
		list = append(list, span{min(x, y), max(x, y)})
	}
	return list, nil
}

func edge(s string) (uint64, bool) {
	if s == "*" {
		return maxSpan, true
	}
	return number(s)
}

// numbers lists what is in a set without "*"; it is refused beyond a million.
func numbers(set string) (list []uint64, err error) {
	all, err := spans(set)
	for _, s := range all {
		if s.last == maxSpan || s.last-s.first+uint64(len(list)) > 1<<20 {
			return nil, errSyntax
		}
		for n := s.first; n <= s.last; n++ {
			list = append(list, n)
		}
	}
	return list, err
}

// code returns the response code of a status line's text: its words, upper case the first. Nil without one.
func code(text string) []string {
	text = strings.TrimLeft(text, " ")
	end := strings.IndexByte(text, ']')
	if !strings.HasPrefix(text, "[") || end < 0 {
		return nil
	}
	words := strings.Fields(text[1:end])
	if len(words) > 0 {
		words[0] = strings.ToUpper(words[0])
	}
	return words
}

package message

import (
	"unicode"
	"unicode/utf8"
)

// pattern finds one text in streams, without regard to case, in time linear in what it is given and
// memory linear in the text: the automaton of Knuth, Morris and Pratt over folded UTF-8.
type pattern struct {
	text []byte // folded
	fail []int  // fail[i]: length of the longest proper border of text[:i+1]
	at   int    // bytes of text matched so far
}

func newPattern(s string) *pattern {
	p := new(pattern)
	for _, r := range toUTF8(s) {
		p.text = utf8.AppendRune(p.text, fold(r))
	}
	p.fail = make([]int, len(p.text))
	for i, k := 1, 0; i < len(p.text); i++ {
		for k > 0 && p.text[i] != p.text[k] {
			k = p.fail[k-1]
		}
		if p.text[i] == p.text[k] {
			k++
		}
		p.fail[i] = k
	}
	return p
}

// fold maps the cases of a letter to one.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// found reports whether the whole text was seen since reset.
func (p *pattern) found() bool { return p.at == len(p.text) }

func (p *pattern) reset() { p.at = 0 }

// rune takes the next character of a stream; once found, it stays found.
func (p *pattern) rune(r rune) {
	var buf [utf8.UTFMax]byte
	for _, c := range buf[:utf8.EncodeRune(buf[:], fold(r))] {
		if p.found() {
			return
		}
		for p.at > 0 && p.text[p.at] != c {
			p.at = p.fail[p.at-1]
		}
		if p.text[p.at] == c {
			p.at++
		}
	}
}

// in reports whether s contains the text.
func (p *pattern) in(s string) bool {
	p.reset()
	for _, r := range s {
		if p.found() {
			break
		}
		p.rune(r)
	}
	return p.found()
}

// contains looks for p in the texts of the message raw, whose structure is s: headers of parts, decoded
// text parts, and, withHeader, the message's own header.
func (s *Structure) contains(raw []byte, p *pattern, withHeader bool) bool {
	for i := range s.Parts {
		part := &s.Parts[i]
		if (withHeader || i > 0) && p.inHeader(raw[part.HeaderStart:part.HeaderEnd]) {
			return true
		}
		if part.Type == "text" && part.Kind == Leaf && p.inText(raw[part.BodyStart:part.BodyEnd], part) {
			return true
		}
	}
	return false
}

// inHeader looks into each field by itself, as "Name: decoded value".
func (p *pattern) inHeader(block []byte) bool {
	for off := 0; off < len(block); {
		f, _ := nextField(block, off)
		off = f.end
		text := decodeWords(f.text(block))
		if name := f.name(block); len(name) > 0 {
			text = string(name) + ": " + text
		}
		if p.in(text) {
			return true
		}
	}
	return false
}

// inText looks into a text part, decoded a chunk at a time; text in an unknown encoding is read as is.
func (p *pattern) inText(body []byte, part *Part) bool {
	d, err := newDecoder(part.Encoding)
	if err != nil {
		d = identity{}
	}
	charset := ""
	for _, param := range part.Params {
		if param.Name == "charset" {
			charset = param.Value
		}
	}
	table := singleByte(charset)
	var rest []byte // an incomplete UTF-8 sequence at the end of a chunk
	p.reset()
	decodeChunks(body, d, func(chunk []byte) bool {
		if table != nil {
			for _, c := range chunk {
				p.rune(table(c))
			}
			return !p.found()
		}
		rest = p.utf8(append(rest, chunk...), false)
		return !p.found()
	})
	p.utf8(rest, true)
	return p.found()
}

// utf8 takes b and returns a copy of an incomplete sequence at its end, unless last. Bytes that are not
// UTF-8 are read as Windows-1252.
func (p *pattern) utf8(b []byte, last bool) []byte {
	for len(b) > 0 && !p.found() {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n <= 1 {
			if !last && !utf8.FullRune(b) {
				return append([]byte(nil), b...)
			}
			r, n = cp1252(b[0]), 1
		}
		p.rune(r)
		b = b[n:]
	}
	return nil
}

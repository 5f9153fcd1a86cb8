package message

import "strings"

// encodedWord is one =?charset?encoding?text?= (RFC 2047 2).
type encodedWord struct {
	charset string
	base64  bool
	text    string
}

// decodeWords returns header text in UTF-8, encoded words decoded. White space between two of them
// goes; the bytes of neighbours with one charset are joined before decoding, since senders cut
// characters in two. What is not an encoded word stays.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return toUTF8(s)
	}
	var out, run strings.Builder
	charset := ""  // of the run
	pending := ""  // white space behind an encoded word, dropped if another follows
	inRun := false // an encoded word was the last thing seen
	flush := func() {
		out.WriteString(convert(run.String(), charset))
		run.Reset()
	}
	for i := 0; i < len(s); {
		if w, n := readWord(s[i:]); n > 0 {
			if inRun && !strings.EqualFold(charset, w.charset) {
				flush()
			}
			charset, pending, inRun = w.charset, "", true
			run.WriteString(w.decode())
			i += n
			continue
		}
		start := i
		for i++; i < len(s) && !strings.HasPrefix(s[i:], "=?"); i++ {
		}
		text := s[start:i]
		if inRun && strings.TrimLeft(text, " \t") == "" {
			pending += text
			continue
		}
		if inRun {
			flush()
		}
		out.WriteString(toUTF8(pending + text))
		pending, inRun = "", false
	}
	flush()
	out.WriteString(pending)
	return out.String()
}

// readWord reads an encoded word at the start of s; n is its length, 0 when there is none. It looks no
// further than the third question mark behind the first, so a scan over a text stays linear.
func readWord(s string) (w encodedWord, n int) {
	if !strings.HasPrefix(s, "=?") {
		return w, 0
	}
	i := strings.IndexAny(s[2:], "? \t")
	if i <= 0 || s[2+i] != '?' {
		return w, 0
	}
	w.charset, _, _ = strings.Cut(s[2:2+i], "*") // RFC 2231 5: language
	i += 3
	if len(s) < i+2 || s[i+1] != '?' {
		return w, 0
	}
	switch s[i] {
	case 'b', 'B':
		w.base64 = true
	case 'q', 'Q':
	default:
		return w, 0
	}
	i += 2
	j := strings.IndexByte(s[i:], '?')
	if j < 0 || i+j+1 >= len(s) || s[i+j+1] != '=' {
		return w, 0
	}
	w.text = s[i : i+j]
	return w, i + j + 2
}

// decode returns the bytes of the word.
func (w encodedWord) decode() string {
	if w.base64 {
		return string(appendBase64(nil, []byte(w.text)))
	}
	out := make([]byte, 0, len(w.text))
	for i := 0; i < len(w.text); i++ {
		c := w.text[i]
		if c == '_' {
			c = ' '
		} else if c == '=' && i+2 < len(w.text) {
			if v, ok := hexByte(w.text[i+1], w.text[i+2]); ok {
				c = v
				i += 2
			}
		}
		out = append(out, c)
	}
	return string(out)
}

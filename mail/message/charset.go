package message

import (
	"strings"
	"unicode/utf8"
)

// windows1252 maps bytes 0x80 to 0x9f; the rest of that charset is ISO-8859-1.
var windows1252 = [32]rune{
	0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
}

// latin9 maps the bytes in which ISO-8859-15 differs from ISO-8859-1.
var latin9 = map[byte]rune{
	0xa4: 0x20ac, 0xa6: 0x0160, 0xa8: 0x0161, 0xb4: 0x017d, 0xb8: 0x017e, 0xbc: 0x0152, 0xbd: 0x0153, 0xbe: 0x0178,
}

// singleByte returns the meaning of bytes in charset; nil for UTF-8 and US-ASCII. Mail that claims
// ISO-8859-1 is read as Windows-1252, which has letters where the other has controls.
func singleByte(charset string) func(byte) rune {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return nil
	case "iso-8859-15", "latin9", "latin-9":
		return func(c byte) rune {
			if r, ok := latin9[c]; ok {
				return r
			}
			return rune(c)
		}
	case "windows-1252", "cp1252", "iso-8859-1", "latin1":
		return cp1252
	}
	return func(c byte) rune { return rune(c) }
}

func cp1252(c byte) rune {
	if c >= 0x80 && c < 0xa0 {
		return windows1252[c-0x80]
	}
	return rune(c)
}

// convert returns s of charset in UTF-8.
func convert(s, charset string) string {
	table := singleByte(charset)
	if table == nil {
		return toUTF8(s)
	}
	var text strings.Builder
	text.Grow(len(s))
	for i := 0; i < len(s); i++ {
		text.WriteRune(table(s[i]))
	}
	return text.String()
}

// toUTF8 returns s when it is UTF-8, else s read as Windows-1252.
func toUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return convert(s, "windows-1252")
}

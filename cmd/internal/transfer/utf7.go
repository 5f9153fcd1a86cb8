package transfer

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrUTF7 is returned for text that is no modified UTF-7.
var ErrUTF7 = errors.New("not modified UTF-7")

var utf7Base64 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").
	WithPadding(base64.NoPadding)

// DecodeUTF7 decodes modified UTF-7 (RFC 3501, 5.1.3), in which maildirs name their folders. Names in plain
// UTF-8, as some programs write them, are no modified UTF-7.
func DecodeUTF7(s string) (string, error) {
	var out strings.Builder
	for len(s) > 0 {
		if c := s[0]; c != '&' {
			if c < ' ' || c >= 0x7f {
				return "", ErrUTF7
			}
			out.WriteByte(c)
			s = s[1:]
			continue
		}
		end := strings.IndexByte(s, '-')
		if end < 0 {
			return "", ErrUTF7
		}
		if end == 1 {
			out.WriteByte('&')
			s = s[2:]
			continue
		}
		b, err := utf7Base64.DecodeString(s[1:end])
		if err != nil || len(b)%2 != 0 {
			return "", ErrUTF7
		}
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		}
		for _, r := range utf16.Decode(units) {
			if r == utf8.RuneError {
				return "", ErrUTF7
			}
			out.WriteRune(r)
		}
		s = s[end+1:]
	}
	return out.String(), nil
}

// EncodeUTF7 encodes text in modified UTF-7.
func EncodeUTF7(s string) string {
	var out strings.Builder
	var run []rune
	flush := func() {
		if len(run) == 0 {
			return
		}
		var b []byte
		for _, u := range utf16.Encode(run) {
			b = append(b, byte(u>>8), byte(u))
		}
		out.WriteString("&" + utf7Base64.EncodeToString(b) + "-")
		run = run[:0]
	}
	for _, r := range s {
		if r < ' ' || r >= 0x7f {
			run = append(run, r)
			continue
		}
		flush()
		if r == '&' {
			out.WriteString("&-")
		} else {
			out.WriteRune(r)
		}
	}
	flush()
	return out.String()
}

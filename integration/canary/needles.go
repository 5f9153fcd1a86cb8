package canary

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Canary is a marked string with the role in which it was used ("subject", "password").
type Canary struct{ Role, Text string }

// needle is one form of a canary.
type needle struct {
	canary Canary
	form   string
	bytes  []byte
	fold   bool // compare ASCII letters without case: hexadecimal digits, addresses
}

// needles returns the forms of a canary, without repetition.
func needles(c Canary) []needle {
	var all []needle
	seen := map[string]bool{}
	add := func(form string, text []byte, fold bool) {
		if fold {
			text = foldASCII(text)
		}
		key := fmt.Sprint(fold) + string(text)
		if len(text) >= minNeedle && !seen[key] {
			seen[key] = true
			all = append(all, needle{c, form, text, fold})
		}
	}
	raw := []byte(c.Text)
	add("raw", raw, true)
	for shift := range 3 {
		add(fmt.Sprintf("base64 shifted by %d", shift), base64At(base64.RawStdEncoding, raw, shift), false)
		add(fmt.Sprintf("base64url shifted by %d", shift), base64At(base64.RawURLEncoding, raw, shift), false)
	}
	add("hexadecimal", []byte(hex.EncodeToString(raw)), true)
	add("quoted-printable", escaped(raw, '=', quotedPlain), true)
	add("quoted-printable of all", escaped(raw, '=', nil), true)
	word := escaped(raw, '=', wordPlain)
	add("Q encoded word", []byte(strings.ReplaceAll(string(word), " ", "_")), true)
	add("URL query", []byte(url.QueryEscape(c.Text)), true)
	add("URL path", []byte(url.PathEscape(c.Text)), true)
	add("percent of all", escaped(raw, '%', nil), true)
	for _, order := range []string{"LE", "BE"} {
		add("UTF-16"+order, utf16Bytes(c.Text, order), false)
	}
	add("modified UTF-7", modifiedUTF7(c.Text), false)
	quoted, err := json.Marshal(c.Text)
	if err == nil {
		add("JSON", quoted[1:len(quoted)-1], true)
	}
	goQuoted := strconv.QuoteToASCII(c.Text)
	add("Go quoted", []byte(goQuoted[1:len(goQuoted)-1]), true)
	add("bytes printed in decimal", []byte(strings.Trim(fmt.Sprint(raw), "[]")), false)
	return all
}

// minNeedle is the shortest form that is searched for, in bytes: shorter ones occur by chance.
const minNeedle = 8

// base64At encodes text as it would stand after shift bytes of something else, without the characters at
// the edges that depend on what stands beside it.
func base64At(enc *base64.Encoding, text []byte, shift int) []byte {
	padded := append(make([]byte, shift), text...)
	out := enc.EncodeToString(padded)
	from := (shift*8 + 5) / 6
	to := len(padded) * 8 / 6
	if from >= to {
		return nil
	}
	return []byte(out[from:to])
}

func quotedPlain(b byte) bool { return b >= '!' && b <= '~' && b != '=' || b == ' ' }
func wordPlain(b byte) bool   { return quotedPlain(b) && b != '_' && b != '?' }

// escaped writes each byte that is not plain as mark and two hexadecimal digits; plain nil escapes all.
func escaped(text []byte, mark byte, plain func(byte) bool) []byte {
	var out []byte
	for _, b := range text {
		if plain != nil && plain(b) {
			out = append(out, b)
		} else {
			out = fmt.Appendf(out, "%c%02X", mark, b)
		}
	}
	return out
}

func utf16Bytes(text, order string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if order == "LE" {
			out = append(out, byte(u), byte(u>>8))
		} else {
			out = append(out, byte(u>>8), byte(u))
		}
	}
	return out
}

// modifiedUTF7 encodes a mailbox name (RFC 3501, 5.1.3).
func modifiedUTF7(text string) []byte {
	var out []byte
	var other []rune
	flush := func() {
		if len(other) > 0 {
			out = append(out, '&')
			enc := base64.RawStdEncoding.EncodeToString(utf16Bytes(string(other), "BE"))
			out = append(append(out, strings.ReplaceAll(enc, "/", ",")...), '-')
			other = nil
		}
	}
	for _, r := range text {
		switch {
		case r == '&':
			flush()
			out = append(out, "&-"...)
		case r >= ' ' && r <= '~':
			flush()
			out = append(out, byte(r))
		default:
			other = append(other, r)
		}
	}
	flush()
	return out
}

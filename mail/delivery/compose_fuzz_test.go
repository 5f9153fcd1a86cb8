package delivery

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
	"time"
)

// zeros is a source of randomness that tests can repeat.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// FuzzCompose: what is composed has its trace on top, one Return-Path, a Date and a Message-ID, and the message below as
// it came. Where another reader (net/mail) understands a message that an account sends, it sees that account alone as
// its author.
func FuzzCompose(f *testing.F) {
	for _, s := range []string{"From: alice@example.org\r\n\r\nx\r\n", "From: Al <alice+x@example.org>, alice@example.org\r\nDate: x\r\n\r\n",
		"From: a@b <alice@example.org>\r\n\r\n", "from :alice@example.org\r\n\r\n", "From: alice@example.org\r\n \r\nFrom: bob@x\r\n\r\n",
		"Return-Path: <x>\r\nReturn-path:\r\n y\r\nFrom: alice@example.org\r\n\r\nReturn-Path: body\r\n", "body only\r\n", " x: y\r\n", "\r\nFrom: x\r\n",
		"From: =?utf-8?q?bob=40x?= <alice@example.org>\r\n\r\n", "From: \"a\r\n b\" <alice@example.org>\r\n\r\n", "X\r\nFrom: bob@x\r\n\r\n"} {
		f.Add([]byte(s))
	}
	c := &Courier{domain: "example.org", rand: zeros{}, now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
	const account = "alice@example.org"
	f.Fuzz(func(t *testing.T, raw []byte) {
		if bytes.ContainsAny(bytes.ReplaceAll(raw, []byte("\r\n"), nil), "\r\n\x00") || len(raw) == 0 {
			return // the gate refuses it
		}
		before := bytes.Clone(raw)
		composed, _, err := c.Compose(raw, &Trace{Helo: "h", By: "b", With: "ESMTP", Sender: "s@d", Account: account})
		if !bytes.Equal(before, raw) {
			t.Fatal("the message was changed in place")
		}
		if err != nil {
			return
		}
		if !bytes.HasPrefix(composed, []byte("Return-Path: <s@d>\r\nReceived: from h\r\n\tby b with ESMTP id ")) {
			t.Fatalf("%q has no trace", composed)
		}
		h := readHeader(composed)
		if !h.date || !h.messageID || h.bare || len(h.returnPaths) != 1 {
			t.Fatalf("%q: %+v", composed, h)
		}
		if len(readHeader(raw).returnPaths) == 0 && !bytes.HasSuffix(composed, raw) {
			t.Fatalf("%q is not in %q", raw, composed)
		}
		m, err := mail.ReadMessage(bytes.NewReader(composed))
		if err != nil {
			return
		}
		if n := len(m.Header["From"]); n != 1 {
			t.Fatalf("%q: another reader sees %d From fields", composed, n)
		}
		list, err := m.Header.AddressList("From")
		if err != nil {
			return
		}
		for _, a := range list {
			local, domain, _ := strings.Cut(strings.ToLower(a.Address), "@")
			if base, _, _ := strings.Cut(local, "+"); base != "alice" || domain != "example.org" {
				t.Fatalf("%q: another reader sees %s as author", composed, a.Address)
			}
		}
	})
}

package message

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// list writes addresses in one line: name|mailbox|host, groups in braces.
func list(l []Address) string {
	var out []string
	for _, a := range l {
		switch a.Kind {
		case GroupStart:
			out = append(out, a.Mailbox+"{")
		case GroupEnd:
			out = append(out, "}")
		default:
			out = append(out, a.Name+"|"+a.Mailbox+"|"+a.Host)
		}
	}
	return strings.Join(out, " ; ")
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{"a@b", "|a|b"},
		{"A B <a@b>", "A B|a|b"},
		{`"B, A \"x\"" <a@b>, c@d`, `B, A "x"|a|b ; |c|d`},
		{"=?utf-8?q?J=C3=B6rg?= =?utf-8?q?x?= <a@b>", "=?utf-8?q?J=C3=B6rg?= =?utf-8?q?x?=|a|b"},
		{"a@b (The (real) Name)", "The (real) Name|a|b"},
		{"group: a@b, C <c@d>;, e@f", "group{ ; |a|b ; C|c|d ; } ; |e|f"},
		{"undisclosed-recipients:;", "undisclosed-recipients{ ; }"},
		{"My Group: a@b", "My Group{ ; |a|b ; }"},
		{": a@b;", "|a|b"},
		{"root", "|root|"},
		{"<>", ""},
		{"Nobody <>", "Nobody||"},
		{"joe@x.org <joe@y.org>", "joe@x.org|joe|y.org"},
		{"<@r1,@r2:a@b>", "|a|b"},
		{"j . doe @ example . org", "|j.doe|example.org"},
		{`"a b"@c`, "|a b|c"},
		{`"a@b"@c`, "|a@b|c"},
		{"a@[10.0.0.1]", "|a|[10.0.0.1]"},
		{"A <a@b> C <c@d>", "A|a|b ; C|c|d"},
		{"A <a@b", "A|a|b"},
		{",,a@b,,", "|a|b"},
		{"J. R. \"Bob\" D <a@b>", "J. R. Bob D|a|b"},
		{"(only a comment)", ""},
	} {
		s := Scan([]byte("To: "+c.value+"\r\n\r\n"), DefaultBudget())
		if got := list(s.Parts[0].Envelope.To); got != c.want {
			t.Errorf("%s: got %q, want %q", c.value, got, c.want)
		}
	}
}

func TestDecodeWords(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", "plain"},
		{"=?utf-8?q?a_b=C3=A9?= c", "a bé c"},
		{"=?UTF-8?B?w6k=?= \t=?utf-8?b?w6k?=", "éé"},
		{"=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"},
		{"=?iso-8859-1?q?=E9?= x =?iso-8859-15?q?=A4?=", "é x €"},
		{"=?windows-1252?q?=80?=", "€"},
		{"=?utf-8*en?q?x?=", "x"},
		{"=?klingon?q?=41=E9?=", "Aé"},
		{"=?utf-8?x?a?= =? =?a =?a?q? =?a?q?b?", "=?utf-8?x?a?= =? =?a =?a?q? =?a?q?b?"},
		{"raw \xe9 =?utf-8?q?=C3=A9?=", "raw é é"},
		{"=?utf-8?q?a?=  ", "a  "},
		{"=?utf-8?q?=ZZ=4?=", "=ZZ=4"},
	} {
		if got := decodeWords(c.in); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestParseDate(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02T15:04:05-07:00"},
		{"2 Jan 06 15:04 EST (comment)", "2006-01-02T15:04:00-05:00"},
		{"Fri, 31 Dec 1999 23:59:60 GMT", "2000-01-01T00:00:00Z"},
		{"Mon Jan  2 15:04:05 2006", "2006-01-02T15:04:05Z"},
		{"Mon, 2 Jan 99 15:04:05 +0530", "1999-01-02T15:04:05+05:30"},
		{"Mon, 2 January 106 15:04:05 Z", "2006-01-02T15:04:05Z"},
		{"Mon, 2 Jan 2006 15:04:05 +9999", "2006-01-02T15:04:05Z"},
		{"Mon, 30 Feb 2006 15:04:05 +0000", ""},
		{"Mon, 2 Jan 2006 25:04:05 +0000", ""},
		{"2 Jan 2006", ""},
		{"yesterday", ""},
		{"99999999999999999999 Jan 2006 15:04", ""},
		{"", ""},
		{strings.Repeat("1 ", 200), ""},
	} {
		got := ""
		if date, ok := parseDate(c.in); ok {
			got = date.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestEnvelopeForIMAP(t *testing.T) {
	raw := crlf("Date: Mon, 2 Jan 2006 15:04:05 EST\nSubject: =?utf-8?q?J=C3=B6?=\n  rg\nSubject: second\n" +
		"From: J\xf6rg <j@x>\nTo: g: root, <a@b>;\nTo: =?utf-8?q?=C3=B6?= \xf6 <c@d>\nSender: \n" +
		"Message-ID: <a b@c\x00>\nIn-Reply-To: your <1@x> of <2@x>\n\n")
	own, err := Scan(raw, DefaultBudget()).RootEnvelope()
	if err != nil {
		t.Fatal(err)
	}
	if own.Date != "Mon, 2 Jan 2006 15:04:05 EST" || own.InReplyTo != "your <1@x> of <2@x>" {
		t.Errorf("not as sent: %+v", own)
	}
	e := own.IMAP()
	got := fmt.Sprintf("%s|%s|%v|%v|%v|%v|%s|%q|%v|%v", e.Date.Format(time.RFC3339), e.Subject, e.From,
		e.Sender == nil, e.To, e.Cc == nil, e.MessageID, e.InReplyTo, e.To[0].IsGroupStart(), e.To[3].IsGroupEnd())
	want := "2006-01-02T15:04:05-05:00|=?utf-8?q?J=C3=B6?=  rg|[{Jörg j x}]|true|" +
		"[{ g } { root missing-domain.invalid} { a b} {  } {ö ö c d}]|true|a b@c|[\"1@x\" \"2@x\"]|true|true"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

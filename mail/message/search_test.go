package message

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

// subject is a message as a session has it; it counts what was loaded.
type subject struct {
	raw               []byte
	sum               *Summary
	summaries, bodies int
	err               error
}

func (s *subject) Seq() uint32              { return 7 }
func (s *subject) UID() imap.UID            { return 70 }
func (s *subject) HasFlag(f imap.Flag) bool { return strings.EqualFold(string(f), `\Seen`) }
func (s *subject) ModSeq() uint64           { return 5 }
func (s *subject) InternalDate() time.Time  { return day }
func (s *subject) Size() int64              { return int64(len(s.raw)) }
func (s *subject) Summary() (*Summary, error) {
	s.summaries++
	return s.sum, s.err
}
func (s *subject) Body() ([]byte, error) {
	s.bodies++
	return s.raw, nil
}

var searched = crlf(`From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>
Subject: =?iso-8859-1?q?Gr=FC=DFe?= =?utf-8?b?IGF1cw==?=
  Bonn
Date: Tue, 3 Feb 2026 23:30:00 -0800
X-Empty:
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Stra=C3=9Fe nach K=C3=B6l=
n
--o
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: base64

PHA+3GJlcjwvcD4=
--o
Content-Type: application/pdf; name=invoice.pdf
Content-Transfer-Encoding: base64

c2VjcmV0
--o
Content-Type: message/rfc822

Subject: inner

hidden word
--o--
`)

func TestMatch(t *testing.T) {
	type C = imap.SearchCriteria
	header := func(k, v string) C { return C{Header: []imap.SearchCriteriaHeaderField{{Key: k, Value: v}}} }
	date := func(d int) time.Time { return time.Date(2026, 2, d, 0, 0, 0, 0, time.UTC) }
	body := func(s string) C { return C{Body: []string{s}} }
	text := func(s string) C { return C{Text: []string{s}} }
	const numbers, summary, whole = 0, 1, 2
	for _, c := range []struct {
		name  string
		c     C
		want  bool
		loads int
	}{
		{"all", C{}, true, numbers},
		{"seq", C{SeqNum: []imap.SeqSet{imap.SeqSetNum(1, 7)}}, true, numbers},
		{"uid", C{UID: []imap.UIDSet{imap.UIDSetNum(7)}}, false, numbers},
		{"empty uid set", C{UID: []imap.UIDSet{{}}}, false, numbers},
		{"flag", C{Flag: []imap.Flag{`\seen`}, NotFlag: []imap.Flag{`\Deleted`}}, true, numbers},
		{"modseq", C{ModSeq: &imap.SearchCriteriaModSeq{ModSeq: 6}}, false, numbers},
		{"larger", C{Larger: int64(len(searched))}, false, numbers},
		{"smaller", C{Smaller: int64(len(searched)) + 1}, true, numbers},
		{"on", C{Since: date(3), Before: date(4)}, true, numbers},
		{"since", C{Since: date(4)}, false, numbers},
		{"sent on, in the sender's zone", C{SentSince: date(3), SentBefore: date(4)}, true, summary},
		{"sent before", C{SentBefore: date(3)}, false, summary},
		{"from", header("From", "jÖRG"), true, summary},
		{"address", header("FROM", "joerg@EXAMPLE"), true, summary},
		{"subject", header("subject", "grüße aus  bonn"), true, summary},
		{"subject folded", header("subject", "GRÜße aus"), true, summary},
		{"field is there", header("X-Empty", ""), true, summary},
		{"field is not there", header("X-None", ""), false, summary},
		{"body", body("straße NACH köln"), true, whole},
		{"body in latin1", body("über"), true, whole},
		{"attachment's name", body("invoice.PDF"), true, whole},
		{"attachment's content", body("secret"), false, whole},
		{"embedded header", body("subject: inner"), true, whole},
		{"embedded text", text("hidden word"), true, whole},
		{"subject is not body", body("bonn"), false, whole},
		{"subject is text", text("bonn"), true, whole},
		{"encoded form is not there", text("=C3=9F"), false, whole},
		{"empty text", text(""), true, numbers},
		{"cheap key decides", C{Flag: []imap.Flag{"x"}, Body: []string{"köln"}}, false, numbers},
		{"cheap half of OR decides", C{Or: [][2]C{{body("x"), {Flag: []imap.Flag{`\Seen`}}}}}, true, numbers},
		{"summary decides AND", C{Body: []string{"köln"}, Header: header("To", "x").Header}, false, summary},
		{"not cheap", C{Not: []C{{Flag: []imap.Flag{`\Seen`}}}}, false, numbers},
		{"not body", C{Not: []C{body("köln")}}, false, whole},
		{"or of bodies", C{Or: [][2]C{{body("nothing"), body("köln")}}}, true, whole},
		{"or of none", C{Or: [][2]C{{body("nothing"), header("To", "x")}}}, false, whole},
	} {
		m := &subject{raw: searched, sum: summarize(searched)}
		got, err := Match(&c.c, m)
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
		if m.summaries+m.bodies != c.loads || m.summaries > 1 {
			t.Errorf("%s: loaded %d summaries, %d bodies", c.name, m.summaries, m.bodies)
		}
	}
}

func TestMatchWithoutHeaderInSummary(t *testing.T) {
	raw := []byte("Date: 1 Jan 2020 00:00 Z\r\nX-Big: " + strings.Repeat("abcdef@g,", 1<<13) +
		"\r\nTo: " + strings.Repeat("abcdef@g,", 1<<13) + "\r\nX-Last: found\r\n\r\n")
	c := &imap.SearchCriteria{
		Header:     []imap.SearchCriteriaHeaderField{{Key: "x-last", Value: "FOUND"}, {Key: "To", Value: "abcdef"}},
		SentBefore: day,
	}
	m := &subject{raw: raw, sum: summarize(raw)}
	if m.sum.Mode != HeaderNone {
		t.Fatal("the summary holds the header")
	}
	if got, err := Match(c, m); err != nil || !got || m.bodies != 1 {
		t.Errorf("%v, %v, %d bodies", got, err, m.bodies)
	}
}

func TestMatchRefuses(t *testing.T) {
	deep := imap.SearchCriteria{}
	for range MaxSearchDepth {
		deep = imap.SearchCriteria{Not: []imap.SearchCriteria{deep}}
	}
	for name, c := range map[string]*imap.SearchCriteria{
		"depth":  &deep,
		"keys":   {Not: make([]imap.SearchCriteria, MaxSearchKeys)},
		"texts":  {Text: make([]string, MaxSearchTexts+1)},
		"star":   {SeqNum: []imap.SeqSet{{{Start: 1, Stop: 0}}}},
		"saved":  {UID: []imap.UIDSet{imap.SearchRes()}},
		"within": {Or: [][2]imap.SearchCriteria{{{}, {UID: []imap.UIDSet{{{Start: 0, Stop: 0}}}}}}},
	} {
		if _, err := Match(c, &subject{}); !errors.Is(err, ErrCriteria) {
			t.Errorf("%s: %v, want ErrCriteria", name, err)
		}
	}
	own := errors.New("no summary")
	c := &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "A"}}}
	if _, err := Match(c, &subject{err: own}); !errors.Is(err, own) {
		t.Errorf("got %v", err)
	}
}

func TestPatternAcrossChunks(t *testing.T) {
	for _, text := range []string{"aab", "éé", "ÄÖ"} {
		for shift := range 6 {
			raw := []byte("\r\n" + strings.Repeat("a", chunkBytes-shift) + strings.ToLower(text))
			if !Scan(raw, DefaultBudget()).contains(raw, newPattern(text), false) {
				t.Errorf("%s not found %d bytes before the end of a chunk", text, shift)
			}
		}
	}
	if raw := []byte("\r\ncaf\xe9"); !Scan(raw, DefaultBudget()).contains(raw, newPattern("CAFÉ"), false) {
		t.Error("raw latin1 not found")
	}
}

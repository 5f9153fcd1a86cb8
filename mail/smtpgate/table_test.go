package smtpgate

import (
	"fmt"
	"strings"
	"testing"
)

// step is a command of the test's own table: what it needs and what it does, told apart from the code's.
type step struct {
	line  string
	reply func(s *model) string // its reply's beginning, and its effect on s
}

// wire is what is sent: a chunk has no line break behind it.
func (s step) wire() string {
	if strings.HasPrefix(s.line, "BDAT") {
		return s.line
	}
	return s.line + "\r\n"
}

// model is a connection as RFC 5321 describes it, kept by the test.
type model struct {
	mode                    Mode
	hello, extended, authed bool
	mail, chunked           bool
	rcpts, stored           int
	gone                    bool
}

func (s *model) clear() { s.mail, s.chunked, s.rcpts = false, false, 0 }

func answer(code string) func(*model) string { return func(*model) string { return code } }

// one message of n bytes as a last chunk
const chunkText = "From: alice@example.org\r\n\r\nx\r\n"

var steps = []step{
	{"NOOP", answer("250")}, {"NOOP with words", answer("250")}, {"VRFY alice", answer("252")}, {"HELP", answer("214")},
	{"EXPN staff", answer("502")}, {"WHAT", answer("500")}, {"STARTTLSFOO", answer("500")}, {"", answer("500")},
	{"RSET now", answer("501")}, {"DATA now", func(s *model) string {
		if r := dataRefusal(s); r != "" {
			return r
		}
		return "501"
	}},
	{"EHLO", answer("501")}, {"HELO a b", answer("501")}, {"STARTTLS", answer("502")},
	{"RSET", func(s *model) string { s.clear(); return "250" }},
	{"EHLO there", func(s *model) string { s.clear(); s.hello, s.extended = true, true; return "250-" }},
	{"HELO there", func(s *model) string { s.clear(); s.hello, s.extended = true, false; return "250" }},
	{"QUIT", func(s *model) string { s.gone = true; return "221" }},
	{"AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0", func(s *model) string {
		switch {
		case s.mode != Submission:
			return "502"
		case !s.extended || s.authed || s.mail:
			return "503"
		}
		s.authed = true
		return "235"
	}},
	{"AUTH CRAM-MD5", func(s *model) string {
		switch {
		case s.mode != Submission:
			return "502"
		case !s.extended || s.authed || s.mail:
			return "503"
		}
		return "504"
	}},
	{"MAIL FROM:<alice@example.org>", func(s *model) string {
		switch {
		case !s.hello:
			return "503"
		case s.mode == Submission && !s.authed:
			return "530"
		case s.mail:
			return "503"
		}
		s.mail = true
		return "250"
	}},
	{"MAIL FROM:alice", func(s *model) string {
		switch {
		case !s.hello, s.mail && !(s.mode == Submission && !s.authed):
			return "503"
		case s.mode == Submission && !s.authed:
			return "530"
		}
		return "501"
	}},
	{"RCPT TO:<bob@example.org>", func(s *model) string {
		if !s.mail || s.chunked {
			return "503"
		}
		s.rcpts++
		return "250"
	}},
	{"RCPT TO:<nobody@example.org>", func(s *model) string {
		if !s.mail || s.chunked {
			return "503"
		}
		return "550"
	}},
	{fmt.Sprintf("BDAT %d\r\n%s", len(chunkText), chunkText), func(s *model) string { return chunkStep(s, false) }},
	{fmt.Sprintf("BDAT %d LAST\r\n%s", len(chunkText), chunkText), func(s *model) string { return chunkStep(s, true) }},
}

func dataRefusal(s *model) string {
	if !s.mail || s.chunked || s.rcpts == 0 {
		return "503"
	}
	return ""
}

func chunkStep(s *model, last bool) string {
	if !s.mail || s.rcpts == 0 {
		return "503"
	}
	s.chunked = true
	if last {
		s.clear()
		s.stored++
	}
	return "250"
}

// roads lead to the states: what is sent first.
var roads = map[string][]string{
	"connected": nil,
	"greeted":   {"EHLO there"},
	"helo":      {"HELO there"},
	"authed":    {"EHLO there", "AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0"},
	"mail":      {"EHLO there", "AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0", "MAIL FROM:<alice@example.org>"},
	"rcpt": {"EHLO there", "AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0", "MAIL FROM:<alice@example.org>",
		"RCPT TO:<bob@example.org>"},
	"chunked": {"EHLO there", "AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0", "MAIL FROM:<alice@example.org>",
		"RCPT TO:<bob@example.org>", fmt.Sprintf("BDAT %d\r\n%s", len(chunkText), chunkText)},
	"sent": {"EHLO there", "AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0", "MAIL FROM:<alice@example.org>",
		"RCPT TO:<bob@example.org>", fmt.Sprintf("BDAT %d LAST\r\n%s", len(chunkText), chunkText)},
}

func stepOf(t *testing.T, line string) step {
	for _, s := range steps {
		if s.line == line {
			return s
		}
	}
	t.Fatalf("no step %q", line)
	return step{}
}

// Every command in every state, and every pair of commands in one packet: replies in order, each as the model
// says, and nothing stored but what it stores.
func TestAllPairsPipelinedInAllStates(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.TLSConfig = nil })
	for _, mode := range []Mode{Intake, Submission} {
		for name, road := range roads {
			t.Run(fmt.Sprint(name, " ", mode), func(t *testing.T) {
				for _, first := range steps {
					for _, then := range steps {
						f.pair(t, mode, road, first, then)
					}
				}
			})
		}
	}
}

func (f *fixture) pair(t *testing.T, mode Mode, road []string, first, then step) {
	t.Helper()
	before := len(f.post.stored())
	s := &model{mode: mode}
	c := f.dial(mode)
	defer c.conn.Close()
	c.t = t
	script := []step{}
	for _, line := range road {
		script = append(script, stepOf(t, line))
	}
	script = append(script, first, then)
	var all strings.Builder
	for i, st := range script {
		if i < len(script)-2 {
			c.send(st.wire())
			c.want(st.reply(s))
			continue
		}
		all.WriteString(st.wire())
	}
	c.send(all.String())
	for _, st := range script[len(script)-2:] {
		if s.gone {
			c.closed()
			break
		}
		want := st.reply(s)
		if got := c.reply(); !strings.HasPrefix(got, want) {
			t.Fatalf("road %q, then %q and %q: reply %q to %q, want %s", road, first.line, then.line, got, st.line, want)
		}
	}
	if n := len(f.post.stored()) - before; n != s.stored {
		t.Fatalf("road %q, then %q and %q: stored %d, want %d", road, first.line, then.line, n, s.stored)
	}
}

// The verbs that the table knows are those that are tested.
func TestTheTableIsTested(t *testing.T) {
	tested := map[string]bool{"TURN": true}
	for _, s := range steps {
		verb, _ := splitCommand(strings.TrimSpace(s.line))
		verb, _, _ = strings.Cut(verb, "\r")
		tested[verb] = true
	}
	for verb := range commands {
		if !tested[verb] {
			t.Errorf("%s is in no pair", verb)
		}
	}
}

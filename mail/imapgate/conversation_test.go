package imapgate

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"troxymail/mail/limit"
)

// talk gives a client's bytes to a connection that has logged in, then more LOGOUTs than any literal
// can swallow, and returns all answers.
func talk(t testing.TB, s *Server, f *fake, data []byte) string {
	ours, theirs := net.Pipe()
	ticket, err := s.conns.Open(netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	g := newGuard(s, theirs, ticket, netip.Addr{})
	g.session = &fakeSession{fake: f}
	s.mu.Lock()
	s.guards[g] = struct{}{}
	s.live.Add(1)
	s.mu.Unlock()
	if !s.hand(g) {
		t.Fatal("server is down")
	}
	go func() {
		ours.Write(data)
		ours.Write(bytes.Repeat([]byte("\r\nzz LOGOUT\r\n"), commandBytes/10))
	}()
	answers, _ := io.ReadAll(ours)
	ours.Close()
	return string(answers)
}

// judge demands that whatever a client sent, the engine kept its place, nothing panicked, and no
// command ran but one that a framing of the same bytes finds.
func judge(t interface{ Fatalf(string, ...any) }, s *Server, log *syncBuffer, data []byte, calls []string) {
	if n := s.Panics(); n != 0 {
		t.Fatalf("%d panics for %q: %s", n, data, log.String())
	}
	if strings.Contains(log.String(), "lost its place") {
		t.Fatalf("the engine lost its place in %q", data)
	}
	lines := strings.Count(string(data), "\n") + 2
	if ran := len(without(calls, "POLL", "CLOSED", "STATUS", "UNSELECT", "IDLE")); ran > lines {
		t.Fatalf("%d calls for %d lines of %q: %q", ran, lines, data, calls)
	}
	for _, call := range calls {
		if strings.Contains(call, "Pwned") {
			t.Fatalf("%q ran: %s", data, call)
		}
	}
}

// talkative starts a server for talk, whose log is kept.
func talkative(t testing.TB) (*Server, *fake, *syncBuffer) {
	log, f := new(syncBuffer), &fake{}
	s, err := New(Options{
		Sessions: f, Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError})),
		Conns: limit.NewConns(limit.DefaultCaps()),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ctxShutdown(t, &gate{server: s}) })
	return s, f, log
}

// words are what random conversations are made of: beginnings of commands, good and bad arguments, and
// message text that tries to be a command.
var words = []string{
	"a SELECT INBOX\r\n", "a FETCH ", "a UID FETCH ", "a STORE ", "a SEARCH ", "a APPEND INBOX ", "a LIST ",
	"a STATUS ",
	"a IDLE\r\n", "DONE\r\n", "a CREATE ", "a MOVE ", "a EXPUNGE\r\n", "a CLOSE\r\n", "a NOOP\r\n", "a COPY ",
	"1 ", "1:* ", "$ ", "1:x ", "FLAGS", "BODY[]", "<0.5>", "(", ")", `(\Seen)`, "+FLAGS ", `"" `,
	"*", "%", "\r\n",
	"\r\n", "{3+}\r\nabc",
	"{22+}\r\nx1 CREATE Pwned\r\nabc\r\n", "{22}\r\n", "x1 CREATE", " Pwned\r\nabc\r\n", `"`, `\`,
	"TEXT ", "NOT ", "OR ", "RETURN (", "MIN ", "COUNT ", "CHARSET x ",
	"INBOX ", "x ", "]", "[",
	"BODY[HEADER.FIELDS (",
	"RFC822 ", "ALL", "UID ", "(MESSAGES ", "SIZE)", "\n", " ", "&", "\xff", `"1-Jan-2026 00:00:00 +0000" `, "~",
}

func TestRandomConversations(t *testing.T) {
	s, f, log := talkative(t)
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(words), 0, 25).Draw(rt, "parts")
		data := []byte(strings.Join(parts, ""))
		if unframed(data) {
			return // then x1 is a command of the client's own
		}
		talk(t, s, f, data)
		judge(rt, s, log, data, f.took())
	})
}

// unframed reports that the CREATE stands outside of an announced literal.
func unframed(data []byte) bool {
	rest := strings.ReplaceAll(string(data), "{22+}\r\nx1 CREATE Pwned\r\nabc\r\n", "")
	return strings.Contains(rest, "Pwned")
}

func FuzzConversation(f *testing.F) {
	s, session, log := talkative(f)
	for i := range words {
		f.Add([]byte(strings.Join(words[i:min(len(words), i+6)], "")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if unframed(data) {
			return
		}
		talk(t, s, session, data)
		judge(t, s, log, data, session.took())
	})
}

package smtpgate

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
)

func TestOffers(t *testing.T) {
	f := newFixture(t, nil)
	for _, x := range []struct {
		mode Mode
		tls  bool
		want string
	}{
		{Intake, false, "STARTTLS"}, {Intake, true, ""}, {Submission, false, "STARTTLS, AUTH SCRAM-SHA-256 PLAIN LOGIN"},
		{Submission, true, "AUTH SCRAM-SHA-256 PLAIN LOGIN"},
	} {
		c := f.connect(x.mode, x.tls)
		if x.tls {
			c = f.secure(c)
		}
		c.want("220 example.org ESMTP Troxymail")
		lines := strings.Split(c.do("EHLO there", "250-example.org\r\n"), "\r\n")
		got := map[string]bool{}
		for _, l := range lines[1 : len(lines)-1] {
			got[l[4:]] = true
		}
		want := []string{"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "CHUNKING", "SMTPUTF8", "SIZE 1048576", "LIMITS RCPTMAX=100"}
		if x.want != "" {
			want = append(want, strings.Split(x.want, ", ")...)
		}
		for _, w := range want {
			if !got[w] {
				t.Errorf("mode %v, TLS %v: %s is not offered in %q", x.mode, x.tls, w, lines)
			}
		}
		if len(got) != len(want) {
			t.Errorf("mode %v, TLS %v offers %q", x.mode, x.tls, lines)
		}
		c.conn.Close()
	}
}

func TestPasswordsNeedTLS(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.PlainOnLoopback = false })
	c := f.dial(Submission)
	if r := c.do("EHLO there", "250"); strings.Contains(r, "AUTH") {
		t.Errorf("a login in clear is offered: %q", r)
	}
	c.do("AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0", "538 5.7.11")
	c.do("MAIL FROM:<alice@example.org>", "530 5.7.0 Send STARTTLS")
	c.do("STARTTLS", "220")
	conn := tls.Client(c.conn, f.client)
	secure := &client{t: t, conn: conn, r: bufio.NewReader(conn)}
	secure.do("MAIL FROM:<alice@example.org>", "503 5.5.1 Send EHLO") // what was said before counts no more
	secure.do("EHLO there", "250")
	secure.do("STARTTLS", "503")
	secure.do("AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAHJpZ2h0", "235")
	secure.do("MAIL FROM:<alice@example.org>", "250")
	secure.do("RCPT TO:<bob@example.org>", "250")
	secure.do("DATA", "354")
	secure.send("From: alice@example.org\r\n\r\nx\r\n.\r\n")
	secure.want("250")
	if with := f.post.traces[0].With; with != "ESMTPSA" {
		t.Errorf("sent with %s", with)
	}
}

// What is sent behind STARTTLS in clear is never taken for commands, neither before nor after the handshake.
func TestNothingIsInjectedIntoTLS(t *testing.T) {
	f := newFixture(t, nil)
	for _, injected := range []string{"EHLO evil\r\n", "x", "MAIL FROM:<evil@elsewhere.net>\r\nRCPT TO:<bob@example.org>\r\n"} {
		c := f.dial(Intake)
		c.send("EHLO there\r\nSTARTTLS\r\n" + injected)
		c.want("250")
		c.want("554 5.5.1 Nothing may follow STARTTLS")
		c.closed()
	}
	c := f.dial(Intake)
	c.do("EHLO there", "250")
	c.do("STARTTLS", "220")
	c.send("EHLO in clear\r\n") // no handshake
	if rest := c.rest(); strings.Contains(rest, "250") {
		t.Errorf("commands in clear after STARTTLS: %q", rest)
	}
}

// Lines of any length are a message's own affair, by DATA and BDAT, in one packet with the commands.
func TestLongLines(t *testing.T) {
	f := newFixture(t, nil)
	line := strings.Repeat("x", 100_000)
	c := f.dial(Intake)
	c.do("EHLO there", "250")
	c.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n" + line + "\r\n.\r\n")
	for _, code := range []string{"250", "250", "354", "250"} {
		c.want(code)
	}
	c.send(fmt.Sprintf("MAIL FROM:<a@b.c>\r\nRCPT TO:<bob@example.org>\r\nBDAT %d\r\n%sBDAT 0\r\nBDAT 2 LAST\r\n\r\nNOOP\r\n", len(line), line))
	for _, code := range []string{"250", "250", "250", "250", "250 2.0.0 Stored", "250 2.0.0 OK"} {
		c.want(code)
	}
	if got := f.post.stored(); len(got) != 2 || got[0] != line+"\r\n" || got[1] != got[0] {
		t.Errorf("%d messages", len(got))
	}
	c.do(strings.Repeat("x", 3000), "500 5.5.6") // a command's are bounded
	c.do("NOOP", "250")
}

// Replies leave before the guard waits, also when it waits amid a line.
func TestRepliesDoNotWaitForTheRestOfALine(t *testing.T) {
	f := newFixture(t, nil)
	c := f.dial(Intake)
	c.send("EHLO there\r\nNOOP\r\nNO")
	c.want("250")
	c.want("250")
	c.send("OP\r\n")
	c.want("250")
}

// A dot and a CR that is not a line's end are no end of a message, and nothing of them is lost silently.
func TestDotsAndLoneCRs(t *testing.T) {
	f := newFixture(t, nil)
	for _, body := range []string{".\rX\r\n", ".\r\r\n", "a\r.\r\n", "\r\r\n"} {
		c := f.dial(Intake)
		c.envelope()
		c.do("DATA", "354")
		c.send(body + ".\r\n")
		c.want("550 5.6.11")
		c.do("NOOP", "250")
	}
	if n := len(f.post.stored()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestForeignProtocols(t *testing.T) {
	f := newFixture(t, nil)
	for _, line := range []string{"GET / HTTP/1.1", "POST /x HTTP/1.0", "CONNECT a:25 HTTP/1.1"} {
		c := f.dial(Submission)
		c.send(line + "\r\nHost: x\r\n\r\nEHLO there\r\nNOOP\r\n")
		c.want("421 4.7.0 This is SMTP")
		c.closed()
	}
}

package imapgate

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
)

func secureOnly(o *Options) { o.PlainOnLoopback = false }

// upgrade turns a client's connection into TLS after STARTTLS was accepted.
func (g *gate) upgrade(c *client) *client {
	g.t.Helper()
	conn := tls.Client(c.conn, g.clientTLS)
	if err := conn.Handshake(); err != nil {
		g.t.Fatal(err)
	}
	return newClient(g.t, conn)
}

func TestStartTLS(t *testing.T) {
	g := open(t, secureOnly)
	c := newClient(t, mustDial(t, g.plain.String()))
	c.expect("* OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID STARTTLS LOGINDISABLED]")
	c.send("a STARTTLS\r\n")
	c.expect("a OK")
	c = g.upgrade(c)
	c.send("b CAPABILITY\r\n")
	c.expect("* CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN", "b OK")
	c.send("c STARTTLS\r\n") // twice
	c.expect("c BAD TLS is active already")
	c.send("d LOGIN " + fakeUser + " " + fakePassword + "\r\n")
	c.expect("d OK")
	c.send("e STARTTLS\r\n") // after login
	c.expect("e BAD")
}

func TestImplicitTLS(t *testing.T) {
	g := open(t, secureOnly)
	conn, err := tls.Dial("tcp", g.implicit.String(), g.clientTLS)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, conn)
	c.expect("* OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN]")
	c.send("a LOGIN " + fakeUser + " " + fakePassword + "\r\nb SELECT INBOX\r\n")
	c.expect("a OK")
	c.until("b OK")
	// close_notify in the middle of a message: nothing is stored, the connection ends
	c.send("d APPEND INBOX {20+}\r\nhalf")
	conn.CloseWrite()
	c.rest()
	if got := g.fake.messages(); len(got) != 0 {
		t.Fatalf("stored %q", got)
	}
}

// No password is taken in plain text, and none is asked for.
func TestPlainTextLoginsAreRefused(t *testing.T) {
	g := open(t, secureOnly)
	for _, send := range []string{
		"a LOGIN " + fakeUser + " " + fakePassword + "\r\n",
		"a LOGIN {17}\r\n",
		"a LOGIN {17+}\r\n" + fakeUser + " {6+}\r\n" + fakePassword + "\r\n",
		"a AUTHENTICATE PLAIN\r\n",
		"a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n",
	} {
		c := newClient(t, mustDial(t, g.plain.String()))
		c.expect("* OK")
		c.send(send)
		c.expect("a NO [PRIVACYREQUIRED]")
		c.send("b SELECT INBOX\r\n")
		c.expect("b BAD")
	}
	if calls := g.fake.took(); len(calls) != 0 {
		t.Fatalf("the session layer saw %q", calls)
	}
}

// Commands that were injected in plain text behind STARTTLS are run neither before nor after the
// handshake: with the command in one segment, the connection ends.
func TestStartTLSInjection(t *testing.T) {
	for _, injected := range []string{
		"x NOOP\r\n",
		"x LOGIN " + fakeUser + " " + fakePassword + "\r\n",
		"x", " ", "\r\n", "\x16\x03\x01", "x CAPABILITY\r\ny LOGOUT\r\n",
	} {
		g := open(t, secureOnly)
		c := newClient(t, mustDial(t, g.plain.String()))
		c.expect("* OK")
		c.send("a STARTTLS\r\n" + injected)
		c.expect("a BAD Data after STARTTLS", "* BYE")
		c.expectClosed()
		if calls := g.fake.took(); len(calls) != 0 {
			t.Errorf("%q: the session layer saw %q", injected, calls)
		}
	}
}

// What comes in plain text after the answer to STARTTLS is part of the handshake, and fails it.
func TestStartTLSInjectionBeforeHandshake(t *testing.T) {
	g := open(t, secureOnly)
	c := newClient(t, mustDial(t, g.plain.String()))
	c.expect("* OK")
	c.send("a STARTTLS\r\n")
	c.expect("a OK")
	c.send("x LOGIN " + fakeUser + " " + fakePassword + "\r\n")
	for _, l := range c.rest() {
		if strings.HasPrefix(l, "x ") {
			t.Fatalf("answered %q", l)
		}
	}
	if calls := g.fake.took(); len(calls) != 0 {
		t.Fatalf("the session layer saw %q", calls)
	}
}

func TestStartTLSArguments(t *testing.T) {
	g := open(t, secureOnly)
	c := newClient(t, mustDial(t, g.plain.String()))
	c.expect("* OK")
	c.send("a STARTTLS now\r\n")
	c.expect("a BAD")
	c.send("b STARTTLS {3+}\r\nabc\r\n")
	c.expect("b BAD")
	c.expect("* BYE")
	c.expectClosed()
}

// A downgrade is not spoken: the handshake fails below TLS 1.2.
func TestOldTLSIsRefused(t *testing.T) {
	g := open(t, secureOnly)
	old := g.clientTLS.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", g.implicit.String(), old)
	if err == nil {
		conn.Close()
		t.Fatal("TLS 1.1 was accepted")
	}
}

func TestServeTLSNeedsConfig(t *testing.T) {
	s, err := New(Options{Sessions: &fake{}})
	if err != nil {
		t.Fatal(err)
	}
	defer ctxShutdown(t, &gate{server: s})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.ServeTLS(l) == nil {
		t.Fatal("served TLS without certificates")
	}
	if _, err := New(Options{}); err == nil {
		t.Fatal("made a server without sessions")
	}
}

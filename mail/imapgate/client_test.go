package imapgate

import (
	"bufio"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

// gate is a server under test on loopback.
type gate struct {
	t         testing.TB
	server    *Server
	fake      *fake
	clientTLS *tls.Config
	plain     net.Addr
	implicit  net.Addr
}

// open starts a server with plain logins on loopback, unless change says otherwise.
func open(t testing.TB, change ...func(*Options)) *gate {
	t.Helper()
	g := &gate{t: t, fake: &fake{}}
	o := Options{Sessions: g.fake, PlainOnLoopback: true, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	o.TLSConfig, g.clientTLS = testTLS(t)
	for _, c := range change {
		c(&o)
	}
	server, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	g.server = server
	served := make(chan error, 2)
	g.plain = g.listen(func(l net.Listener) { served <- server.ServePlain(l) })
	g.implicit = g.listen(func(l net.Listener) { served <- server.ServeTLS(l) })
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		for range 2 {
			if err := <-served; err != nil {
				t.Errorf("serve: %v", err)
			}
		}
	})
	return g
}

func (g *gate) listen(serve func(net.Listener)) net.Addr {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		g.t.Fatal(err)
	}
	go serve(l)
	return l.Addr()
}

// client is one connection, seen line by line.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

// patience is how long a test waits for what must come; nothing is concluded from its length.
const patience = 20 * time.Second

func newClient(t testing.TB, conn net.Conn) *client {
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &client{t: t, conn: conn, r: bufio.NewReader(conn)}
}

// dial connects in plain text and reads the greeting.
func (g *gate) dial() *client {
	g.t.Helper()
	conn, err := net.Dial("tcp", g.plain.String())
	if err != nil {
		g.t.Fatal(err)
	}
	c := newClient(g.t, conn)
	c.expect("* OK [CAPABILITY IMAP4rev1 ")
	return c
}

// login connects and logs in.
func (g *gate) login() *client {
	g.t.Helper()
	c := g.dial()
	c.send("l LOGIN " + fakeUser + " " + fakePassword + "\r\n")
	c.expect("l OK [CAPABILITY IMAP4rev1 ")
	return c
}

// selectInbox connects, logs in and selects.
func (g *gate) selectInbox() *client {
	g.t.Helper()
	c := g.login()
	c.send("s SELECT INBOX\r\n")
	c.until("s OK")
	g.fake.took()
	return c
}

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(s)); err != nil {
		c.t.Fatalf("sending %.60q: %v", s, err)
	}
}

// line reads one line, without its line end; ok is false when the connection is closed.
func (c *client) line() (line string, ok bool) {
	c.t.Helper()
	line, err := c.r.ReadString('\n')
	if err == nil {
		return strings.TrimSuffix(line, "\r\n"), true
	}
	if e, timeout := err.(net.Error); timeout && e.Timeout() {
		c.t.Fatalf("nothing came in %v", patience)
	}
	return "", false
}

// expect reads one line for each prefix.
func (c *client) expect(prefixes ...string) {
	c.t.Helper()
	for _, p := range prefixes {
		line, ok := c.line()
		if !ok {
			c.t.Fatalf("connection closed, want %q", p)
		}
		if !strings.HasPrefix(line, p) {
			c.t.Fatalf("got %q, want %q", line, p)
		}
	}
}

// until reads to a line with the prefix and returns all lines.
func (c *client) until(prefix string) []string {
	c.t.Helper()
	var lines []string
	for {
		line, ok := c.line()
		if !ok {
			c.t.Fatalf("connection closed after %q, want %q", lines, prefix)
		}
		lines = append(lines, line)
		if strings.HasPrefix(line, prefix) {
			return lines
		}
	}
}

// expectClosed demands that nothing more comes.
func (c *client) expectClosed() {
	c.t.Helper()
	if line, ok := c.line(); ok {
		c.t.Fatalf("got %q, want a closed connection", line)
	}
}

// rest reads everything until the connection is closed.
func (c *client) rest() []string {
	c.t.Helper()
	var lines []string
	for {
		line, ok := c.line()
		if !ok {
			return lines
		}
		lines = append(lines, line)
	}
}

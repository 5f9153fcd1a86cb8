package imapgate

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener over net.Pipe, so that time in a test can be the bubble's.
type pipes struct {
	*handoff
}

func (p pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.put(theirs)
	return ours
}

// bubble starts a server on pipes within synctest's time.
func bubble(t *testing.T, implicit bool, run func(g *gate, p pipes)) {
	serverTLS, clientTLS := testTLS(t)
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		s, err := New(Options{Sessions: f, TLSConfig: serverTLS})
		if err != nil {
			t.Fatal(err)
		}
		g := &gate{t: t, server: s, fake: f, clientTLS: clientTLS}
		p := pipes{newHandoff()}
		go s.serve(p, implicit)
		run(g, p)
		if err := s.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

// elapsed measures, in the bubble's time, how long it takes until the server hangs up.
func elapsed(t *testing.T, conn net.Conn, drip func()) (time.Duration, string) {
	start := time.Now()
	got := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(conn)
		got <- string(b)
	}()
	if drip != nil {
		drip()
	}
	text := <-got
	return time.Since(start), text
}

func TestHandshakeDeadline(t *testing.T) {
	bubble(t, true, func(g *gate, p pipes) {
		d, _ := elapsed(t, p.dial(), nil)
		if d != DefaultLimits().Handshake {
			t.Fatalf("a client without ClientHello was held for %v", d)
		}
	})
}

func TestTimeToLogIn(t *testing.T) {
	bubble(t, false, func(g *gate, p pipes) {
		conn := p.dial()
		d, text := elapsed(t, conn, func() { // a byte a second keeps no connection
			for {
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
		if d > DefaultLimits().PreAuth+time.Second || !strings.Contains(text, "BYE") {
			t.Fatalf("held for %v: %q", d, text)
		}
	})
}

// inBubble logs in over TLS on pipes.
func inBubble(g *gate, p pipes) *client {
	conn := tls.Client(p.dial(), g.clientTLS)
	c := &client{t: g.t, conn: conn, r: bufio.NewReader(conn)}
	c.expect("* OK")
	c.send("a LOGIN " + fakeUser + " " + fakePassword + "\r\n")
	c.expect("a OK")
	c.send("b SELECT INBOX\r\n")
	c.until("b OK")
	return c
}

func TestIdleAndStallDeadlines(t *testing.T) {
	for _, tc := range []struct {
		name, send, answer string
		want               time.Duration
	}{
		{"between commands", "", "", DefaultLimits().Idle},
		{"in IDLE", "c IDLE\r\n", "+ idling", DefaultLimits().Idle},
		{"in a command", "c NO", "", DefaultLimits().ReadStall},
		{"in a literal", "c APPEND INBOX {20}\r\n", "+ ", DefaultLimits().ReadStall},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, true, func(g *gate, p pipes) {
				c := inBubble(g, p)
				c.send(tc.send)
				if tc.answer != "" {
					c.expect(tc.answer)
				}
				if d, text := elapsed(t, c.conn, nil); d != tc.want || !strings.Contains(text, "BYE") {
					t.Fatalf("held for %v, want %v: %q", d, tc.want, text)
				}
				if m := g.fake.messages(); len(m) != 0 {
					t.Fatalf("stored %q", m)
				}
			})
		})
	}
}

// A slow upload is no stalled one: the deadline follows each byte.
func TestSlowUploadGoesOn(t *testing.T) {
	bubble(t, true, func(g *gate, p pipes) {
		c := inBubble(g, p)
		c.send("c APPEND INBOX {100}\r\n")
		c.expect("+ ")
		for range 100 {
			c.send("m")
			time.Sleep(DefaultLimits().ReadStall - time.Second)
		}
		c.send("\r\n")
		c.expect("c OK")
	})
}

// A client that does not read what it asked for is cut off.
func TestSlowReaderIsCutOff(t *testing.T) {
	bubble(t, true, func(g *gate, p pipes) {
		c := inBubble(g, p)
		g.server.mu.Lock()
		n := len(g.server.guards)
		g.server.mu.Unlock()
		if n != 1 {
			t.Fatalf("%d connections", n)
		}
		go c.conn.Write([]byte(strings.Repeat("c FETCH 1:2 BODY[]\r\n", 1000)))
		time.Sleep(2 * DefaultLimits().WriteStall)
		if total, _ := g.server.conns.Count(); total != 0 {
			t.Fatalf("%d connections are still held", total)
		}
		c.conn.Close()
	})
}

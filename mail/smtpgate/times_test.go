package smtpgate

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipe opens a connection inside a bubble of fake time.
func (f *fixture) pipe(m Mode) *client {
	ours, theirs := net.Pipe()
	f.server.accept(onLoopback{theirs}, m, false)
	return &client{t: f.t, conn: ours, r: bufio.NewReader(ours)}
}

// bubble runs test in fake time with a server of its own, which it shuts down.
func bubble(t *testing.T, test func(t *testing.T, f *fixture)) {
	server, _ := testTLS(t)
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{t: t, post: &post{}}
		var err error
		f.server, err = New(Options{Courier: f.post, Guests: guests, TLSConfig: server, PlainOnLoopback: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = f.server.Shutdown(ctx)
		}()
		test(t, f)
	})
}

// A line each second for longer than any single deadline is a slow client, not a dead one.
func TestSlowMessageIsTaken(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture) {
		c := f.pipe(Intake)
		c.want("220")
		c.envelope()
		c.do("DATA", "354")
		for range 15 * 60 {
			time.Sleep(time.Second) // fake time
			c.send("another line\r\n")
		}
		c.send(".\r\n")
		c.want("250")
		c.do("QUIT", "221")
	})
}

// A message that drips on for ever ends after Limits.Message; nothing is stored.
func TestEndlessDripEnds(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture) {
		c := f.pipe(Intake)
		c.want("220")
		c.envelope()
		c.do("DATA", "354")
		start := time.Now()
		end := make(chan string)
		go func() { end <- c.reply() }()
		for {
			time.Sleep(time.Minute) // fake time
			if _, err := io.WriteString(c.conn, "x\r\n"); err != nil {
				break
			}
		}
		if r := <-end; !strings.HasPrefix(r, "421") || time.Since(start) > DefaultLimits().Message+2*time.Minute {
			t.Fatalf("reply %q after %v", r, time.Since(start))
		}
		if n := len(f.post.stored()); n != 0 {
			t.Fatalf("%d messages", n)
		}
	})
}

// Who says nothing is told so and let go: at the greeting, between commands, inside a line, inside a message.
func TestSilentClientsAreLetGo(t *testing.T) {
	for name, stage := range map[string]struct {
		mode Mode
		say  func(c *client)
		most time.Duration
	}{
		"submission, nothing":    {Submission, func(*client) {}, DefaultLimits().PreAuth},
		"submission, greeted":    {Submission, func(c *client) { c.do("EHLO there", "250") }, DefaultLimits().PreAuth},
		"submission, in AUTH":    {Submission, func(c *client) { c.do("EHLO x", "250"); c.do("AUTH LOGIN", "334") }, DefaultLimits().PreAuth},
		"intake, nothing":        {Intake, func(*client) {}, DefaultLimits().Idle},
		"intake, half a command": {Intake, func(c *client) { c.send("EHL") }, DefaultLimits().ReadStall},
		"intake, recipient":      {Intake, func(c *client) { c.envelope() }, DefaultLimits().Idle},
		"intake, in a message":   {Intake, func(c *client) { c.envelope(); c.do("DATA", "354"); c.send("x\r\n") }, DefaultLimits().ReadStall},
		"intake, in a chunk":     {Intake, func(c *client) { c.envelope(); c.send("BDAT 9 LAST\r\nx") }, DefaultLimits().ReadStall},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fixture) {
				c := f.pipe(stage.mode)
				c.t = t
				c.want("220")
				start := time.Now()
				stage.say(c)
				c.want("421 4.4.2")
				c.closed()
				if d := time.Since(start); d > stage.most+time.Second {
					t.Fatalf("held for %v", d)
				}
				if n := len(f.post.stored()); n != 0 {
					t.Fatalf("%d messages", n)
				}
			})
		})
	}
}

// A client that does not read its replies does not keep its place.
func TestDeafClientIsLetGo(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture) {
		ours, theirs := net.Pipe()
		f.server.accept(onLoopback{theirs}, Intake, false)
		time.Sleep(DefaultLimits().GreetPause + 3*DefaultLimits().WriteStall) // fake time
		synctest.Wait()
		f.server.mu.Lock()
		n := len(f.server.guards)
		f.server.mu.Unlock()
		if n != 0 {
			t.Fatalf("%d connections are held", n)
		}
		ours.Close()
	})
}

func TestEarlyTalkersAreTurnedAway(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture) {
		c := f.pipe(Intake)
		c.send("E")
		c.want("554")
		c.closed()
		c = f.pipe(Submission)
		go c.send("EHLO there\r\n")
		c.want("220")
		c.want("250")
		c.conn.Close()
	})
}

// Who sends a byte now and then does not hold a connection for longer than a line, or a message, may take.
func TestDripsEnd(t *testing.T) {
	for name, stage := range map[string]struct {
		say, drip string
		most      time.Duration
	}{
		"a command":    {"", "x", DefaultLimits().Line},
		"a recipient":  {"MAIL FROM:<a@b.c>\r\nRCPT TO:<bob@example.org>\r\n", "x", DefaultLimits().Line},
		"a chunk":      {"MAIL FROM:<a@b.c>\r\nRCPT TO:<bob@example.org>\r\nBDAT 4096 LAST\r\n", "x", DefaultLimits().Message},
		"many chunks":  {"MAIL FROM:<a@b.c>\r\nRCPT TO:<bob@example.org>\r\n", "BDAT 1\r\nx", DefaultLimits().Message},
		"empty chunks": {"MAIL FROM:<a@b.c>\r\nRCPT TO:<bob@example.org>\r\n", "BDAT 0\r\n", DefaultLimits().Message},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fixture) {
				c := f.pipe(Intake)
				c.t = t
				c.want("220")
				c.do("EHLO there", "250")
				end := make(chan bool)
				go func() {
					for c.reply() != "" {
					}
					close(end)
				}()
				start := time.Now()
				c.send(stage.say)
				for {
					time.Sleep(time.Minute) // fake time
					if _, err := io.WriteString(c.conn, stage.drip); err != nil {
						break
					}
				}
				<-end
				if d := time.Since(start); d > stage.most+3*time.Minute || len(f.post.stored()) > 0 {
					t.Fatalf("held for %v, stored %d", d, len(f.post.stored()))
				}
			})
		})
	}
}

// A client that never says its part of a handshake is let go.
func TestSilentHandshakesEnd(t *testing.T) {
	bubble(t, func(t *testing.T, f *fixture) {
		ours, theirs := net.Pipe()
		start := time.Now()
		f.server.accept(onLoopback{theirs}, Submission, true)
		if _, err := ours.Read(make([]byte, 1)); err == nil || time.Since(start) > DefaultLimits().Handshake+time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		c := f.pipe(Intake)
		c.want("220")
		c.do("EHLO there", "250")
		c.do("STARTTLS", "220")
		start = time.Now()
		if _, err := c.r.ReadByte(); err == nil || time.Since(start) > DefaultLimits().Handshake+time.Second {
			t.Errorf("after STARTTLS: %v after %v", err, time.Since(start))
		}
	})
}

package smtpgate

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"troxymail/mail/delivery"
	"troxymail/mail/limit"
)

// A connection that is cut at any byte stores nothing.
func TestCutAtEveryByteStoresNothing(t *testing.T) {
	f := newFixture(t, nil)
	for _, script := range []string{
		"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nSubject: x\r\n\r\ny\r\n.\r\n",
		"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<bob@example.org>\r\nBDAT 5\r\nS: x\rBDAT 4 LAST\r\n\n\r\ny",
	} {
		for n := range len(script) {
			c := f.dial(Intake)
			c.send(script[:n])
			c.conn.(*net.TCPConn).CloseWrite()
			c.rest()
		}
	}
	if s := f.post.stored(); len(s) != 0 {
		t.Fatalf("stored %q", s)
	}
}

func TestEndlessThingsEnd(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Limits.MessageBytes = 4096 })
	endless := func(c *client, text string) string {
		go func() {
			for {
				if _, err := io.WriteString(c.conn, text); err != nil {
					return
				}
			}
		}()
		return c.rest()
	}
	c := f.dial(Intake)
	if got := endless(c, strings.Repeat("x", 1000)); !strings.Contains(got, "500 5.5.6") {
		t.Errorf("an endless line: %q", got)
	}
	c = f.dial(Intake)
	if got := endless(c, "NOOP\r\n"); strings.Count(got, "250 ") != idleCommands || !strings.Contains(got, "421") {
		t.Errorf("endless NOOPs: %.100q", got)
	}
	c = f.dial(Intake)
	if got := endless(c, "WHAT\r\n"); strings.Count(got, "500 ") != refusedCommands || !strings.Contains(got, "421") {
		t.Errorf("endless errors: %.100q", got)
	}
	c = f.dial(Intake)
	c.envelope()
	c.do("DATA", "354")
	if got := endless(c, strings.Repeat("text ", 20)+"\r\n"); !strings.HasPrefix(got, "552 5.3.4") {
		t.Errorf("an endless message: %q", got)
	}
	c = f.dial(Intake)
	c.envelope()
	c.send("BDAT 99999999999\r\n")
	c.want("552 5.3.4")
	c.closed()
	c = f.dial(Intake)
	c.envelope()
	c.send("BDAT 5000x LAST\r\nQUIT\r\n")
	c.want("501")
	c.closed()
}

// A message over the limit is read to its end; the next one on the connection is taken.
func TestTooLargeAndTheNext(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Limits.MessageBytes = 4096 })
	c := f.dial(Intake)
	c.do("EHLO there", "250")
	c.do("MAIL FROM:<x@y.z> SIZE=4097", "552 5.3.4")
	c.do("MAIL FROM:<x@y.z> SIZE=4096", "250")
	c.do("RCPT TO:<bob@example.org>", "250")
	c.do("DATA", "354")
	c.send(strings.Repeat("x", 5000) + "\r\n.\r\n")
	c.want("552 5.3.4")
	c.do("DATA", "503")
	c.do("MAIL FROM:<x@y.z>", "250")
	c.do("RCPT TO:<bob@example.org>", "250")
	c.do("DATA", "354")
	c.send(strings.Repeat("x", 4000) + "\r\n.\r\n")
	c.want("250")
	if n := len(f.post.stored()); n != 1 {
		t.Fatalf("%d messages", n)
	}
}

// Messages share one budget; who finds it used up is told to come later, and it is given back.
func TestMemoryIsBounded(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Limits.InFlight = memoryFactor * 64 << 10 })
	hold := f.dial(Intake)
	hold.envelope()
	hold.send(fmt.Sprintf("BDAT %d\r\n%s", 40<<10, strings.Repeat("x", 40<<10)))
	hold.want("250")
	c := f.dial(Intake)
	c.envelope()
	send := func(code string) {
		t.Helper()
		c.send(fmt.Sprintf("BDAT %d LAST\r\n%s", 40<<10, strings.Repeat("y", 40<<10)))
		c.want(code)
	}
	send("451 4.3.1")
	hold.do("RSET", "250")
	c.envelope()
	send("250")
	c.do("NOOP", "250")
	if free := f.server.budgets[Intake].free; free != memoryFactor*64<<10 {
		t.Fatalf("%d bytes are free", free)
	}
}

// A large message that is sent slowly keeps other large ones out, but not the small ones; and the largest has room.
func TestLargeMessagesLeaveRoom(t *testing.T) {
	const large = 3 << 20
	f := newFixture(t, func(o *Options) {
		o.Limits.MessageBytes = large
		o.Limits.InFlight = 4 * memoryFactor * large / 3 // what is left of it to large ones holds one
	})
	hold := f.dial(Intake)
	hold.envelope()
	hold.send(fmt.Sprintf("BDAT %d\r\n%s", large, strings.Repeat("x", large)))
	hold.want("250")
	c := f.dial(Intake)
	send := func(n int, code string) {
		t.Helper()
		c.envelope()
		c.send(fmt.Sprintf("BDAT %d LAST\r\n%s", n, strings.Repeat("y", n)))
		c.want(code)
	}
	send(2<<20, "451 4.3.1")
	send(smallText, "250")
	hold.send("BDAT 0 LAST\r\n")
	hold.want("250")
	send(2<<20, "250")
}

// Strangers at the intake and users are counted apart, so that the ones do not take the others' places.
func TestConnectionsAreCounted(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Limits.Caps = limit.Caps{Total: 9, PreAuth: 9, PerAddress: 1, PerNetwork: 9} })
	for m, first := range map[Mode]*client{Intake: f.dial(Intake), Submission: f.dial(Submission)} {
		f.connect(m, false).want("421 4.7.0")
		first.do("QUIT", "221")
		first.closed()
		for { // the place is given back when its guard ends
			c := f.connect(m, false)
			r := c.reply()
			c.conn.Close()
			if strings.HasPrefix(r, "220") {
				break
			}
		}
	}
}

// A client may ask for recipients again and again, but not for ever: each costs the cluster a question.
func TestTransactionsWithoutAMessageEnd(t *testing.T) {
	f := newFixture(t, nil)
	c := f.dial(Intake)
	c.do("EHLO x", "250")
	for range transactionCommands {
		c.send("MAIL FROM:<>\r\n" + strings.Repeat("RCPT TO:<bob@example.org>\r\n", 30) + "EHLO x\r\n")
		for range 32 {
			if r := c.reply(); !strings.HasPrefix(r, "250") {
				if !strings.HasPrefix(r, "421 4.7.0") || f.post.finds > transactionCommands {
					t.Errorf("reply %q after %d questions", r, f.post.finds)
				}
				c.closed()
				return
			}
		}
	}
	t.Errorf("%d questions", f.post.finds)
}

// Whatever goes wrong inside, clients hear nothing of it, and the server lives.
func TestNothingOfTheInsideIsTold(t *testing.T) {
	f := newFixture(t, nil)
	check := func(r, code string) {
		t.Helper()
		if !strings.HasPrefix(r, code) || strings.Contains(r, "secret") {
			t.Errorf("reply %q, want %s", r, code)
		}
	}
	c := f.dial(Intake)
	c.do("EHLO there", "250")
	c.do("MAIL FROM:<x@y.z>", "250")
	for local, code := range map[string]string{
		"odd": "451 4.3.0", "full": "452 4.2.2", "small": "552 5.2.2", "off": "550 5.2.1", "ghost": "550 5.1.1",
	} {
		c.send("RCPT TO:<" + local + "@example.org>\r\n")
		check(c.reply(), code)
	}
	c.do("RCPT TO:<bob@elsewhere.net>", "550 5.7.1")
	c.do("RCPT TO:<bob@example.org>", "250")
	f.post.fails = fmt.Errorf("secret: %w", delivery.ErrUnavailable)
	c.do("DATA", "354")
	c.send("x\r\n.\r\n")
	check(c.reply(), "451 4.3.0")
	f.post.fails = errors.New("secret")
	c.envelope()
	c.do("DATA", "354")
	c.send("x\r\n.\r\n")
	check(c.reply(), "451 4.3.0")
	f.post.fails = nil
	for _, where := range []string{"find", "deliver"} {
		f.post.panics = ""
		c := f.dial(Intake)
		c.do("EHLO there", "250")
		c.do("MAIL FROM:<x@y.z>", "250")
		if where == "deliver" {
			c.do("RCPT TO:<bob@example.org>", "250")
		}
		f.post.panics = where
		c.send("RCPT TO:<alice@example.org>\r\n")
		if where == "deliver" {
			c.want("250")
			c.do("DATA", "354")
			c.send("x\r\n.\r\n")
		}
		check(c.rest(), "451 4.3.0")
	}
	f.post.panics = ""
	if n := f.server.panics.Load(); n != 2 {
		t.Errorf("%d panics were noted", n)
	}
}

// One RCPT without a quorum answers for the others: a hundred of them do not take a hundred times as long.
func TestOneUnansweredRecipientAnswersForAll(t *testing.T) {
	f := newFixture(t, nil)
	c := f.dial(Intake)
	c.do("EHLO there", "250")
	c.do("MAIL FROM:<x@y.z>", "250")
	c.do("RCPT TO:<down@example.org>", "451 4.3.0")
	asked := f.post.finds
	c.do("RCPT TO:<alice@example.org>", "451 4.3.0")
	if f.post.finds != asked {
		t.Error("the cluster was asked again")
	}
	c.do("RSET", "250")
	c.do("MAIL FROM:<x@y.z>", "250")
	c.do("RCPT TO:<alice@example.org>", "250")
}

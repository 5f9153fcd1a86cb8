package imapgate

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/session"
)

func TestIdleTellsAndEnds(t *testing.T) {
	g := open(t)
	told := make(chan struct{})
	g.fake.tell = func(call string, w session.Updates) error {
		if call != "IDLE" {
			return nil
		}
		defer close(told)
		return errors.Join(w.Exists(3), w.Flags(1, 7, []imap.Flag{imap.FlagSeen, "$x", "no flag"}),
			w.MailboxFlags([]imap.Flag{imap.FlagSeen}), w.Expunge(2))
	}
	c := g.selectInbox()
	c.send("a IDLE\r\n")
	c.expect("+ idling", "* 3 EXISTS", `* 1 FETCH (UID 7 FLAGS (\Seen $x))`, `* FLAGS (\Seen)`, "* 2 EXPUNGE")
	<-told
	c.send("done\r\n")
	c.expect("a OK")
}

// What changed before IDLE comes with its answer: a client that is about to sleep then would not hear it.
func TestIdleAnswersWithWhatChanged(t *testing.T) {
	g := open(t)
	g.server.idleNews = time.Hour
	looking, look := make(chan struct{}), make(chan struct{})
	g.fake.tell = func(call string, w session.Updates) error {
		if call != "IDLE" {
			return nil
		}
		close(looking)
		<-look
		return w.Exists(3)
	}
	c := g.selectInbox()
	c.send("a IDLE\r\n")
	<-looking
	c.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if b, err := c.r.Peek(1); err == nil {
		t.Errorf("%q came before the session had looked", b)
	}
	c.conn.SetReadDeadline(time.Now().Add(patience))
	close(look)
	c.expect("+ idling", "* 3 EXISTS")
	c.send("DONE\r\n")
	c.expect("a OK")
}

// A session that takes long to look does not keep IDLE from being answered.
func TestIdleIsAnsweredWithoutNews(t *testing.T) {
	g := open(t)
	g.server.idleNews = time.Millisecond
	answered := make(chan struct{})
	g.fake.hook = func(_ context.Context, call string) error {
		if call == "IDLE" {
			<-answered
		}
		return nil
	}
	c := g.selectInbox()
	c.send("a IDLE\r\n")
	c.expect("+ idling")
	close(answered)
	c.send("DONE\r\n")
	c.expect("a OK")
}

// Some clients send DONE and their next commands in one packet, some even IDLE and DONE.
func TestDoneWithNextCommands(t *testing.T) {
	g := open(t)
	c := g.selectInbox()
	c.send("a IDLE\r\n")
	c.expect("+ idling")
	c.send("DONE\r\nb NOOP\r\nc FETCH 1 FLAGS\r\nd IDLE\r\nDONE\r\ne NOOP\r\n")
	c.expect("a OK", "b OK", "* 1 FETCH", "* 2 FETCH", "c OK", "+ idling", "d OK", "e OK")
}

func TestIdleWithoutMailbox(t *testing.T) {
	g := open(t)
	c := g.login()
	c.send("a IDLE\r\n")
	c.expect("+ idling")
	c.send("DONE\r\n")
	c.expect("a OK")
}

// Anything but DONE cannot be answered while the session may be telling news: the connection ends, and
// the session's Idle has ended before the session is closed.
func TestIdleWithoutDone(t *testing.T) {
	for _, send := range []string{"b NOOP\r\n", "\r\n", strings.Repeat("D", 600) + "\r\n", ""} {
		g := open(t)
		ended := make(chan struct{})
		started := make(chan struct{})
		g.fake.hook = func(ctx context.Context, call string) error {
			switch call {
			case "IDLE":
				close(started)
				<-ctx.Done()
				close(ended)
			case "CLOSED":
				select {
				case <-ended:
				default:
					t.Error("session closed while it was in Idle")
				}
			}
			return nil
		}
		c := g.selectInbox()
		c.send("a IDLE\r\n")
		c.expect("+ idling")
		<-started
		if send == "" {
			c.conn.Close()
			ctxShutdown(t, g)
			continue
		}
		c.send(send)
		bye := func(l string) bool { return strings.HasPrefix(l, "* BYE") }
		if lines := c.rest(); !slices.ContainsFunc(lines, bye) {
			t.Errorf("%.10q: closed without BYE: %q", send, lines)
		}
	}
}

// When the session cannot tell news any more, the client must not wait for them.
func TestIdleThatEndsByItselfSaysBye(t *testing.T) {
	for name, hook := range map[string]func(context.Context, string) error{
		"error": refuseCall("IDLE", unavailable),
		"panic": func(_ context.Context, call string) error {
			if call == "IDLE" {
				panic("content")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := open(t)
			g.fake.hook = hook
			c := g.selectInbox()
			c.send("a IDLE\r\n")
			c.expect("+ idling", "* BYE")
			c.expectClosed()
		})
	}
}

func TestMoveTellsWhereBeforeGone(t *testing.T) {
	g := open(t)
	g.fake.tell = func(call string, w session.Updates) error {
		if call == "MOVE" {
			return w.Expunge(1)
		}
		return nil
	}
	c := g.selectInbox()
	c.send("a MOVE 1 Archive\r\n")
	c.expect("* OK [COPYUID 1 1 7]", "* 1 EXPUNGE", "a OK")
}

// EXPUNGE is not told where the client counts on sequence numbers; CLOSE does not tell it at all.
func TestWhereExpungeIsTold(t *testing.T) {
	g := open(t)
	g.fake.tell = func(call string, w session.Updates) error {
		if call == "FETCH" || call == "EXPUNGE" {
			return w.Expunge(1)
		}
		return nil
	}
	c := g.selectInbox()
	c.send("a FETCH 1 FLAGS\r\nb UID FETCH 1 FLAGS\r\nc EXPUNGE\r\nd CLOSE\r\n")
	c.expect("a NO", "* 1 EXPUNGE", "* 1 FETCH", "* 2 FETCH", "b OK", "* 1 EXPUNGE", "c OK", "d OK")
}

// Nothing is told inside a message's response.
func TestNothingIsToldInsideAMessage(t *testing.T) {
	u := updates{g: &guard{open: true}, expunge: true}
	for _, err := range []error{u.Exists(1), u.Expunge(1), u.Flags(1, 1, nil), u.MailboxFlags(nil)} {
		if !errors.Is(err, errMidMessage) {
			t.Errorf("got %v", err)
		}
	}
}

package session

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// idle runs s.Idle until stop is called; stop returns what Idle returned.
func (c *client) idle(s *Session) (stop func() error) {
	ctx, cancel := context.WithCancel(c.Context())
	done := make(chan error, 1)
	go func() { done <- s.Idle(ctx, c) }()
	return func() error {
		cancel()
		return <-done
	}
}

func TestIdleTellsAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	c.appendTo(a, "INBOX", mail("before"))
	b, d := w.opened(1, "INBOX")
	d.told = make(chan string, 10)
	c.appendTo(a, "INBOX", mail("between"))
	stop := d.idle(b)
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "2 EXISTS"},
		{func() { c.appendTo(a, "INBOX", mail("new")) }, "3 EXISTS"},
		{func() { c.poll(a); c.store(a, seqs(2), add(imap.FlagSeen)) }, `2 FLAGS (\Seen)`},
		{func() { c.store(a, seqs(1), silently(add(imap.FlagDeleted))) }, `1 FLAGS (\Deleted)`},
		{func() { w.do(a.Expunge(t.Context(), c, nil)) }, "1 EXPUNGE"},
	} {
		step.do()
		if got := <-d.told; got != step.want {
			t.Fatalf("IDLE told %q, want %q", got, step.want)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	d.want(`2 EXISTS, 3 EXISTS, 2 FLAGS (\Seen), 1 FLAGS (\Deleted), 1 EXPUNGE`)
	w.replicas[1].mu.Lock()
	defer w.replicas[1].mu.Unlock()
	if n := len(w.cluster.watchers); n != 2 {
		t.Errorf("%d watches are left of 2 sessions", n)
	}
}

// A host may withhold hints: an idle session reads now and then. It waits for a cluster that does not
// answer, and ends with its account.
func TestIdleWithoutHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		a, c := w.opened(0, "INBOX")
		b, d := w.opened(1, "INBOX")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		d.told = make(chan string, 10)
		done := make(chan error, 1)
		go func() { done <- b.Idle(ctx, d) }()
		synctest.Wait()
		w.cluster.mu.Lock()
		clear(w.cluster.watchers)
		w.cluster.mu.Unlock()
		start := time.Now()
		c.appendTo(a, "INBOX", mail("one"))
		if got := <-d.told; got != "1 EXISTS" || time.Since(start) > IdleRefresh {
			t.Errorf("IDLE told %q after %v", got, time.Since(start))
		}
		w.replicas[1].mu.Lock()
		w.replicas[1].down = true
		w.replicas[1].mu.Unlock()
		time.Sleep(IdleRefresh + IdleRetry)
		c.appendTo(a, "INBOX", mail("two"))
		w.replicas[1].mu.Lock()
		w.replicas[1].down = false
		w.replicas[1].mu.Unlock()
		start = time.Now()
		if got := <-d.told; got != "2 EXISTS" || time.Since(start) > IdleRetry {
			t.Errorf("IDLE told %q after %v", got, time.Since(start))
		}
		if err := w.admin.Enable(ctx, alice, false); err != nil {
			t.Fatal(err)
		}
		start = time.Now()
		if err := <-done; err != error(errAccountEnded) || time.Since(start) > IdleRefresh {
			t.Errorf("IDLE of a disabled account ended with %v after %v", err, time.Since(start))
		}
	})
}

func TestIdleWithoutAMailboxHearsOfTheAccount(t *testing.T) {
	w := newWorld(t, nil)
	s := w.login(0)
	c := &client{T: t}
	done := make(chan error, 1)
	go func() { done <- s.Idle(t.Context(), c) }()
	w.do(w.admin.Remove(t.Context(), alice))
	if err := <-done; err != error(errAccountEnded) {
		t.Error(err)
	}
}

func TestAnErrorOfTheClientEndsIdle(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	b, _ := w.opened(1, "INBOX")
	c.appendTo(a, "INBOX", mail("one"))
	broken := errors.New("broken pipe")
	if err := b.Idle(t.Context(), failing{broken}); !errors.Is(err, broken) {
		t.Errorf("Idle: %v", err)
	}
}

// failing is a client whose connection broke.
type failing struct{ err error }

func (f failing) Expunge(uint32) error                      { return f.err }
func (f failing) Exists(uint32) error                       { return f.err }
func (f failing) Flags(uint32, imap.UID, []imap.Flag) error { return f.err }
func (f failing) MailboxFlags([]imap.Flag) error            { return f.err }

// A session that slept beyond the expunge horizon, or over more pages than one, still gets it right.
func TestReadingsOfManyPagesAndBeyondTheHorizon(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	b, d := w.opened(1, "INBOX")
	for n := range 10 {
		c.appendTo(a, "INBOX", mail(fmt.Sprint(n)))
	}
	b.reader = &paged{reader: b.reader, limit: 3}
	d.poll(b)
	d.want("10 EXISTS")
	c.poll(a)
	c.store(a, seqs(2, 5, 9), silently(add(imap.FlagDeleted)))
	c.store(a, seqs(1, 3, 4, 10), silently(add(imap.FlagSeen)))
	w.do(a.Expunge(t.Context(), c, nil))
	c.appendTo(a, "INBOX", mail("late"))
	d.poll(b)
	d.want(`1 FLAGS (\Seen), 3 FLAGS (\Seen), 4 FLAGS (\Seen), 10 FLAGS (\Seen), 9 EXPUNGE, 5 EXPUNGE, 2 EXPUNGE, 8 EXISTS`)

	c.poll(a)
	c.store(a, seqs(2, 8), silently(add(imap.FlagDeleted)))
	c.store(a, seqs(3), silently(add(imap.FlagAnswered)))
	w.do(a.Expunge(t.Context(), c, nil))
	c.appendTo(a, "INBOX", mail("last"))
	b.reader = &paged{reader: b.reader, limit: 3, horizon: true}
	d.poll(b)
	d.want(`3 FLAGS (\Answered \Seen), 8 EXPUNGE, 2 EXPUNGE, 7 EXISTS`)
	d.poll(b)
	d.want("")
}

// paged makes small pages, and readings that start too long ago.
type paged struct {
	reader  mailboxReader
	limit   uint32
	horizon bool
}

func (p *paged) ReadMailbox(ctx context.Context, c *command.MailboxRead) (command.MailboxPage, wire.Status, error) {
	small := *c
	small.Limit = min(small.Limit, p.limit)
	page, status, err := p.reader.ReadMailbox(ctx, &small)
	if p.horizon && c.Since > 0 {
		p.horizon = false
		page.Horizon, page.Expunged = true, nil
	}
	return page, status, err
}

// A mailbox whose UIDs do not rise would change sequence numbers untold: refused, not shown.
func TestUIDsThatDoNotRiseAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	for range 3 {
		c.appendTo(a, "INBOX", mail("x"), imap.FlagDeleted)
	}
	w.do(a.Expunge(t.Context(), c, &imap.UIDSet{{Start: 2, Stop: 2}}))
	c.poll(a)
	c.take()
	a.reader = inserting{a.reader}
	w.wantCode(a.Poll(t.Context(), c, true), imap.ResponseCodeServerBug)
	c.want("")
}

// inserting gives UID 2 again.
type inserting struct{ mailboxReader }

func (r inserting) ReadMailbox(ctx context.Context, c *command.MailboxRead) (
	command.MailboxPage, wire.Status, error) {
	page, status, err := r.mailboxReader.ReadMailbox(ctx, c)
	page.Messages = append([]command.Message{{UID: 2}}, page.Messages...)
	return page, status, err
}

// FETCH answers with flags that changed, asked for or not, and they are told once.
func TestFetchTellsChangedFlagsOnce(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	c.appendTo(a, "INBOX", mail("one"))
	b, d := w.opened(1, "INBOX")
	c.poll(a)
	c.take()
	d.store(b, seqs(1), add(imap.FlagFlagged))
	got, err := c.fetch(a, seqs(1), &imap.FetchOptions{UID: true})
	if err != nil || len(got) != 1 || flagText(got[0].flags) != `(\Flagged)` {
		t.Errorf("FETCH answered %+v, %v", got, err)
	}
	c.poll(a)
	c.want("")
}

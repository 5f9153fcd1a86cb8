package session

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/cache/content"
	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

// idle runs s.Idle until stop is called; stop returns what Idle returned.
func (c *client) idle(s *Session) (stop func() error) {
	ctx, cancel := context.WithCancel(c.Context())
	done := make(chan error, 1)
	go func() { done <- s.Idle(ctx, c, noFlush) }()
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
		go func() { done <- b.Idle(ctx, d, noFlush) }()
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
	c := &client{TB: t}
	done := make(chan error, 1)
	go func() { done <- s.Idle(t.Context(), c, noFlush) }()
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
	if err := b.Idle(t.Context(), failing{broken}, noFlush); !errors.Is(err, broken) {
		t.Errorf("Idle: %v", err)
	}
}

// failing is a client whose connection broke.
type failing struct{ err error }

func (f failing) Expunge(uint32) error                      { return f.err }
func (f failing) Exists(uint32) error                       { return f.err }
func (f failing) Flags(uint32, imap.UID, []imap.Flag) error { return f.err }
func (f failing) MailboxFlags([]imap.Flag) error            { return f.err }

// A session that slept over many changes gets them right, also when they come in small parts, or when its host says
// nothing.
func TestManyChangesAtOnce(t *testing.T) {
	for name, host := range map[string]func(command.Command, *Seen) bool{
		"in small parts": onParts(func(p *command.MailboxParts) { p.Blocks = p.Blocks[:min(1, len(p.Blocks))] }),
		"ordered":        peekLies["says nothing"],
	} {
		w := newWorld(t, nil)
		a, c := w.opened(0, "INBOX")
		for n := range 40 {
			c.appendTo(a, "INBOX", mail(fmt.Sprint(n)))
		}
		b, d := w.opened(1, "INBOX")
		w.replicas[1].peeking = host
		c.poll(a)
		c.store(a, seqs(2, 5, 9), silently(add(imap.FlagDeleted)))
		c.store(a, seqs(1, 20, 39, 40), silently(add(imap.FlagSeen)))
		w.do(a.Expunge(t.Context(), c, nil))
		c.appendTo(a, "INBOX", mail("late"))
		d.poll(b)
		d.want(`1 FLAGS (\Seen), 20 FLAGS (\Seen), 39 FLAGS (\Seen), 40 FLAGS (\Seen), 9 EXPUNGE, 5 EXPUNGE, 2 EXPUNGE, 38 EXISTS`)
		if got := w.servers[1].ReadCounters(); name == "in small parts" && got.Ordered > 1 {
			t.Errorf("%s: counted %+v", name, got)
		}
	}
}

// More expunges than a mailbox remembers are found by looking, as far as the cache has what was there; else the session
// ends, and a client that connects anew sees how it is. The same where every read is ordered.
func TestBeyondTheExpungeHorizon(t *testing.T) {
	const n = command.ExpungeHorizon + 500
	for _, how := range []struct{ forgotten, ordered bool }{{false, false}, {true, false}, {false, true}} {
		w := newWorld(t, func(o *Options) {
			if how.ordered {
				o.Reader = nil
			}
		})
		w.fill(n)
		a, c := w.opened(0, "INBOX")
		b, d := w.opened(1, "INBOX")
		all := imap.SeqSet{{Start: 1}}
		each := new(drain)
		w.do(b.Fetch(t.Context(), d, all, &imap.FetchOptions{Flags: true}, each.each))
		w.do(a.Store(t.Context(), all, silently(add(imap.FlagDeleted)), nil, nil))
		w.do(a.Store(t.Context(), seqs(7, 9000), silently(&imap.StoreFlags{Op: imap.StoreFlagsDel, Flags: []imap.Flag{imap.FlagDeleted}}), nil, nil))
		w.do(a.Expunge(t.Context(), nil, nil))
		c.appendTo(a, "INBOX", mail("late"))
		if how.forgotten {
			b.view.tree = mailtree.New(content.New(1), b.view.id, b.view.state.Messages)
			if err := b.Poll(t.Context(), d, true); err != error(errTooMuchGone) {
				t.Errorf("Poll: %v", err)
			}
			continue
		}
		d.poll(b)
		if len(d.uids) != 3 || len(d.events) != n-2+1 {
			t.Errorf("%d messages are left after %d events", len(d.uids), len(d.events))
		}
		list, err := d.fetch(b, all, &imap.FetchOptions{UID: true, Flags: true})
		if err != nil || len(list) != 3 || list[0].uid != 7 || list[1].uid != 9000 || list[2].uid != n+1 {
			t.Errorf("%d messages, %v", len(list), err)
		}
	}
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

// A command that reads what changed and then writes tells what it wrote: what was read before is not current after it.
func TestAnOwnWriteIsToldAfterIt(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	c.appendTo(s, "INBOX", mail("one"))
	c.appendTo(s, "INBOX", mail("two"))
	c.poll(s)
	if _, err := s.Copy(t.Context(), imap.SeqSet{{Start: 1, Stop: 0}}, "INBOX"); err != nil {
		t.Fatal(err)
	}
	w.do(s.After(t.Context(), c, true))
	if len(c.uids) != 4 {
		t.Errorf("told of %d messages after two were copied to two", len(c.uids))
	}
}

// noFlush is for an Updates that keeps nothing back.
func noFlush() error { return nil }

package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/cache/content"
	"troxymail/mailstore/command"
)

// cold has sessions whose enclave keeps no parts of mailboxes.
func cold(o *Options) { o.Parts = content.New(1) }

// A STORE of more messages than one command takes is cut into several: none names a message that the client did not,
// though others are expunged while it is cut.
func TestChunksStayWithinTheSet(t *testing.T) {
	const n = command.MaxAffected + 400
	const first, last = 100, n - 100
	for _, at := range []int{5, 6} { // the reading before which they go
		w := newWorld(t, cold)
		w.fill(n)
		a, _ := w.opened(0, "INBOX")
		b, _ := w.opened(1, "INBOX")
		peeks := 0
		w.replicas[1].moving = func(command.Command) {
			if peeks++; peeks == at {
				s := imap.UIDSet{{Start: 200, Stop: 1199}}
				w.do(a.Store(t.Context(), s, silently(add(imap.FlagDeleted)), nil, nil))
				w.do(a.Expunge(t.Context(), nil, &s))
			}
		}
		w.replicas[1].after = func(c command.Command) {
			if st, ok := c.(*command.Store); ok {
				for _, r := range st.UIDs {
					if r.First < first || r.Last > last || r.First > r.Last {
						t.Errorf("STORE of %d:%d changes %d:%d", first, last, r.First, r.Last)
					}
				}
			}
		}
		w.do(b.Store(t.Context(), imap.UIDSet{{Start: first, Stop: last}}, silently(add(imap.FlagFlagged)), nil, nil))
	}
}

// beyondHorizon returns a session b that knows more messages than a mailbox remembers to have been expunged since.
func beyondHorizon(t *testing.T, change func(*Options)) (w *world, a, b *Session, ca, cb *client) {
	const n = command.ExpungeHorizon + 500
	w = newWorld(t, change)
	w.fill(n)
	a, ca = w.opened(0, "INBOX")
	b, cb = w.opened(1, "INBOX")
	all := imap.SeqSet{{Start: 1}}
	w.do(b.Fetch(t.Context(), cb, all, &imap.FetchOptions{Flags: true}, new(drain).each))
	w.do(a.Fetch(t.Context(), ca, all, &imap.FetchOptions{Flags: true}, new(drain).each))
	for first := imap.UID(1); first < command.ExpungeHorizon+100; first += 5050 { // in two steps, for a to go on
		s := imap.UIDSet{{Start: first, Stop: first + 5049}}
		w.do(a.Store(t.Context(), s, silently(add(imap.FlagDeleted)), nil, nil))
		w.do(a.Expunge(t.Context(), ca, nil))
	}
	return w, a, b, ca, cb
}

// What went is found by looking for what is left: in what the own host says, or through the order where it keeps that back
// or the mailbox goes on.
func TestNewsBeyondTheHorizon(t *testing.T) {
	for _, lie := range []string{"says the truth", "keeps all nodes back"} {
		w, a, b, ca, cb := beyondHorizon(t, nil)
		w.replicas[1].peeking = peekLies[lie]
		asked := 0
		w.replicas[1].moving = func(command.Command) {
			switch asked++; asked {
			case 2:
				ca.appendTo(a, "INBOX", mail("last"))
			case 1000:
				t.Fatalf("%s: asked 1000 times", lie)
			}
		}
		for range 2 {
			if err := b.Poll(t.Context(), cb, true); err != nil {
				t.Errorf("%s: NOOP: %v", lie, err)
			}
		}
		if want := 500 - 100 + 1; len(cb.uids) != want {
			t.Errorf("%s: %d messages of %d, after asking %d times", lie, len(cb.uids), want, asked)
		}
	}
}

// behindAfterFetch returns a session whose view is behind after a FETCH of message 1: of the state that it came to in the
// middle, where 1 has become seen and other has been done, it does not know what else changed.
func behindAfterFetch(t *testing.T, other func(w *world, a *Session, ca *client)) (w *world, a, b *Session, cb *client) {
	w = newWorld(t, nil)
	a, ca := w.opened(0, "INBOX")
	for i := range 3 {
		ca.appendTo(a, "INBOX", mail(fmt.Sprint(i)))
	}
	b, cb = w.opened(1, "INBOX")
	if _, err := cb.fetch(b, uids(1, 2, 3), &imap.FetchOptions{UID: true, Flags: true}); err != nil {
		t.Fatal(err)
	}
	peeks, orders := 0, 0
	w.replicas[1].moving = func(command.Command) {
		if peeks++; peeks == 1 {
			w.do(a.Store(t.Context(), uids(2), silently(add(imap.FlagFlagged)), nil, nil))
		}
	}
	w.replicas[1].before = func(command.Command) {
		switch orders++; orders {
		case 1:
			w.do(a.Store(t.Context(), uids(2), silently(del(imap.FlagFlagged)), nil, nil))
		case 2:
			w.do(a.Store(t.Context(), uids(1), silently(add(imap.FlagSeen)), nil, nil))
			other(w, a, ca)
		}
	}
	list, err := cb.fetch(b, uids(1), &imap.FetchOptions{UID: true, Flags: true, Envelope: true})
	w.do(err)
	if told := flagText(list[0].flags); told != "(\\Seen)" || b.view.behind == nil {
		t.Fatalf("FETCH told of %s, behind %v", told, b.view.behind)
	}
	cb.take()
	return w, a, b, cb
}

// Flags that the client is told while the view is behind are told again when they change back.
func TestFlagsHeardWhileBehind(t *testing.T) {
	w, a, b, cb := behindAfterFetch(t, func(*world, *Session, *client) {})
	w.do(a.Store(t.Context(), uids(1), silently(del(imap.FlagSeen)), nil, nil))
	w.do(b.After(t.Context(), cb, true))
	cb.poll(b)
	if events := cb.take(); !strings.Contains(events, "1 FLAGS ()") {
		t.Errorf("the client was told of \\Seen, and then %q", events)
	}
}

// A view that is behind does not tell of new messages without what changed before them.
func TestNewsWhileBehind(t *testing.T) {
	w, _, b, cb := behindAfterFetch(t, func(w *world, a *Session, ca *client) {
		w.do(a.Store(w.Context(), uids(3), silently(add(imap.FlagFlagged)), nil, nil))
		ca.appendTo(a, "INBOX", mail("new"))
	})
	w.do(b.After(t.Context(), cb, true))
	if events := cb.take(); strings.Contains(events, "EXISTS") && !strings.Contains(events, "3 FLAGS (\\Flagged)") {
		t.Errorf("the client was told %q", events)
	}
}

// Another session of the account may learn of a keyword between one's question and its answer.
func TestKeywordsOfTwoSessions(t *testing.T) {
	w := newWorld(t, nil)
	a, ca := w.opened(0, "INBOX")
	for i := range 3 {
		ca.appendTo(a, "INBOX", mail(fmt.Sprint(i)), "one")
	}
	b, cb := w.opened(1, "INBOX")
	other, co := w.opened(1, "INBOX")
	w.do(a.Store(t.Context(), uids(1), silently(add(imap.FlagSeen)), nil, nil))
	r, within := w.replicas[1], false
	r.unsure = true // reads are ordered
	r.after = func(command.Command) {
		if within {
			return
		}
		within = true
		w.do(a.Store(t.Context(), uids(2), silently(add("two")), nil, nil))
		r.unsure = false
		w.do(other.Poll(t.Context(), co, true))
		r.unsure = true
	}
	if err := b.Poll(t.Context(), cb, true); err != nil {
		t.Errorf("NOOP: %v", err)
	}
}

// SELECT is of one moment: its first unseen message too, which is looked for last.
func TestSelectIsOfOneMoment(t *testing.T) {
	w := newWorld(t, nil)
	a, ca := w.opened(0, "INBOX")
	for i := range 41 {
		ca.appendTo(a, "INBOX", mail(fmt.Sprint(i)))
	}
	first, _ := w.opened(1, "INBOX")
	w.servers[1].parts = content.New(1 << 20) // the parts were evicted, the state was not
	w.servers[1].parts.Put(first.view.digest, first.view.state.Append(nil))
	peeks := 0
	w.replicas[1].moving = func(command.Command) {
		if peeks++; peeks == 1 {
			w.do(a.Store(t.Context(), uids(1), silently(add(imap.FlagSeen)), nil, nil))
			ca.appendTo(a, "INBOX", mail("last"))
		}
	}
	d, err := w.login(1).Select(t.Context(), "INBOX", false)
	w.do(err)
	before, after := []uint32{41, 42, 42, 1}, []uint32{42, 43, 44, 2}
	got := []uint32{d.NumMessages, uint32(d.UIDNext), uint32(d.HighestModSeq), d.FirstUnseenSeqNum}
	if !slices.Equal(got, before) && !slices.Equal(got, after) {
		t.Errorf("messages, UIDNEXT, HIGHESTMODSEQ, first unseen: %v, neither %v nor %v", got, before, after)
	}
}

// A MOVE that was done is not said to have failed when the quorum is lost after it.
func TestMoveIsDoneWithoutNews(t *testing.T) {
	for at := 1; at <= 4; at++ { // the reading after the MOVE from which on nobody answers
		w := newWorld(t, cold)
		w.fill(3000)
		b, cb := w.opened(1, "INBOX")
		w.do(b.Create(t.Context(), "dest", nil))
		r, done, peeks := w.replicas[1], false, 0
		r.after = func(c command.Command) {
			_, moved := c.(*command.Copy)
			done = done || moved
		}
		r.moving = func(command.Command) {
			if !done {
				return
			}
			if peeks++; peeks == at {
				r.down, r.peeking = true, func(command.Command, *Seen) bool { return false }
			}
		}
		if _, err := b.Move(t.Context(), cb, imap.UIDSet{{Start: 10, Stop: 12}, {Start: 2000, Stop: 2001}}, "dest"); err != nil {
			t.Errorf("at %d: %v", at, err)
		}
	}
}

// However the mailbox goes on, and however little the enclave keeps, a command ends.
func TestCommandsEndWhileTheMailboxGoesOn(t *testing.T) {
	for _, size := range []int64{1, 200_000} {
		w := newWorld(t, func(o *Options) { o.Parts = content.New(size) })
		w.fill(6000)
		a, _ := w.opened(0, "INBOX")
		b, cb := w.opened(1, "INBOX")
		var s imap.UIDSet
		for u := imap.UID(100); u < 6000; u += 300 {
			s.AddNum(u)
		}
		w.do(a.Store(t.Context(), s, silently(add(imap.FlagDeleted)), nil, nil))
		w.do(a.Expunge(t.Context(), nil, nil))
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		reads, op := 0, imap.StoreFlagsAdd
		move := func(command.Command) {
			if reads++; reads == 20_000 {
				stop()
			}
			if op = imap.StoreFlagsAdd + imap.StoreFlagsDel - op; reads < 20_000 {
				w.do(a.Store(t.Context(), uids(101), silently(&imap.StoreFlags{Op: op, Flags: []imap.Flag{"x"}}), nil, nil))
			}
		}
		w.replicas[1].moving, w.replicas[1].before = move, move
		each, _ := cb.responses()
		err := b.Fetch(ctx, cb, imap.SeqSet{{Start: 3000, Stop: 3010}}, &imap.FetchOptions{UID: true, Flags: true}, each)
		t.Logf("a cache of %d bytes: FETCH after %d reads: %v", size, reads, err)
		err = b.Poll(ctx, cb, true)
		t.Logf("a cache of %d bytes: NOOP after %d reads: %v", size, reads, err)
		if reads >= 20_000 {
			t.Errorf("a cache of %d bytes: %d reads for two commands", size, reads)
		}
	}
}

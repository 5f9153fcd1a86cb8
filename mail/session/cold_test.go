package session

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/cache/content"
	"troxymail/mailstore/command"
)

// reading counts what a replica's host answers.
type reading struct{ answers, messages int }

func (w *world) count(i int) *reading {
	r := new(reading)
	w.replicas[i].peeking = onParts(func(p *command.MailboxParts) {
		r.answers++
		r.messages += len(p.Messages())
	})
	return r
}

// take returns what was counted since the last take.
func (r *reading) take() reading {
	defer func() { *r = reading{} }()
	return *r
}

// An enclave that has just started reads of a mailbox what a command needs, whichever command comes first.
func TestColdReadsAreParts(t *testing.T) {
	w := newWorld(t, nil)
	const n = 30_000
	w.fill(n)
	a, ca := w.opened(0, "INBOX")
	w.do(a.Store(t.Context(), imap.UIDSet{{Start: 1, Stop: 20_000}}, silently(add(imap.FlagSeen)), nil, nil))
	flags := &imap.FetchOptions{UID: true, Flags: true, RFC822Size: true}
	path := 5 // nodes on the way to a message, at most
	for what, x := range map[string]struct {
		do       func(s *Session, c *client) error
		messages int // at most
	}{
		"SELECT":          {func(*Session, *client) error { return nil }, 0},
		"UID FETCH 5":     {func(s *Session, c *client) error { _, err := c.fetch(s, uids(5), flags); return err }, 16},
		"UID FETCH 25000": {func(s *Session, c *client) error { _, err := c.fetch(s, uids(25_000), flags); return err }, 16},
		"UID FETCH 99999": {func(s *Session, c *client) error { _, err := c.fetch(s, uids(99_999), flags); return err }, 0},
		"FETCH 17000":     {func(s *Session, c *client) error { _, err := c.fetch(s, seqs(17_000), flags); return err }, 32},
		"UID FETCH *":     {func(s *Session, c *client) error { _, err := c.fetch(s, imap.UIDSet{{}}, flags); return err }, 32},
		"FETCH 100:200": {func(s *Session, c *client) error {
			_, err := c.fetch(s, imap.SeqSet{{Start: 100, Stop: 200}}, flags)
			return err
		}, 300},
		"UID FETCH a body": {func(s *Session, c *client) error {
			_, err := c.fetch(s, uids(9_000), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
			return err
		}, 16},
		"NOOP": {func(s *Session, c *client) error { return s.Poll(t.Context(), c, true) }, 0},
		"UID STORE": {func(s *Session, c *client) error {
			c.store(s, uids(400), add(imap.FlagFlagged))
			return nil
		}, 32},
		"UID SEARCH UID 7:9 SEEN": {func(s *Session, c *client) error {
			_, err := s.Search(t.Context(), true, &imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 7, Stop: 9}}}, Flag: []imap.Flag{imap.FlagSeen}}, nil)
			return err
		}, 16},
	} {
		var err error
		w.servers[1], err = New(w.options[1])
		w.do(err)
		read := w.count(1)
		s := w.login(1)
		c := &client{TB: t}
		data := c.enter(s, "INBOX", false)
		if data.NumMessages != n || data.FirstUnseenSeqNum != 20_001 || data.UIDNext != n+1 {
			t.Fatalf("SELECT: %+v", data)
		}
		if got := read.take(); got.answers > 1 || got.messages > command.MessagesPerLeaf {
			t.Errorf("SELECT read %+v", got)
		}
		w.unordered(what, func() {
			if what == "UID STORE" {
				w.cluster.commands[command.KindStore]-- // that one is
			}
			if err := x.do(s, c); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		})
		if got := read.take(); got.messages > x.messages || got.answers > path {
			t.Errorf("%s read %+v, want %d messages at most", what, got, x.messages)
		}
		w.do(s.Close())
	}
	_ = ca
}

// Sessions of one mailbox read it once for all of them, and so do states of it what is equal in them.
func TestSessionsShareWhatTheyRead(t *testing.T) {
	w := newWorld(t, nil)
	const n = 5000
	w.fill(n)
	all, flags := imap.UIDSet{{Start: 1}}, &imap.FetchOptions{Flags: true}
	read := w.count(1)
	first, d := w.opened(1, "INBOX")
	w.do(first.Fetch(t.Context(), d, all, flags, new(drain).each))
	if got := read.take(); got.messages < n || got.messages > n+300 {
		t.Errorf("the first session read %+v", got)
	}
	second, e := w.opened(1, "INBOX")
	w.do(second.Fetch(t.Context(), e, all, flags, new(drain).each))
	if got := read.take(); got != (reading{}) {
		t.Errorf("the second session read %+v", got)
	}
	a, c := w.opened(0, "INBOX")
	c.store(a, uids(1234), add(imap.FlagFlagged))
	d.poll(first)
	d.want(`1234 FLAGS (\Flagged \Seen)`)
	if got := read.take(); got.answers != 1 || got.messages > command.MessagesPerLeaf {
		t.Errorf("a changed flag took %+v", got)
	}
	e.poll(second)
	if got := read.take(); got.messages != 0 {
		t.Errorf("the second session read %+v of it", got)
	}
	third, f := w.opened(1, "INBOX")
	w.do(third.Fetch(t.Context(), f, all, flags, new(drain).each))
	if got := read.take(); got.messages > 300 {
		t.Errorf("after that a whole reading took %+v", got)
	}
}

// FETCH and SEARCH of everything hold a part of a large mailbox at a time, whatever the cache keeps.
func TestLargeAnswersAreStreamed(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Parts = content.New(1 << 20) })
	const n = 120_000
	w.fill(n)
	before := heap()
	most := int64(0)
	s, c := w.opened(1, "INBOX")
	d := &drain{every: 10_000, look: func() { most = max(most, heap()-before) }}
	if err := s.Fetch(t.Context(), c, imap.UIDSet{{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true}, d.each); err != nil || d.flags != n {
		t.Error(d.flags, err)
	}
	data, err := s.Search(t.Context(), false, &imap.SearchCriteria{Flag: []imap.Flag{imap.FlagSeen}}, &imap.SearchOptions{ReturnCount: true})
	if err != nil || data.Count != n*666/1000 {
		t.Error(data.Count, err)
	}
	// The cache, one answer of a host, and what is kept aside of the last ones; all messages would be 11 MiB.
	if most > 6<<20 {
		t.Errorf("%d KiB were held at once", most>>10)
	}
	if held := heap() - before; held > 2<<20 {
		t.Errorf("%d KiB are held after it", held>>10)
	}
}

// A mailbox into which others write between any two reads is read all the same, by an enclave that has nothing of it and
// whose host is of no help: the view goes on with the parts that it reads.
func TestColdReadsOfABusyMailbox(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(3000)
	a, ca := w.opened(0, "INBOX")
	w.replicas[1].unsure = true
	w.replicas[1].peeking = func(command.Command, *Seen) bool { return false }
	b, cb := w.opened(1, "INBOX")
	reads := 0
	w.replicas[1].before = func(c command.Command) {
		if c.Kind() == command.KindMailboxRead {
			reads++
			ca.appendTo(a, "INBOX", mail("one more"))
		}
	}
	for _, options := range []*imap.FetchOptions{
		{UID: true, Flags: true}, {UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}},
	} {
		list, err := cb.fetch(b, imap.UIDSet{{Start: 700, Stop: 720}}, options)
		if err != nil || len(list) != 21 {
			t.Errorf("%d messages, %v", len(list), err)
		}
	}
	cb.poll(b)
	if reads == 0 || len(cb.uids) <= 3000 {
		t.Errorf("%d reads, %d messages", reads, len(cb.uids))
	}
}

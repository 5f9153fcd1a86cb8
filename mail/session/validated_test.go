package session

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// ordered returns how many commands of any kind were ordered so far.
func (w *world) ordered() (n int) {
	w.cluster.mu.Lock()
	defer w.cluster.mu.Unlock()
	for _, k := range w.cluster.commands {
		n += k
	}
	return n
}

// unordered holds f to order nothing.
func (w *world) unordered(what string, f func()) {
	w.Helper()
	before := w.ordered()
	f()
	if after := w.ordered(); after != before {
		w.Errorf("%s ordered %d commands", what, after-before)
	}
}

// A client that reads orders nothing, whether something changed or not, and sees what another replica wrote.
func TestReadsAreNotOrdered(t *testing.T) {
	w := newWorld(t, nil)
	a, ca := w.opened(0, "INBOX")
	for i := range 40 {
		ca.appendTo(a, "INBOX", mail(fmt.Sprint(i)))
	}
	b, cb := w.opened(1, "INBOX")
	names := w.list(b, nil, "*")
	all := imap.SeqSet{{Start: 1, Stop: 0}}
	read := func(what string, unread int) {
		w.unordered(what, func() {
			cb.poll(b)
			if _, err := cb.fetch(b, all, &imap.FetchOptions{Flags: true, Envelope: true}); err != nil {
				t.Error(err)
			}
			if got := w.search(b, false, &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}); len(got) == 0 && unread > 0 {
				t.Error("nothing found")
			}
			s, err := b.Status(t.Context(), "INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
			if err != nil || int(*s.NumUnseen) != unread || int(*s.NumMessages) != len(cb.uids) {
				t.Errorf("status %+v, %v; want %d unread of %d", s, err, unread, len(cb.uids))
			}
			w.wantList(w.list(b, nil, "*"), names...)
			data, err := b.Select(t.Context(), "INBOX", false)
			if err != nil || int(data.NumMessages) != len(cb.uids) {
				t.Errorf("select %+v, %v", data, err)
			}
		})
	}
	read("reading what is current", 40)
	w.do(a.Store(t.Context(), imap.UIDSet{{Start: 3, Stop: 20}}, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen, "Kw"}}, nil, discardEach(ca)))
	read("reading new flags", 22)
	ca.appendTo(a, "INBOX", mail("new"))
	w.do(a.Store(t.Context(), imap.UIDSet{{Start: 2, Stop: 2}, {Start: 17, Stop: 18}}, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil, discardEach(ca)))
	w.do(a.Expunge(t.Context(), ca, nil))
	read("reading after an expunge", 22)
	if got := w.servers[1].ReadCounters(); got.Current == 0 || got.Checked == 0 || got.Refused != 0 {
		t.Errorf("counted %+v", got)
	}
}

func discardEach(c *client) func(uint32) MessageWriter {
	each, _ := c.responses()
	return each
}

// An account that was closed, and a mailbox that was deleted, end at the next read, without the order.
func TestValidatedReadsSeeRevocation(t *testing.T) {
	w := newWorld(t, nil)
	a, _ := w.opened(0, "INBOX")
	w.do(a.Create(t.Context(), "box", nil))
	b, cb := w.opened(1, "box")
	cb.poll(b)
	w.do(a.Delete(t.Context(), "box"))
	w.unordered("a poll after the mailbox went", func() { cb.poll(b) })
	if !b.view.deleted {
		t.Error("the mailbox is still there")
	}
	c, cc := w.opened(1, "INBOX")
	w.do(w.admin.Enable(t.Context(), alice, false))
	if err := c.Poll(t.Context(), cc, true); !isBye(err) {
		t.Errorf("a closed account is answered: %v", err)
	}
}

func isBye(err error) bool {
	e, ok := err.(*imap.Error)
	return ok && e.Type == imap.StatusResponseTypeBye
}

// peekLies are what a host may make of an unordered read.
var peekLies = map[string]func(command.Command, *Seen) bool{
	"says the truth": nil,
	"says nothing":   func(command.Command, *Seen) bool { return false },
	"changes a flag": onParts(func(p *command.MailboxParts) {
		for i := range p.Blocks {
			p.Blocks[i].Records[12] ^= byte(command.FlagSeen)
		}
	}),
	"keeps a message back": onParts(func(p *command.MailboxParts) {
		for i, b := range p.Blocks {
			if n := len(b.Records) - command.MessageBytes; n > 0 {
				p.Blocks[i].Records = b.Records[:n]
			}
		}
	}),
	"keeps all messages back": onParts(func(p *command.MailboxParts) { p.Blocks = nil }),
	"keeps all nodes back":    onParts(func(p *command.MailboxParts) { p.Nodes, p.Blocks = nil, nil }),
	"invents a message": onParts(func(p *command.MailboxParts) {
		p.Blocks = append(p.Blocks, command.Block{Records: command.AppendMessage(nil, &command.Message{UID: math.MaxUint32 - 5, ModSeq: 1})})
	}),
	"invents a message between": onParts(func(p *command.MailboxParts) {
		for i, b := range p.Blocks {
			if m := b.Messages()[0]; m.UID > 1 && int(m.UID)%command.MessagesPerLeaf > 0 {
				m.UID--
				p.Blocks[i].Records = append(command.AppendMessage(nil, &m), b.Records...)
			}
		}
	}),
	"keeps an expunge back": onParts(func(p *command.MailboxParts) {
		if n := len(p.Expunged); n > 0 {
			p.Expunged = p.Expunged[:n-1]
		}
	}),
	"invents an expunge": onParts(func(p *command.MailboxParts) { p.Expunged = append(p.Expunged, command.Tomb{UID: 1, ModSeq: 1}) }),
	"names another expunge": onParts(func(p *command.MailboxParts) {
		for i := range p.Expunged {
			p.Expunged[i].UID += 10
		}
	}),
	"drops the keywords":   onParts(func(p *command.MailboxParts) { p.Keywords = nil }),
	"changes the counters": onParts(func(p *command.MailboxParts) { p.State.Counters.Messages++; p.State.Counters.Unseen++ }),
	"changes a tally": onParts(func(p *command.MailboxParts) {
		for i := range p.Nodes {
			p.Nodes[i].Node[2+32+3]++
		}
	}),
	"cuts the answer": func(_ command.Command, s *Seen) bool {
		s.Payload = s.Payload[:len(s.Payload)/2]
		return true
	},
	"sends rubbish": func(_ command.Command, s *Seen) bool {
		s.Payload = []byte("rubbish")
		return true
	},
	"refuses": func(_ command.Command, s *Seen) bool {
		s.Status = command.StatusNoMailbox
		return true
	},
}

var peekLieNames = slices.Sorted(maps.Keys(peekLies))

func onParts(change func(*command.MailboxParts)) func(command.Command, *Seen) bool {
	return func(_ command.Command, s *Seen) bool {
		p, err := command.DecodeMailboxParts(s.Payload)
		if err != nil {
			return false
		}
		change(&p)
		s.Payload = p.Append(nil)
		return true
	}
}

// Whatever a host makes of what it is asked unordered, the client sees the truth: by the order then.
func TestLyingPeeks(t *testing.T) {
	for _, name := range peekLieNames {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			a, ca := w.opened(0, "INBOX")
			for i := range 20 {
				ca.appendTo(a, "INBOX", mail(fmt.Sprint(i)))
			}
			b, cb := w.opened(1, "INBOX")
			all := imap.SeqSet{{Start: 1}}
			if _, err := cb.fetch(b, all, &imap.FetchOptions{UID: true}); err != nil { // it knows which message has which number
				t.Fatal(err)
			}
			w.replicas[1].peeking = peekLies[name]
			w.do(a.Store(t.Context(), imap.UIDSet{{Start: 2, Stop: 5}}, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil, discardEach(ca)))
			w.do(a.Store(t.Context(), imap.UIDSet{{Start: 10, Stop: 12}}, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{"Kw"}}, nil, discardEach(ca)))
			w.do(a.Expunge(t.Context(), ca, nil))
			w.do(a.Store(t.Context(), imap.UIDSet{{Start: 7, Stop: 9}}, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}, nil, discardEach(ca)))
			ca.appendTo(a, "INBOX", mail("last"))
			for _, read := range []*Session{b, w.login(1)} {
				if read != b {
					cb = &client{TB: t}
					cb.enter(read, "INBOX", false)
				}
				cb.poll(read)
				list, err := cb.fetch(read, all, &imap.FetchOptions{UID: true, Flags: true})
				if err != nil || len(list) != 17 || len(cb.uids) != 17 {
					t.Fatalf("%d messages of %d, %v", len(list), len(cb.uids), err)
				}
				for _, f := range list {
					if seen := slices.Contains(f.flags, imap.FlagSeen); seen != (f.uid >= 7 && f.uid <= 9) {
						t.Errorf("UID %d: flags %v", f.uid, f.flags)
					}
					if kw := slices.Contains(f.flags, "Kw"); kw != (f.uid >= 10 && f.uid <= 12) {
						t.Errorf("UID %d: flags %v", f.uid, f.flags)
					}
				}
				s, err := read.Status(t.Context(), "INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
				if err != nil || *s.NumMessages != 17 || *s.NumUnseen != 14 {
					t.Errorf("status %+v, %v", s, err)
				}
			}
		})
	}
}

// What was validated a moment ago may be older or newer than what the own host has: then another validation decides,
// or the order.
func TestHostBesideValidation(t *testing.T) {
	w := newWorld(t, nil)
	a, ca := w.opened(0, "INBOX")
	b, cb := w.opened(1, "INBOX")
	cb.poll(b)
	n := 0
	w.replicas[1].behind = func(v []wire.KeyVersion) {
		if n++; n == 1 {
			v[len(v)-1].Digest = wire.Digest{1} // of a state that the host has left behind
		}
	}
	ca.appendTo(a, "INBOX", mail("new"))
	w.unordered("a read while the host is ahead", func() { cb.poll(b) })
	n = math.MinInt
	w.replicas[1].behind = func(v []wire.KeyVersion) { v[len(v)-1].Digest = wire.Digest{2} }
	ca.appendTo(a, "INBOX", mail("newer"))
	cb.poll(b)
	if len(cb.uids) != 2 {
		t.Errorf("%d messages", len(cb.uids))
	}
}

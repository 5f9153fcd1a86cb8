package state

import (
	"reflect"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

func TestLimits(t *testing.T) {
	c, a, inbox := setUp(t)
	many := newAppend(a, inbox, 1)
	for i := range command.MaxKeywords {
		many.Keywords = append(many.Keywords, command.KeywordDef{Token: token(i), Sealed: []byte{1}})
	}
	c.do(many)
	more := newAppend(a, inbox, 1)
	more.Keywords = []command.KeywordDef{{Token: token(500), Sealed: []byte{1}}}
	c.refused(command.StatusLimit, more)
	c.refused(
		command.StatusLimit,
		&command.Store{Account: a, Mailbox: inbox, UIDs: rangesOf(1), Keywords: more.Keywords,
			UnchangedSince: noCondition},
	)

	quota := newAccount(1)
	quota.QuotaBytes = 250
	c.do(quota)
	box := firstMailbox + command.MailboxID(2)
	c.append(accountID(1), box, 0)
	c.append(accountID(1), box, 0)
	c.refused(command.StatusOverQuota, newAppend(accountID(1), box, 0))
	c.refused(
		command.StatusOverQuota,
		&command.Copy{Account: accountID(1), Source: box, Target: box + 1, UIDs: rangesOf(1)},
	)
	c.do(&command.Copy{Account: accountID(1), Source: box, Target: box + 1, UIDs: rangesOf(1), Move: true})

	version := c.namespace(a).Version
	parent := command.MailboxID(0)
	for range command.MaxDepth {
		change := must[command.NamespaceChange](
			t,
		)(
			command.DecodeNamespaceChange(c.do(&command.MailboxCreate{
				Account:          a,
				NamespaceVersion: version,
				Mailboxes:        []command.NewMailbox{{Parent: parent, Token: token(9), Sealed: []byte{1}}},
			})),
		)
		version, parent = change.Version, change.Created[0]
	}
	c.refused(command.StatusLimit, &command.MailboxCreate{Account: a, NamespaceVersion: version,
		Mailboxes: []command.NewMailbox{{Parent: parent, Token: token(9), Sealed: []byte{1}}}})
	c.refused(
		command.StatusLimit,
		&command.MailboxRename{Account: a, NamespaceVersion: version, Mailbox: inbox + 1,
			Parent: parent, Token: token(9), Sealed: []byte{1}},
	)
	// One higher there is room for a mailbox, but not for its child.
	parent = c.namespace(a).Mailboxes[len(c.namespace(a).Mailboxes)-2].ID
	rename := &command.MailboxRename{Account: a, NamespaceVersion: version + 1, Mailbox: inbox + 1,
		Parent: parent, Token: token(8), Sealed: []byte{1}}
	c.do(&command.MailboxCreate{Account: a, NamespaceVersion: version,
		Mailboxes: []command.NewMailbox{{Parent: inbox + 1, Token: token(9), Sealed: []byte{1}}}})
	parent = c.parentOf(a, parent+1)
	rename.Parent = parent
	c.refused(command.StatusLimit, rename)
	checkWalk(t, c.m)
}

// parentOf returns the id of a mailbox's parent.
func (c *client) parentOf(a command.AccountID, id command.MailboxID) command.MailboxID {
	c.t.Helper()
	for _, m := range c.namespace(a).Mailboxes {
		if m.ID == id {
			return m.Parent
		}
	}
	c.t.Fatalf("no mailbox %d", id)
	return 0
}

// marked appends n messages, every step-th of them with \Deleted.
func (c *client) marked(a command.AccountID, id command.MailboxID, n, step int) {
	c.t.Helper()
	for i := 0; i < n; {
		var requests []wire.Request
		for ; len(requests) < 1000 && i < n; i++ {
			ap := newAppend(a, id, 0)
			if i%step == 0 {
				ap.Flags = command.FlagDeleted
			}
			c.id.Sequence++
			requests = append(requests, request(c.id, ap))
		}
		apply(c.t, c.m, requests...)
	}
}

func TestLargeCommandsAreBounded(t *testing.T) {
	c, a, inbox := setUp(t)
	c.marked(a, inbox, command.MaxAffected+3, 1)
	all := []command.UIDRange{{First: 1, Last: 1<<32 - 1}}
	for _, cmd := range []command.Command{
		&command.Store{Account: a, Mailbox: inbox, UIDs: all, Flags: 1, UnchangedSince: noCondition},
		&command.Copy{Account: a, Source: inbox, Target: inbox + 1, UIDs: all},
		&command.MailboxRename{Account: a, NamespaceVersion: 1, Mailbox: inbox, Token: token(5), Sealed: []byte{1}},
	} {
		if r := c.try(cmd); r.Status != command.StatusLimit {
			t.Fatalf("%T: status %d", cmd, r.Status)
		}
	}
	for _, want := range []command.Expunged{
		{UIDs: []command.UIDRange{{First: 1, Last: command.MaxAffected}},
			ModSeq: command.MaxAffected + 5, More: true},
		{UIDs: []command.UIDRange{{First: command.MaxAffected + 1, Last: command.MaxAffected + 3}},
			ModSeq: command.MaxAffected + 6},
	} {
		got, err := command.DecodeExpunged(c.do(&command.Expunge{Account: a, Mailbox: inbox, All: true}))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("expunged %+v (%v), want %+v", got, err, want)
		}
	}
	// All that is remembered fits one answer, however the UIDs lie.
	trash := inbox + 1
	c.marked(a, trash, 2*command.MaxReadMessages+2, 2)
	high := c.read(a, trash, 0).Counters.HighestModSeq
	c.do(&command.Expunge{Account: a, Mailbox: trash, All: true})
	if p := c.read(a, trash, high); p.Horizon || len(p.Expunged) != command.MaxReadMessages+1 {
		t.Fatalf("%d ranges, horizon %v", len(p.Expunged), p.Horizon)
	}
	checkWalk(t, c.m)
}

func TestNumbersAreExhaustedNotWrapped(t *testing.T) {
	c, a, inbox := setUp(t)
	c.append(a, inbox, 1)
	force := func(change func(s *command.MailboxState)) {
		t.Helper()
		b, err := c.m.store.Begin(c.m.Applied() + 1)
		if err != nil {
			t.Fatal(err)
		}
		tx := newTxn(b, c.m.Applied()+1)
		if err := tx.load(); err != nil {
			t.Fatal(err)
		}
		m := tx.mailbox(a, inbox)
		change(&m.state)
		tx.touchMailbox(m)
		tx.settleAccounts()
		if _, err := tx.settle(); err != nil {
			t.Fatal(err)
		}
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	force(func(s *command.MailboxState) { s.Counters.UIDNext = command.MaxUID })
	if got := c.append(a, inbox, 1); got.UID != command.MaxUID {
		t.Fatalf("%+v", got)
	}
	c.refused(command.StatusLimit, newAppend(a, inbox, 1))
	c.refused(command.StatusLimit, &command.Copy{Account: a, Source: inbox, Target: inbox, UIDs: rangesOf(1)})
	force(func(s *command.MailboxState) {
		s.Counters.UIDNext = 1000
		s.Counters.HighestModSeq = command.MaxModSeq
	})
	c.refused(command.StatusLimit, newAppend(a, inbox, 1))
	c.refused(
		command.StatusLimit,
		&command.Store{Account: a, Mailbox: inbox, UIDs: rangesOf(1), Flags: 1, UnchangedSince: noCondition},
	)
	c.refused(command.StatusLimit, &command.Expunge{Account: a, Mailbox: inbox, All: true})
	c.refused(command.StatusLimit, &command.Copy{Account: a, Source: inbox, Target: inbox, UIDs: rangesOf(1)})
	force(
		func(s *command.MailboxState) { s.Counters.Messages = command.MaxMessages; s.Counters.HighestModSeq = 9 },
	)
	c.refused(command.StatusLimit, newAppend(a, inbox, 1))
}

package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// planned is one mailbox to create: its name, with the parent's id as it will be.
type planned struct {
	name command.Mailbox
	old  *command.Mailbox // the placeholder that it replaces, or nil
}

// planCreate checks a list of new mailboxes against the account and gives them ids, without writing. What
// leaves (or nil) is a name that goes when the plan is carried out: it does not count towards the limits.
func (t *txn) planCreate(
	a command.AccountID, e *accountEntry, list []command.NewMailbox, leaves *command.Mailbox,
) ([]planned, wire.Status) {
	plan := make([]planned, 0, len(list))
	depths := make([]int, 0, len(list))
	count, size := e.space.Count, e.space.Bytes
	if leaves != nil {
		count, size = count-1, size-nameBytes(leaves)
	}
	for i := range list {
		m := &list[i]
		if uint64(t.next)+uint64(i) >= 1<<32-1 {
			return nil, command.StatusLimit
		}
		p := planned{name: command.Mailbox{
			ID: t.next + command.MailboxID(i), Parent: m.Parent, Token: m.Token, Sealed: clone(m.Sealed),
			Use: m.Use, Subscribed: m.Subscribed, Inbox: m.Inbox,
		}}
		d := 1
		switch {
		case m.ParentIndex != 0: // Decode bounds it by i
			p.name.Parent = plan[m.ParentIndex-1].name.ID
			d += depths[m.ParentIndex-1]
		case m.Parent != 0:
			if t.name(a, m.Parent) == nil {
				return nil, command.StatusNoMailbox
			}
			d += t.depth(a, m.Parent)
		}
		if status := t.planName(a, &p, plan); status != command.StatusOK {
			return nil, status
		}
		size += nameBytes(&p.name)
		if p.old == nil {
			count++
		} else {
			size -= nameBytes(p.old)
		}
		if d > command.MaxDepth || count > command.MaxMailboxes || size > command.MaxNamespaceBytes {
			return nil, command.StatusLimit
		}
		plan, depths = append(plan, p), append(depths, d)
	}
	return plan, command.StatusOK
}

// planName refuses a name that is taken, unless by a placeholder, which it notes. The placeholder's
// parent may itself be replaced by an earlier entry: then the name stands under its former id.
func (t *txn) planName(a command.AccountID, p *planned, plan []planned) wire.Status {
	parent := p.name.Parent
	for i := range plan {
		if plan[i].name.Parent == p.name.Parent && plan[i].name.Token == p.name.Token {
			return command.StatusMailboxExists
		}
		if plan[i].name.ID == parent && plan[i].old != nil {
			parent = plan[i].old.ID
		} else if plan[i].old != nil && plan[i].old.ID == parent {
			return command.StatusNoMailbox // named by an id that an earlier entry replaced
		}
	}
	if parent >= t.next {
		return command.StatusOK // under a new name: nothing is there
	}
	id := t.find(a, parent, p.name.Token)
	if id == 0 {
		return command.StatusOK
	}
	p.old = t.name(a, id)
	if p.old == nil || !p.old.Placeholder {
		return command.StatusMailboxExists
	}
	p.name.Subscribed = p.name.Subscribed || p.old.Subscribed
	return command.StatusOK
}

// create writes what was planned and returns the new ids.
func (t *txn) create(a command.AccountID, e *accountEntry, plan []planned) []command.MailboxID {
	created := make([]command.MailboxID, 0, len(plan))
	for i := range plan {
		p := &plan[i]
		n := &p.name
		if p.old != nil {
			// An earlier entry may have moved the placeholder under its parent's new id.
			t.replaceName(a, e, t.name(a, p.old.ID), n)
		} else {
			t.addName(a, e, n)
		}
		if n.Inbox {
			e.space.Inbox = n.ID
		}
		box := &mailboxEntry{exists: true, state: command.MailboxState{
			ID: n.ID, Account: a, Counters: command.Counters{UIDNext: 1, HighestModSeq: 1},
		}}
		t.mailboxes[n.ID] = box
		t.touchMailbox(box)
		created = append(created, n.ID)
	}
	t.next += command.MailboxID(len(plan))
	t.nextChanged = t.nextChanged || len(plan) > 0
	return created
}

func (t *txn) mailboxCreate(c *command.MailboxCreate) (wire.Status, []byte) {
	e, status := t.openNamespace(c.Account, c.NamespaceVersion)
	if e == nil || status != command.StatusOK {
		return status, nil
	}
	plan, status := t.planCreate(c.Account, e, c.Mailboxes, nil)
	if status != command.StatusOK {
		return status, nil
	}
	return namespaceChanged(e, t.create(c.Account, e, plan))
}

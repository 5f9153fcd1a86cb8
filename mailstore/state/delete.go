package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

func (t *txn) mailboxDelete(c *command.MailboxDelete) (wire.Status, []byte) {
	e, status := t.openNamespace(c.Account, c.NamespaceVersion)
	if e == nil {
		return status, nil
	}
	n := t.name(c.Account, c.Mailbox)
	switch {
	case n == nil || n.Placeholder:
		return command.StatusNoMailbox, nil
	case n.Inbox:
		return command.StatusNotAllowed, nil
	}
	t.dropMailbox(c.Account, n.ID)
	if n.Subscribed || len(t.children(c.Account, n.ID, 1)) > 0 {
		kept := *n
		kept.Placeholder, kept.Use = true, command.UseNone
		t.replaceName(c.Account, e, n, &kept)
	} else {
		t.dropName(c.Account, e, n)
		t.prune(c.Account, e, n.Parent)
	}
	return namespaceChanged(e, nil)
}

func (t *txn) mailboxSubscribe(c *command.MailboxSubscribe) (wire.Status, []byte) {
	e, status := t.openNamespace(c.Account, c.NamespaceVersion)
	if e == nil {
		return status, nil
	}
	n := t.name(c.Account, c.Mailbox)
	if n == nil {
		return command.StatusNoMailbox, nil
	}
	if n.Subscribed == c.Subscribed {
		return namespaceSame(e, nil)
	}
	changed := *n
	changed.Subscribed = c.Subscribed
	t.replaceName(c.Account, e, n, &changed)
	t.prune(c.Account, e, n.ID)
	return namespaceChanged(e, nil)
}

func (t *txn) namespaceRead(c *command.NamespaceRead) (wire.Status, []byte) {
	e, status := t.open(c.Account)
	if e == nil {
		return status, nil
	}
	t.sees(e.space.Changed)
	t.sees(e.usage.changed)
	p := command.Namespace{Version: e.space.Version, Mailboxes: t.names(c.Account)}
	for i := range p.Mailboxes {
		if m := t.mailbox(c.Account, p.Mailboxes[i].ID); m != nil {
			p.Mailboxes[i].Counters = m.state.Counters
		}
	}
	return command.StatusOK, p.Append(nil)
}

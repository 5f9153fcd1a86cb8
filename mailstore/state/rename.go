package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

func (t *txn) mailboxRename(c *command.MailboxRename) (wire.Status, []byte) {
	e, status := t.openNamespace(c.Account, c.NamespaceVersion)
	if e == nil {
		return status, nil
	}
	n := t.name(c.Account, c.Mailbox)
	if n == nil {
		return command.StatusNoMailbox, nil
	}
	// The new name's missing parents and the name itself are planned as mailboxes to create; the last one
	// is then not created but takes the renamed mailbox in (or, for INBOX, its messages).
	list := append(append([]command.NewMailbox(nil), c.Create...), command.NewMailbox{
		Parent: c.Parent, ParentIndex: c.ParentIndex, Token: c.Token, Sealed: c.Sealed,
	})
	for i := range list {
		if list[i].Parent != 0 && t.within(c.Account, list[i].Parent, n.ID) && !n.Inbox {
			return command.StatusNotAllowed, nil
		}
	}
	leaves := n
	if n.Inbox {
		leaves = nil
	}
	plan, status := t.planCreate(c.Account, e, list, leaves)
	if status != command.StatusOK {
		return status, nil
	}
	target := plan[len(plan)-1]
	if target.old != nil {
		return command.StatusMailboxExists, nil
	}
	for i := range plan {
		if plan[i].old != nil && plan[i].old.ID == n.ID {
			return command.StatusNotAllowed, nil // its own name would be made anew above it
		}
	}
	if n.Inbox {
		return t.renameInbox(c.Account, e, n, plan)
	}
	parents := plan[:len(plan)-1]
	if t.planDepth(c.Account, plan)+t.height(c.Account, n.ID)-1 > command.MaxDepth {
		return command.StatusLimit, nil
	}
	created := t.create(c.Account, e, parents)
	moved := *n
	moved.Parent, moved.Token, moved.Sealed = target.name.Parent, target.name.Token, target.name.Sealed
	if now := t.name(c.Account, n.ID); now != nil {
		n = now // a placeholder above it may have become a mailbox with a new id
	}
	t.replaceName(c.Account, e, n, &moved)
	t.prune(c.Account, e, n.Parent)
	return namespaceChanged(e, created)
}

// within reports whether id is top or lies below it.
func (t *txn) within(a command.AccountID, id, top command.MailboxID) bool {
	for d := 0; id != 0 && d <= command.MaxDepth; d++ {
		if id == top {
			return true
		}
		n := t.name(a, id)
		if n == nil {
			return false
		}
		id = n.Parent
	}
	return false
}

// planDepth returns the components of the last planned name.
func (t *txn) planDepth(a command.AccountID, plan []planned) int {
	d := 1
	parent := plan[len(plan)-1].name.Parent
	for i := len(plan) - 2; i >= 0; i-- {
		if plan[i].name.ID == parent {
			d++
			parent = plan[i].name.Parent
		}
	}
	return d + t.depth(a, parent)
}

// renameInbox moves INBOX's messages to a new mailbox of the new name; INBOX stays, empty (RFC 3501,
// 6.3.5). More than MaxAffected messages: StatusLimit.
func (t *txn) renameInbox(
	a command.AccountID, e *accountEntry, n *command.Mailbox, plan []planned,
) (wire.Status, []byte) {
	inbox := t.mailbox(a, n.ID)
	if inbox == nil {
		return command.StatusNoMailbox, nil
	}
	messages, ok := t.collect(inbox, []command.UIDRange{{First: 1, Last: 1<<32 - 1}})
	if !ok || inbox.state.Counters.HighestModSeq >= command.MaxModSeq {
		return command.StatusLimit, nil
	}
	created := t.create(a, e, plan)
	target := t.mailbox(a, created[len(created)-1])
	if len(messages) > 0 {
		t.move(inbox, target, messages)
	}
	return namespaceChanged(e, created)
}

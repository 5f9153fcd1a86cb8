package state

import (
	"encoding/binary"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// name returns the name entry of a mailbox or placeholder, nil without one. Its bytes are the store's.
func (t *txn) name(a command.AccountID, id command.MailboxID) *command.Mailbox {
	v, ok := t.b.Get(nameKey(a, id))
	if !ok {
		return nil
	}
	n := decoded(t, v, command.DecodeName)
	return &n
}

// names returns all names of an account in order of id.
func (t *txn) names(a command.AccountID) []command.Mailbox {
	var list []command.Mailbox
	t.b.Scan(accountKey(prefixName, a), nil, func(_, v []byte) bool {
		list = append(list, decoded(t, v, command.DecodeName))
		return true
	})
	return list
}

// find returns the id of the name under parent, 0 without one.
func (t *txn) find(a command.AccountID, parent command.MailboxID, token command.Token) command.MailboxID {
	v, ok := t.b.Get(byNameKey(a, parent, token))
	if !ok || len(v) != 4 {
		return 0
	}
	return command.MailboxID(binary.BigEndian.Uint32(v))
}

// children returns the ids of the names under parent, at most limit of them.
func (t *txn) children(a command.AccountID, parent command.MailboxID, limit int) []command.MailboxID {
	var ids []command.MailboxID
	t.b.Scan(childrenKey(a, parent), nil, func(_, v []byte) bool {
		ids = append(ids, command.MailboxID(binary.BigEndian.Uint32(v)))
		return len(ids) < limit
	})
	return ids
}

// depth returns how many components the name of id has; 0 for the root.
func (t *txn) depth(a command.AccountID, id command.MailboxID) int {
	d := 0
	for ; id != 0 && d <= command.MaxDepth; d++ {
		n := t.name(a, id)
		if n == nil {
			break
		}
		id = n.Parent
	}
	return d
}

// height returns how many components the longest name below id adds, id's own included.
func (t *txn) height(a command.AccountID, id command.MailboxID) int {
	h := 0
	for _, child := range t.children(a, id, command.MaxMailboxes) {
		h = max(h, t.height(a, child))
	}
	return h + 1
}

// nameBytes is what a name counts towards MaxNamespaceBytes.
func nameBytes(n *command.Mailbox) uint32 { return uint32(len(command.AppendName(nil, n))) }

// addName writes a name that is not there yet, with its index.
func (t *txn) addName(a command.AccountID, e *accountEntry, n *command.Mailbox) {
	e.space.Count++
	e.space.Bytes += nameBytes(n)
	t.b.Put(nameKey(a, n.ID), command.AppendName(nil, n))
	t.b.Put(byNameKey(a, n.Parent, n.Token), binary.BigEndian.AppendUint32(nil, uint32(n.ID)))
	e.names[n.ID] = struct{}{}
}

// dropName removes a name with its index; its mailbox, if it has one, is the caller's.
func (t *txn) dropName(a command.AccountID, e *accountEntry, n *command.Mailbox) {
	e.space.Count--
	e.space.Bytes -= nameBytes(n)
	t.b.Delete(nameKey(a, n.ID))
	t.b.Delete(byNameKey(a, n.Parent, n.Token))
	e.names[n.ID] = struct{}{}
}

// replaceName replaces old by n. For a changed id the children follow.
func (t *txn) replaceName(a command.AccountID, e *accountEntry, old, n *command.Mailbox) {
	if old.ID != n.ID {
		for _, id := range t.children(a, old.ID, command.MaxMailboxes) {
			child := t.name(a, id)
			moved := *child
			moved.Parent = n.ID
			t.replaceName(a, e, child, &moved)
		}
	}
	t.dropName(a, e, old)
	t.addName(a, e, n)
}

// prune removes the placeholder id, and those above it, as long as nothing keeps them: neither children
// nor a subscription.
func (t *txn) prune(a command.AccountID, e *accountEntry, id command.MailboxID) {
	for id != 0 {
		n := t.name(a, id)
		if n == nil || !n.Placeholder || n.Subscribed || len(t.children(a, id, 1)) > 0 {
			return
		}
		t.dropName(a, e, n)
		id = n.Parent
	}
}

// dropMailbox removes a mailbox's messages from its account; what they occupy is swept later.
func (t *txn) dropMailbox(a command.AccountID, id command.MailboxID) {
	e := t.mailbox(a, id)
	if e == nil {
		return
	}
	acc := t.accountEntry(a)
	acc.usage.bytes -= e.state.Counters.Size
	acc.usage.messages -= uint64(e.state.Counters.Messages)
	t.touchAccount(a, id)
	t.b.Delete(mailboxKey(prefixMailbox, id))
	t.b.Put(mailboxKey(prefixSweep, id), []byte{0})
	*e = mailboxEntry{}
}

// changedNames makes a new version of the namespace.
func changedNames(e *accountEntry) {
	e.space.Version++
	e.spaceChanged = true
}

func namespaceChanged(e *accountEntry, created []command.MailboxID) (wire.Status, []byte) {
	changedNames(e)
	return namespaceSame(e, created)
}

func namespaceSame(e *accountEntry, created []command.MailboxID) (wire.Status, []byte) {
	p := command.NamespaceChange{Version: e.space.Version, Created: created}
	return command.StatusOK, p.Append(nil)
}

// openNamespace is open for a command that changes names: its version must be the current one.
func (t *txn) openNamespace(a command.AccountID, version uint64) (*accountEntry, wire.Status) {
	e, status := t.open(a)
	if e != nil && e.space.Version != version {
		return nil, command.StatusNamespaceChanged
	}
	return e, status
}

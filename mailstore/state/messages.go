package state

import (
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/command"
)

func decodeMessage(v []byte) (command.Message, error) {
	r := canon.NewReader(v)
	m := command.ReadMessage(r)
	return m, r.Done()
}

// message returns one message; false when there is none with that UID.
func (t *txn) message(id command.MailboxID, u command.UID) (command.Message, bool) {
	v, ok := t.b.Get(uidKey(prefixMessage, id, u))
	if !ok {
		return command.Message{}, false
	}
	return decoded(t, v, decodeMessage), true
}

// scanMessages visits the messages with UIDs from first to last, in order, until visit returns false.
func (t *txn) scanMessages(
	id command.MailboxID, first, last command.UID, visit func(m *command.Message) bool,
) {
	from, to := uidKey(prefixMessage, id, first), append(uidKey(prefixMessage, id, last), 0)
	t.b.Range(from, to, func(_, v []byte) bool {
		m := decoded(t, v, decodeMessage)
		return t.err == nil && visit(&m)
	})
}

// putMessage adds a message to its mailbox: record, indices, counters.
func (t *txn) putMessage(e *mailboxEntry, m *command.Message) {
	t.writeMessage(e, m)
	c := &e.state.Counters
	c.Messages++
	c.Size += uint64(m.Size)
	countFlags(c, m.Flags, 1)
	acc := t.accountEntry(e.state.Account)
	acc.usage.bytes += uint64(m.Size)
	acc.usage.messages++
}

// changeMessage replaces a message of the same UID whose flags, keywords or MODSEQ changed.
func (t *txn) changeMessage(e *mailboxEntry, old, m *command.Message) {
	if old.Flags&command.FlagDeleted != 0 && m.Flags&command.FlagDeleted == 0 {
		t.b.Delete(uidKey(prefixDeleted, e.state.ID, m.UID))
	}
	countFlags(&e.state.Counters, old.Flags, -1)
	countFlags(&e.state.Counters, m.Flags, 1)
	t.writeMessage(e, m)
}

func (t *txn) writeMessage(e *mailboxEntry, m *command.Message) {
	id := e.state.ID
	t.b.Put(uidKey(prefixMessage, id, m.UID), command.AppendMessage(nil, m))
	if m.Flags&command.FlagDeleted != 0 {
		t.b.Put(uidKey(prefixDeleted, id, m.UID), present)
	}
	t.touchBlock(e, m.UID)
}

// removeMessage takes a message out of its mailbox, without remembering it as expunged. The caller
// settles the references to its records.
func (t *txn) removeMessage(e *mailboxEntry, m *command.Message) {
	id := e.state.ID
	t.b.Delete(uidKey(prefixMessage, id, m.UID))
	if m.Flags&command.FlagDeleted != 0 {
		t.b.Delete(uidKey(prefixDeleted, id, m.UID))
	}
	t.touchBlock(e, m.UID)
	c := &e.state.Counters
	c.Messages--
	c.Size -= uint64(m.Size)
	countFlags(c, m.Flags, -1)
	acc := t.accountEntry(e.state.Account)
	acc.usage.bytes -= uint64(m.Size)
	acc.usage.messages--
}

// countFlags adds n messages with these flags to the counters (n is 1 or -1).
func countFlags(c *command.Counters, f command.Flags, n int32) {
	if f&command.FlagSeen == 0 {
		c.Unseen += uint32(n)
	}
	if f&command.FlagDeleted != 0 {
		c.Deleted += uint32(n)
	}
}

// nextModSeq raises the mailbox's highest MODSEQ; false when it is exhausted.
func nextModSeq(e *mailboxEntry) (uint64, bool) {
	if e.state.Counters.HighestModSeq >= command.MaxModSeq {
		return 0, false
	}
	return e.state.Counters.HighestModSeq + 1, true
}

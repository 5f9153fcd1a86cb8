package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// openMailbox returns a mailbox of an open account.
func (t *txn) openMailbox(
	a command.AccountID, id command.MailboxID, version uint64,
) (*accountEntry, *mailboxEntry, wire.Status) {
	e, status := t.openResolved(a, version)
	if e == nil {
		return nil, nil, status
	}
	m := t.mailbox(a, id)
	if m == nil {
		return nil, nil, command.StatusNoMailbox
	}
	t.sees(m.state.Changed)
	return e, m, command.StatusOK
}

// room reports whether a mailbox can take n more messages.
func room(m *mailboxEntry, n int) bool {
	c := &m.state.Counters
	return uint64(c.Messages)+uint64(n) <= command.MaxMessages && uint64(c.UIDNext)+uint64(n)-1 <= command.MaxUID
}

func (t *txn) append(c *command.Append) (wire.Status, []byte) {
	e, m, status := t.openMailbox(c.Account, c.Mailbox, c.NamespaceVersion)
	if m == nil {
		return status, nil
	}
	if e.usage.bytes+uint64(c.Size) > e.state.QuotaBytes {
		return command.StatusOverQuota, nil
	}
	bits, missing, ok := t.keywordBits(m, c.Keywords)
	modSeq, okSeq := nextModSeq(m)
	if !ok || !okSeq || !room(m, 1) {
		return command.StatusLimit, nil
	}
	t.addKeywords(m, missing)
	counters := &m.state.Counters
	msg := command.Message{
		UID: counters.UIDNext, ModSeq: modSeq, Flags: c.Flags, Keywords: bits, Size: c.Size,
		Summary: wire.Sum(c.Summary), Body: c.BodyDigest, BodySize: c.BodySize,
	}
	t.addSmall(msg.Summary, c.Summary)
	if c.BodySize <= wire.InlineBodyBytes {
		t.addSmall(msg.Body, c.Body)
	} else {
		t.addBody(&msg)
	}
	counters.UIDNext++
	counters.HighestModSeq = modSeq
	t.putMessage(m, &msg)
	t.touchMailbox(m)
	p := command.Appended{UID: msg.UID, ModSeq: modSeq}
	return command.StatusOK, p.Append(nil)
}

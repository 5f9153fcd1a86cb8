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
	_, okSeq := nextModSeq(m)
	if !ok || !okSeq || !room(m, 1) {
		return command.StatusLimit, nil
	}
	t.addKeywords(m, missing)
	msg := command.Message{Flags: c.Flags, Keywords: bits, Size: c.Size, Body: c.BodyDigest, BodySize: c.BodySize}
	t.file(m, &msg, c.Summary, c.Body)
	p := command.Appended{UID: msg.UID, ModSeq: msg.ModSeq}
	return command.StatusOK, p.Append(nil)
}

// file adds a new message, of which the caller checked that it fits, with its sealed records to a mailbox:
// it gets the next UID and MODSEQ.
func (t *txn) file(m *mailboxEntry, msg *command.Message, summary, body []byte) {
	counters := &m.state.Counters
	counters.HighestModSeq++
	msg.UID, msg.ModSeq, msg.Summary = counters.UIDNext, counters.HighestModSeq, wire.Sum(summary)
	counters.UIDNext++
	t.addSmall(msg.Summary, summary)
	if msg.BodySize <= wire.InlineBodyBytes {
		t.addSmall(msg.Body, body)
	} else {
		t.addBody(msg)
	}
	t.putMessage(m, msg)
	t.touchMailbox(m)
}

package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

func (t *txn) expunge(c *command.Expunge) (wire.Status, []byte) {
	_, m, status := t.openMailbox(c.Account, c.Mailbox, 0)
	if m == nil {
		return status, nil
	}
	ranges := c.UIDs
	if c.All {
		ranges = []command.UIDRange{{First: 1, Last: 1<<32 - 1}}
	}
	uids, more := t.deleted(m, ranges)
	modSeq, ok := nextModSeq(m)
	if !ok {
		return command.StatusLimit, nil
	}
	p := command.Expunged{More: more}
	for _, u := range uids {
		msg, ok := t.message(m.state.ID, u)
		if !ok {
			continue
		}
		t.removeMessage(m, &msg)
		t.releaseRecords(&msg)
		t.bury(m, u, modSeq)
		p.UIDs = addUID(p.UIDs, u)
	}
	if len(p.UIDs) > 0 {
		m.state.Counters.HighestModSeq = modSeq
		t.touchMailbox(m)
	}
	p.ModSeq = m.state.Counters.HighestModSeq
	return command.StatusOK, p.Append(nil)
}

// deleted returns the UIDs within ranges whose messages have \Deleted, at most MaxAffected; more reports
// that others remain. It reads the index of such messages only.
func (t *txn) deleted(m *mailboxEntry, ranges []command.UIDRange) (uids []command.UID, more bool) {
	if m.state.Counters.Deleted == 0 || len(ranges) == 0 {
		return nil, false
	}
	next := 0
	from := uidKey(prefixDeleted, m.state.ID, ranges[0].First)
	t.b.Scan(mailboxKey(prefixDeleted, m.state.ID), from, func(key, _ []byte) bool {
		u := command.UID(lastUint32(key))
		for next < len(ranges) && ranges[next].Last < u {
			next++
		}
		if next == len(ranges) {
			return false
		}
		if u < ranges[next].First {
			return true
		}
		if more = len(uids) == command.MaxAffected; more {
			return false
		}
		uids = append(uids, u)
		return true
	})
	return uids, more
}

package state

import (
	"slices"
	"sort"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// maxDelta bounds the changes that a read sorts in memory; one with more walks the messages instead. Both
// ways give the same page.
const maxDelta = 65_536

func (t *txn) mailboxRead(c *command.MailboxRead) (wire.Status, []byte) {
	_, m, status := t.openMailbox(c.Account, c.Mailbox, c.NamespaceVersion)
	if m == nil {
		return status, nil
	}
	n := t.name(c.Account, c.Mailbox)
	if n == nil {
		return command.StatusNoMailbox, nil
	}
	p := command.MailboxPage{Mailbox: *n, Keywords: t.keywords(m)}
	p.Mailbox.Counters = m.state.Counters
	if uids, ok := t.changedUIDs(m, c); ok {
		p.Messages, p.More = t.pick(m, uids, int(c.Limit))
	} else {
		p.Messages, p.More = t.walk(m, c)
	}
	if c.Since > 0 {
		p.Expunged, p.Horizon = t.expungedSince(m, c.Since)
	}
	return command.StatusOK, p.Append(nil)
}

// changedUIDs returns the UIDs above After of the messages with MODSEQ above Since, in order, from the
// index by MODSEQ; false when all are wanted, or so many that walking the messages is better.
func (t *txn) changedUIDs(m *mailboxEntry, c *command.MailboxRead) ([]command.UID, bool) {
	if c.Since == 0 {
		return nil, false
	}
	if c.Since >= m.state.Counters.HighestModSeq {
		return nil, true
	}
	var uids []command.UID
	entries := 0
	from := modSeqKey(m.state.ID, c.Since+1, 0)
	t.b.Scan(mailboxKey(prefixByModSeq, m.state.ID), from, func(key, _ []byte) bool {
		if u := command.UID(lastUint32(key)); u > c.After {
			uids = append(uids, u)
		}
		entries++
		return entries <= maxDelta
	})
	slices.Sort(uids)
	return uids, entries <= maxDelta
}

// pick reads the first messages of a list.
func (t *txn) pick(m *mailboxEntry, uids []command.UID, limit int) (list []command.Message, more bool) {
	for _, u := range uids {
		if len(list) == limit {
			return list, true
		}
		if msg, ok := t.message(m.state.ID, u); ok {
			list = append(list, msg)
		}
	}
	return list, false
}

// walk reads the messages in order of UID.
func (t *txn) walk(m *mailboxEntry, c *command.MailboxRead) (list []command.Message, more bool) {
	if uint64(c.After)+1 > command.MaxUID {
		return nil, false
	}
	t.scanMessages(m.state.ID, c.After+1, command.MaxUID, func(msg *command.Message) bool {
		if msg.ModSeq <= c.Since {
			return true
		}
		if more = len(list) == int(c.Limit); more {
			return false
		}
		list = append(list, *msg)
		return true
	})
	return list, more
}

// expungedSince returns the UIDs that were expunged with a MODSEQ above since; incomplete reports that
// some are beyond the horizon, or more ranges than a page holds.
func (t *txn) expungedSince(m *mailboxEntry, since uint64) (ranges []command.UIDRange, incomplete bool) {
	s := &m.state
	if s.Forgot > since {
		return nil, true
	}
	if s.Removed == 0 {
		return nil, false
	}
	oldest := s.Removed - min(s.Removed, command.ExpungeHorizon)
	// MODSEQs rise with the number of the expunge.
	newer := sort.Search(int(s.Removed-oldest), func(i int) bool {
		_, modSeq := t.tomb(s.ID, uint32((oldest+uint64(i))%command.ExpungeHorizon))
		return modSeq > since
	})
	var uids []command.UID
	for n := oldest + uint64(newer); n < s.Removed; n++ {
		u, _ := t.tomb(s.ID, uint32(n%command.ExpungeHorizon))
		uids = append(uids, u)
	}
	slices.Sort(uids)
	for _, u := range uids {
		ranges = addUID(ranges, u)
	}
	if len(ranges) > command.MaxReadMessages {
		return nil, true
	}
	return ranges, false
}

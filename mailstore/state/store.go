package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

func (t *txn) storeFlags(c *command.Store) (wire.Status, []byte) {
	_, m, status := t.openMailbox(c.Account, c.Mailbox, 0)
	if m == nil {
		return status, nil
	}
	messages, ok := t.collect(m, c.UIDs)
	if !ok {
		return command.StatusLimit, nil
	}
	bits, missing, status := t.storeKeywords(m, c, messages)
	modSeq, okSeq := nextModSeq(m)
	if status != command.StatusOK || !okSeq {
		return command.StatusLimit, nil
	}
	p := command.Stored{}
	changed := false
	for i := range messages {
		old := &messages[i]
		if old.ModSeq > c.UnchangedSince {
			p.Modified = addUID(p.Modified, old.UID)
			continue
		}
		msg := *old
		msg.Flags, msg.Keywords = stored(old, c.Mode, c.Flags, bits)
		if msg.Flags == old.Flags && msg.Keywords == old.Keywords {
			continue
		}
		msg.ModSeq = modSeq
		t.changeMessage(m, old, &msg)
		changed = true
	}
	if changed {
		m.state.Counters.HighestModSeq = modSeq
		t.addKeywords(m, missing)
		t.touchMailbox(m)
	}
	p.ModSeq = m.state.Counters.HighestModSeq
	return command.StatusOK, p.Append(nil)
}

// storeKeywords returns the bits of the command's keywords and those that the table lacks. A keyword that
// is to be taken away and that the table lacks is on no message.
func (t *txn) storeKeywords(
	m *mailboxEntry, c *command.Store, messages []command.Message,
) (uint64, []command.KeywordDef, wire.Status) {
	if c.Mode != command.StoreRemove {
		bits, missing, ok := t.keywordBits(m, c.Keywords)
		if !ok && len(messages) > 0 {
			return 0, nil, command.StatusLimit
		}
		return bits, missing, command.StatusOK
	}
	var known []command.KeywordDef
	if len(c.Keywords) > 0 {
		for _, def := range t.keywords(m) {
			for i := range c.Keywords {
				if c.Keywords[i].Token == def.Token {
					known = append(known, def)
				}
			}
		}
	}
	bits, _, _ := t.keywordBits(m, known)
	return bits, nil, command.StatusOK
}

// stored returns a message's flags and keywords after a Store.
func stored(m *command.Message, mode command.StoreMode, f command.Flags, k uint64) (command.Flags, uint64) {
	switch mode {
	case command.StoreAdd:
		return m.Flags | f, m.Keywords | k
	case command.StoreRemove:
		return m.Flags &^ f, m.Keywords &^ k
	}
	return f, k
}

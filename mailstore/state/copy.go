package state

import (
	"math/bits"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// collect returns the messages of a mailbox whose UIDs lie in ranges, in order of UID; false when they
// are more than MaxAffected.
func (t *txn) collect(m *mailboxEntry, ranges []command.UIDRange) ([]command.Message, bool) {
	var found []command.Message
	for _, r := range ranges {
		if r.First >= m.state.Counters.UIDNext || len(found) > command.MaxAffected {
			break
		}
		if r.First == r.Last {
			if msg, ok := t.message(m.state.ID, r.First); ok {
				found = append(found, msg)
			}
			continue
		}
		t.scanMessages(m.state.ID, r.First, r.Last, func(msg *command.Message) bool {
			found = append(found, *msg)
			return len(found) <= command.MaxAffected
		})
	}
	return found, len(found) <= command.MaxAffected
}

// addUID extends canonical ranges by a UID above the last.
func addUID(ranges []command.UIDRange, u command.UID) []command.UIDRange {
	if n := len(ranges); n > 0 && ranges[n-1].Last+1 == u {
		ranges[n-1].Last = u
		return ranges
	}
	return append(ranges, command.UIDRange{First: u, Last: u})
}

func (t *txn) copy(c *command.Copy) (wire.Status, []byte) {
	e, source, status := t.openMailbox(c.Account, c.Source, c.NamespaceVersion)
	if source == nil {
		return status, nil
	}
	target := t.mailbox(c.Account, c.Target)
	if target == nil {
		return command.StatusNoMailbox, nil
	}
	messages, ok := t.collect(source, c.UIDs)
	if !ok {
		return command.StatusLimit, nil
	}
	if len(messages) == 0 {
		p := command.Copied{}
		return command.StatusOK, p.Append(nil)
	}
	var size uint64
	for i := range messages {
		size += uint64(messages[i].Size)
	}
	if !c.Move && e.usage.bytes+size > e.state.QuotaBytes {
		return command.StatusOverQuota, nil
	}
	_, _, ok = t.keywordBits(target, t.usedKeywords(source, messages))
	if !ok || !room(target, len(messages)) ||
		max(source.state.Counters.HighestModSeq, target.state.Counters.HighestModSeq) >= command.MaxModSeq-1 {
		return command.StatusLimit, nil
	}
	p := command.Copied{}
	if c.Move {
		p.Source, p.Target = t.move(source, target, messages)
	} else {
		p.Source, p.Target = t.copyMessages(source, target, messages)
		for i := range messages {
			t.addRecords(&messages[i])
		}
	}
	return command.StatusOK, p.Append(nil)
}

// usedKeywords returns the definitions of the keywords that messages of a mailbox have, in order of bit.
func (t *txn) usedKeywords(m *mailboxEntry, messages []command.Message) []command.KeywordDef {
	var used uint64
	for i := range messages {
		used |= messages[i].Keywords
	}
	if used == 0 {
		return nil
	}
	var defs []command.KeywordDef
	for i, def := range t.keywords(m) {
		if used&(1<<i) != 0 {
			defs = append(defs, def)
		}
	}
	return defs
}

// copyMessages gives messages of source new UIDs in target, which has room and keyword bits for them. The
// references to their records are the caller's.
func (t *txn) copyMessages(
	source, target *mailboxEntry, messages []command.Message,
) (from, to []command.UIDRange) {
	_, missing, _ := t.keywordBits(target, t.usedKeywords(source, messages))
	t.addKeywords(target, missing)
	translate := t.keywordTranslation(source, target)
	c := &target.state.Counters
	c.HighestModSeq++
	modSeq := c.HighestModSeq
	for i := range messages {
		from = addUID(from, messages[i].UID)
		msg := messages[i]
		msg.UID, msg.ModSeq, msg.Keywords = c.UIDNext, modSeq, 0
		for w := messages[i].Keywords; w != 0; w &= w - 1 {
			msg.Keywords |= translate[bits.TrailingZeros64(w)]
		}
		c.UIDNext++
		t.putMessage(target, &msg)
		to = addUID(to, msg.UID)
	}
	t.touchMailbox(target)
	return from, to
}

// keywordTranslation returns, for each keyword bit of source, its bit in target (0 without).
func (t *txn) keywordTranslation(source, target *mailboxEntry) (bit [command.MaxKeywords]uint64) {
	if source.state.Keywords == 0 {
		return bit
	}
	there := t.keywords(target)
	for i, def := range t.keywords(source) {
		for j := range there {
			if there[j].Token == def.Token {
				bit[i] = 1 << j
			}
		}
	}
	return bit
}

// move copies messages and expunges the originals; their records' references go along.
func (t *txn) move(source, target *mailboxEntry, messages []command.Message) (from, to []command.UIDRange) {
	from, to = t.copyMessages(source, target, messages)
	source.state.Counters.HighestModSeq++
	for i := range messages {
		t.removeMessage(source, &messages[i])
		t.bury(source, messages[i].UID, source.state.Counters.HighestModSeq)
	}
	t.touchMailbox(source)
	return from, to
}

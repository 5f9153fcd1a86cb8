package state

import (
	"encoding/binary"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/command"
)

// Reference counts of sealed records. A small record's content lies in the store while the count is above
// 0, and recordGrace orders longer, for sessions that still show a message that another one expunged. A
// large body is a file of the host's; at 0 it is listed as unused and never deleted here: deletion
// waits until no stable checkpoint and no snapshot refers to it (referred.go: Unused, Forget).

func (t *txn) refs(d wire.Digest) uint32 {
	v, ok := t.b.Get(digestKey(prefixRefs, d))
	if !ok || len(v) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(v)
}

func (t *txn) setRefs(d wire.Digest, n uint32) {
	t.b.Put(digestKey(prefixRefs, d), binary.BigEndian.AppendUint32(nil, n))
}

// addSmall adds a reference to a small record, whose content it stores with the first one.
func (t *txn) addSmall(d wire.Digest, content []byte) {
	n := t.refs(d)
	if n == 0 {
		t.b.Put(SmallKey(d), content)
	}
	t.setRefs(d, n+1)
}

// addRecords adds references to the records of a message that is copied.
func (t *txn) addRecords(m *command.Message) {
	t.setRefs(m.Summary, t.refs(m.Summary)+1)
	t.addBody(m)
}

func (t *txn) addBody(m *command.Message) {
	n := t.refs(m.Body)
	if m.BodySize > wire.InlineBodyBytes {
		if n == 0 {
			t.b.Delete(digestKey(prefixUnused, m.Body))
		}
		if _, listed := t.b.Get(digestKey(prefixLarge, m.Body)); !listed {
			t.b.Put(digestKey(prefixLarge, m.Body), present)
		}
	}
	t.setRefs(m.Body, n+1)
}

// releaseRecords takes away the references of a message that is gone.
func (t *txn) releaseRecords(m *command.Message) {
	t.release(m.Summary, false)
	t.release(m.Body, m.BodySize > wire.InlineBodyBytes)
}

func (t *txn) release(d wire.Digest, large bool) {
	if n := t.refs(d); n > 1 {
		t.setRefs(d, n-1)
		return
	}
	t.b.Delete(digestKey(prefixRefs, d))
	if _, listed := t.b.Get(digestKey(prefixLarge, d)); listed {
		t.b.Delete(digestKey(prefixLarge, d))
	}
	if large {
		t.b.Put(digestKey(prefixUnused, d), binary.BigEndian.AppendUint64(nil, t.order))
	} else {
		t.b.Put(graceKey(t.order, d), present)
	}
}

// recordGrace is how many orders an unreferenced small record stays readable.
const recordGrace = 65_536

// collectSmall removes a bounded number of small records that have had no reference for the time of grace.
// (One that was taken up again meanwhile stays; if it lost that reference too, its grace is shorter.)
func (t *txn) collectSmall() {
	var due [][]byte
	t.b.Scan([]byte{prefixGrace}, t.graceFrom, func(key, _ []byte) bool {
		if binary.BigEndian.Uint64(key[1:])+t.grace > t.order || len(due) == sweepPerOrder {
			return false
		}
		due = append(due, key)
		return true
	})
	if len(due) > 0 {
		t.graceFrom = due[len(due)-1] // what is before it is gone
	}
	for _, key := range due {
		t.b.Delete(key)
		if d := wire.Digest(key[9:]); t.refs(d) == 0 {
			t.b.Delete(SmallKey(d))
		}
	}
}

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

// bury remembers that a message was expunged, in place of the oldest remembered when there are
// ExpungeHorizon of them.
func (t *txn) bury(e *mailboxEntry, u command.UID, modSeq uint64) {
	s := &e.state
	slot := uint32(s.Removed % command.ExpungeHorizon)
	if s.Removed >= command.ExpungeHorizon {
		_, s.Forgot = t.tomb(s.ID, slot)
	}
	if e.slots == nil {
		e.slots = map[uint32]wire.Digest{}
	}
	t.b.Put(slotKey(prefixTomb, s.ID, slot), canon.AppendUint64(canon.AppendUint32(nil, uint32(u)), modSeq))
	e.slots[slot] = command.ExpungedDigest(u, modSeq)
	s.Expunges = command.ExpungesDigest(s.Expunges, u, modSeq)
	s.Removed++
}

// tomb reads a slot: UID and MODSEQ of a remembered expunge.
func (t *txn) tomb(id command.MailboxID, slot uint32) (command.UID, uint64) {
	v, _ := t.b.Get(slotKey(prefixTomb, id, slot))
	r := canon.NewReader(v)
	u, modSeq := command.UID(r.Uint32()), r.Uint64()
	if r.Done() != nil && t.err == nil {
		t.err = ErrDamaged
	}
	return u, modSeq
}

// nextModSeq raises the mailbox's highest MODSEQ; false when it is exhausted.
func nextModSeq(e *mailboxEntry) (uint64, bool) {
	if e.state.Counters.HighestModSeq >= command.MaxModSeq {
		return 0, false
	}
	return e.state.Counters.HighestModSeq + 1, true
}

// keywords reads the keyword table of a mailbox.
func (t *txn) keywords(e *mailboxEntry) []command.KeywordDef {
	table := make([]command.KeywordDef, 0, e.state.Keywords)
	for bit := range uint32(e.state.Keywords) {
		v, _ := t.b.Get(slotKey(prefixKeyword, e.state.ID, bit))
		r := canon.NewReader(v)
		def := command.KeywordDef{Token: r.Copy16(), Sealed: r.Fixed(r.Remaining())}
		if r.Done() != nil && t.err == nil {
			t.err = ErrDamaged
		}
		table = append(table, def)
	}
	return table
}

// keywordBits returns the bits of defs in a mailbox, and the definitions that have none yet, which get the
// bits after the last; false when the table cannot take them.
func (t *txn) keywordBits(e *mailboxEntry, defs []command.KeywordDef) (uint64, []command.KeywordDef, bool) {
	if len(defs) == 0 {
		return 0, nil, true
	}
	table := t.keywords(e)
	var bits uint64
	var missing []command.KeywordDef
next:
	for _, def := range defs {
		for i := range table {
			if table[i].Token == def.Token {
				bits |= 1 << i
				continue next
			}
		}
		if len(table)+1 > command.MaxKeywords {
			return 0, nil, false
		}
		bits |= 1 << len(table)
		table = append(table, def)
		missing = append(missing, def)
	}
	return bits, missing, true
}

// addKeywords appends definitions to a mailbox's table.
func (t *txn) addKeywords(e *mailboxEntry, defs []command.KeywordDef) {
	for _, def := range defs {
		v := append(append([]byte(nil), def.Token[:]...), def.Sealed...)
		t.b.Put(slotKey(prefixKeyword, e.state.ID, uint32(e.state.Keywords)), v)
		e.state.Table = command.KeywordDigest(e.state.Table, def)
		e.state.Keywords++
	}
}

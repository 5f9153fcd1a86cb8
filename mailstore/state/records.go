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

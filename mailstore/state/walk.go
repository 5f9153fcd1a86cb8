package state

import (
	"encoding/binary"
	"errors"
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
)

// ErrInconsistent is returned by Walk when derived parts do not follow from the records: the store must
// be replaced.
var ErrInconsistent = errors.New("state: the store contradicts itself; move it away and restart, " +
	"so that this replica takes the state from the others")

// walker recomputes everything from the records.
type walker struct {
	t     *txn
	refs  map[wire.Digest]uint32
	large map[wire.Digest]bool
}

// Walk reads the whole state, recomputes its root from the records alone, and checks what is derived:
// indices, counters, reference counts, stored roots. The result must equal Root. For tests and
// `verify`: it takes time and memory in proportion to the store, and no order is applied meanwhile.
func (m *Machine) Walk() (wire.Digest, error) {
	b, err := m.store.View()
	if err != nil {
		return wire.Digest{}, err
	}
	defer b.Discard()
	w := &walker{t: newTxn(b, 0), refs: map[wire.Digest]uint32{}, large: map[wire.Digest]bool{}}
	if err := w.t.load(); err != nil {
		return wire.Digest{}, err
	}
	accounts, err := w.accounts()
	if err != nil {
		return wire.Digest{}, err
	}
	origins := w.origins()
	if err := errors.Join(w.references(), w.t.failed(nil)); err != nil {
		return wire.Digest{}, err
	}
	return rootDigest(&w.t.cluster, w.t.next, accounts, origins), nil
}

func inconsistent(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInconsistent, fmt.Sprintf(format, args...))
}

func (w *walker) accounts() (wire.Digest, error) {
	var ids []command.AccountID
	w.t.b.Scan([]byte{prefixAccount}, nil, func(key, _ []byte) bool {
		ids = append(ids, command.AccountID(key[1:]))
		return true
	})
	if len(ids) != int(w.t.cluster.Accounts) {
		return wire.Digest{}, inconsistent("%d accounts, %d are counted", len(ids), w.t.cluster.Accounts)
	}
	numbers := map[uint32]wire.Digest{}
	for _, a := range ids {
		e := w.t.account(a)
		mailboxes, err := w.account(a, e)
		if err != nil {
			return wire.Digest{}, err
		}
		numbers[e.state.Number] = accountDigest(&e.state, e.usage, &e.space, mailboxes)
	}
	return verify.Compute(leavesOf(numbers)), nil
}

// account checks one account and returns the root of its mailboxes.
func (w *walker) account(a command.AccountID, e *accountEntry) (wire.Digest, error) {
	var names, mailboxes []verify.Leaf
	var sum usage
	var size uint32
	list := w.t.names(a)
	for i := range list {
		n := &list[i]
		size += nameBytes(n)
		names = append(names, verify.Leaf{Index: uint32(n.ID), Digest: command.NameDigest(a, n)})
		if w.t.find(a, n.Parent, n.Token) != n.ID {
			return wire.Digest{}, inconsistent("mailbox %d is not found by its name", n.ID)
		}
		if n.Parent != 0 && w.t.name(a, n.Parent) == nil {
			return wire.Digest{}, inconsistent("mailbox %d has no parent", n.ID)
		}
		m := w.t.mailbox(a, n.ID)
		if (m == nil) != n.Placeholder {
			return wire.Digest{}, inconsistent("mailbox %d: a mailbox or a placeholder?", n.ID)
		}
		if m == nil {
			continue
		}
		if err := w.mailbox(m); err != nil {
			return wire.Digest{}, err
		}
		sum.bytes += m.state.Counters.Size
		sum.messages += uint64(m.state.Counters.Messages)
		mailboxes = append(mailboxes, verify.Leaf{Index: uint32(n.ID), Digest: m.state.Digest()})
	}
	sum.changed = e.usage.changed
	if sum != e.usage || int(e.space.Count) != len(list) || e.space.Bytes != size {
		return wire.Digest{}, inconsistent("account counts %+v, has %+v", e.usage, sum)
	}
	if w.entries(accountKey(prefixByName, a)) != len(list) {
		return wire.Digest{}, inconsistent("the index of names has entries too many")
	}
	if verify.Compute(names) != e.space.Names {
		return wire.Digest{}, inconsistent("the tree of names")
	}
	return verify.Compute(mailboxes), nil
}

// mailbox checks one mailbox's record against its parts.
func (w *walker) mailbox(m *mailboxEntry) error {
	t, id, want := w.t, m.state.ID, m.state
	c := command.Counters{UIDNext: want.Counters.UIDNext, HighestModSeq: want.Counters.HighestModSeq}
	blocks := map[uint32][]command.Message{}
	var err error
	t.scanMessages(id, 0, command.MaxUID, func(msg *command.Message) bool {
		block := uint32(msg.UID) / command.MessagesPerLeaf
		blocks[block] = append(blocks[block], *msg)
		c.Messages++
		c.Size += uint64(msg.Size)
		countFlags(&c, msg.Flags, 1)
		if msg.ModSeq > c.HighestModSeq || msg.UID >= c.UIDNext {
			err = inconsistent("mailbox %d, UID %d: MODSEQ", id, msg.UID)
		}
		_, marked := t.b.Get(uidKey(prefixDeleted, id, msg.UID))
		if marked != (msg.Flags&command.FlagDeleted != 0) {
			err = inconsistent("mailbox %d, UID %d: index of deleted", id, msg.UID)
		}
		w.count(msg)
		return err == nil
	})
	if err = errors.Join(t.failed(nil), err); err != nil {
		return err
	}
	if w.entries(mailboxKey(prefixDeleted, id)) != int(c.Deleted) || c != want.Counters {
		return inconsistent("mailbox %d: counters %+v, counted %+v", id, want.Counters, c)
	}
	leaves := make([]verify.Leaf, 0, len(blocks))
	for _, block := range sortedKeys(blocks) {
		leaves = append(leaves, leafOf(id, block, blocks[block]))
	}
	var table, expunges, tombs = wire.Digest{}, wire.Digest{}, map[uint32]wire.Digest{}
	for _, def := range t.keywords(m) {
		table = command.KeywordDigest(table, def)
	}
	for slot := range uint32(min(want.Removed, command.ExpungeHorizon)) {
		uid, modSeq := t.tomb(id, slot)
		tombs[slot] = command.ExpungedDigest(uid, modSeq)
		expunges = command.ExpungesDigest(expunges, uid, modSeq)
	}
	if want.Removed > command.ExpungeHorizon { // the first ones are forgotten
		expunges = want.Expunges
	}
	if verify.Compute(leaves) != want.Messages || table != want.Table ||
		verify.Compute(leavesOf(tombs)) != want.Tombs || expunges != want.Expunges {
		return inconsistent("mailbox %d: stored roots", id)
	}
	return nil
}

func (w *walker) entries(prefix []byte) (n int) {
	w.t.b.Scan(prefix, nil, func(_, _ []byte) bool { n++; return true })
	return n
}

func (w *walker) count(m *command.Message) {
	w.refs[m.Summary]++
	w.refs[m.Body]++
	if m.BodySize > wire.InlineBodyBytes {
		w.large[m.Body] = true
	}
}

// references compares the reference counts with the messages, those of removed mailboxes that are not
// swept yet among them.
func (w *walker) references() error {
	var removed []command.MailboxID
	w.t.b.Scan([]byte{prefixSweep}, nil, func(key, _ []byte) bool {
		removed = append(removed, command.MailboxID(lastUint32(key)))
		return true
	})
	for _, id := range removed {
		w.t.scanMessages(id, 0, command.MaxUID, func(m *command.Message) bool { w.count(m); return true })
	}
	var err error
	found := 0
	w.t.b.Scan([]byte{prefixRefs}, nil, func(key, v []byte) bool {
		found++
		if n := w.refs[wire.Digest(key[1:])]; n != binary.BigEndian.Uint32(v) {
			err = inconsistent("record %x has %d references, counted %d", key[1:5], v, n)
		}
		return err == nil
	})
	if err == nil && found != len(w.refs) {
		err = inconsistent("%d records are referred to, %d are counted", len(w.refs), found)
	}
	w.t.b.Scan([]byte{prefixLarge}, nil, func(key, _ []byte) bool {
		delete(w.large, wire.Digest(key[1:]))
		if w.refs[wire.Digest(key[1:])] == 0 {
			err = inconsistent("large body %x is listed without references", key[1:5])
		}
		return err == nil
	})
	if err == nil && len(w.large) > 0 {
		err = inconsistent("%d large bodies are referred to and not listed", len(w.large))
	}
	if n := w.entries([]byte{prefixByNumber}); err == nil && n != int(w.t.cluster.Accounts) {
		err = inconsistent("%d accounts, %d have a number", w.t.cluster.Accounts, n)
	}
	return err
}

func (w *walker) origins() wire.Digest {
	leaves := map[uint32]wire.Digest{}
	w.t.b.Scan([]byte{prefixOrigin}, nil, func(key, v []byte) bool {
		id := wire.ReplicaID(binary.BigEndian.Uint16(key[1:]))
		blocks := map[uint32]wire.Digest{}
		w.t.b.Scan(originKey(prefixReply, id), nil, func(key, v []byte) bool {
			blocks[lastUint32(key)] = repliesDigest(v)
			return true
		})
		s := decoded(w.t, v, decodeOrigin)
		s.replies = verify.Compute(leavesOf(blocks))
		leaves[uint32(id)] = tagged("troxymail/origin/v1", s.encode())
		return true
	})
	return verify.Compute(leavesOf(leaves))
}

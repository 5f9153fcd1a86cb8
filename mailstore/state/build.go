package state

import (
	"encoding/binary"
	"errors"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/transfer"
)

// Builder makes a store from transferred parts, with all that is derived from them: indices by name, number
// and \Deleted, and reference counts. What others keep of removed mail only for a time (records in grace,
// mailboxes to be swept, unused bodies) is not there: it decides nothing. Not safe for concurrent use.
type Builder struct {
	b   *kv.Builder
	err error
}

// NewBuilder begins to fill b for a state machine with these genesis values.
func NewBuilder(b *kv.Builder, g Genesis) *Builder {
	x := &Builder{b: b}
	x.put(keyFirst, binary.BigEndian.AppendUint32(nil, uint32(g.FirstMailbox)))
	return x
}

func (x *Builder) put(key, value []byte) {
	if x.err == nil {
		x.err = x.b.Put(key, value)
	}
}

func (x *Builder) get(key []byte) []byte {
	v, err := x.b.Get(key)
	if x.err == nil {
		x.err = err
	}
	return v
}

// Record returns the part that is a small record which is there already, empty for any other.
func (x *Builder) Record(partName string) []byte {
	n, ok := parseName(partName)
	if !ok || n.kind != partRecord {
		return nil
	}
	if v := x.get(SmallKey(n.digest)); v != nil {
		return append([]byte{recordMark}, v...)
	}
	return nil
}

// Add takes a part that CheckPart accepted. Each is added once, but for records.
func (x *Builder) Add(p *transfer.Part) error {
	n, ok := parseName(p.Name)
	if !ok {
		return errors.Join(x.err, ErrTransferred)
	}
	tree := []byte(n.tree)
	switch n.kind {
	case partHead:
		h, err := decodeHead(p.Content)
		if err != nil {
			return err
		}
		x.put(keyCluster, h.cluster.Append(nil))
		x.put(keyNext, binary.BigEndian.AppendUint32(nil, uint32(h.next)))
	case partTop:
		x.put(digesttree.MetaKey(tree), p.Content[:1])
		x.put(digesttree.NodeKey(tree, int(p.Content[0])-1, 0), p.Content[1:])
	case partNode:
		x.put(digesttree.NodeKey(tree, n.level, n.at), p.Content)
	case partKeywords:
		list, _ := decodeKeywords(p.Content, p.Digest)
		for i, v := range list {
			x.put(slotKey(prefixKeyword, command.MailboxID(n.at), uint32(i)), v)
		}
	case partRecord:
		x.put(SmallKey(n.digest), p.Content[1:])
	case partLeaf:
		x.leaf(n, p.Content)
	}
	return x.err
}

func (x *Builder) leaf(n name, content []byte) {
	switch n.tree[0] {
	case treeAccounts:
		l, err := decodeAccountLeaf(content)
		x.err = errors.Join(x.err, err)
		a := l.state.Account
		x.put(accountKey(prefixAccount, a), l.state.Append(nil))
		x.put(accountKey(prefixUsage, a), l.usage.encode())
		x.put(accountKey(prefixSpace, a), l.space.Append(nil))
		x.put(numberKey(n.at), a[:])
	case treeMailboxes:
		x.put(mailboxKey(prefixMailbox, command.MailboxID(n.at)), content)
	case treeNames:
		m, err := command.DecodeName(content)
		x.err = errors.Join(x.err, err)
		x.put(nameKey(n.account(), m.ID), content)
		x.put(byNameKey(n.account(), m.Parent, m.Token), binary.BigEndian.AppendUint32(nil, uint32(m.ID)))
	case treeMessages:
		list, _ := decodeMessages(content)
		for i := range list {
			x.message(n.mailbox(), &list[i])
		}
	case treeTombs:
		x.put(slotKey(prefixTomb, n.mailbox(), n.at), content)
	case treeOrigins:
		x.put(originKey(prefixOrigin, wire.ReplicaID(n.at)), content)
	case treeReplies:
		x.put(replyKey(n.replica(), n.at), content)
	}
}

func (x *Builder) message(id command.MailboxID, m *command.Message) {
	x.put(uidKey(prefixMessage, id, m.UID), command.AppendMessage(nil, m))
	if m.Flags&command.FlagDeleted != 0 {
		x.put(uidKey(prefixDeleted, id, m.UID), present)
	}
	x.refer(m.Summary)
	x.refer(m.Body)
	if m.BodySize > wire.InlineBodyBytes {
		x.put(digestKey(prefixLarge, m.Body), present)
	}
}

func (x *Builder) refer(d wire.Digest) {
	n := uint32(1)
	if v := x.get(digestKey(prefixRefs, d)); len(v) == 4 {
		n += binary.BigEndian.Uint32(v)
	}
	x.put(digestKey(prefixRefs, d), binary.BigEndian.AppendUint32(nil, n))
}

// Lies notes that a large body lies on the disk: when no message refers to it, it is unused from order on.
func (x *Builder) Lies(d wire.Digest, order uint64) {
	if x.get(digestKey(prefixLarge, d)) == nil {
		x.put(digestKey(prefixUnused, d), binary.BigEndian.AppendUint64(nil, order))
	}
}

// Finish makes the store durable as the state after order, which has that root.
func (x *Builder) Finish(order uint64, root wire.Digest) error {
	x.put(keyRoot, root[:])
	x.put(rootAtKey(order), root[:])
	if x.err != nil {
		return errors.Join(x.err, x.b.Abort())
	}
	return x.b.Finish(order)
}

// Abort leaves what was built for another attempt to read parts from.
func (x *Builder) Abort() error { return x.b.Abort() }

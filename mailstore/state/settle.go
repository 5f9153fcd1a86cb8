package state

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree"
	"troxymail/mailstore/digesttree/verify"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// settleAccounts writes every changed record of accounts and brings their trees up to date. Nothing but
// the origin table changes after it.
func (t *txn) settleAccounts() {
	for _, id := range sortedKeys(t.mailboxes) {
		if e := t.mailboxes[id]; e.exists && e.changed {
			t.settleMailbox(e)
		}
	}
	ids := make([]command.AccountID, 0, len(t.accounts))
	for a := range t.accounts {
		ids = append(ids, a)
	}
	slices.SortFunc(ids, func(a, b command.AccountID) int { return slices.Compare(a[:], b[:]) })
	for _, a := range ids {
		t.settleAccount(a, t.accounts[a])
	}
	if t.clusterChanged {
		t.cluster.Changed = t.order
		t.b.Put(keyCluster, t.cluster.Append(nil))
	}
	if t.nextChanged {
		t.b.Put(keyNext, binary.BigEndian.AppendUint32(nil, uint32(t.next)))
	}
}

func (t *txn) settleMailbox(e *mailboxEntry) {
	s := &e.state
	leaves := make([]verify.Leaf, 0, len(e.blocks))
	for _, block := range sortedKeys(e.blocks) {
		leaves = append(leaves, t.blockLeaf(s.ID, block))
	}
	if len(leaves) > 0 {
		s.Messages = digesttree.Update(t.b, mailboxKey(treeMessages, s.ID), leaves)
	}
	if len(e.slots) > 0 {
		s.Tombs = digesttree.Update(t.b, mailboxKey(treeTombs, s.ID), leavesOf(e.slots))
	}
	s.Changed = t.order
	t.b.Put(mailboxKey(prefixMailbox, s.ID), s.Append(nil))
	e.changed, e.blocks, e.slots = false, nil, nil
}

func leavesOf(m map[uint32]wire.Digest) []verify.Leaf {
	leaves := make([]verify.Leaf, 0, len(m))
	for _, i := range sortedKeys(m) {
		leaves = append(leaves, verify.Leaf{Index: i, Digest: m[i]})
	}
	return leaves
}

// blockLeaf reads the messages of a block and makes their leaf.
func (t *txn) blockLeaf(id command.MailboxID, block uint32) verify.Leaf {
	return leafOf(id, block, t.block(id, block))
}

// block reads the messages of a block.
func (t *txn) block(id command.MailboxID, block uint32) []command.Message {
	messages := make([]command.Message, 0, command.MessagesPerLeaf)
	first := command.UID(block * command.MessagesPerLeaf)
	t.scanMessages(id, first, first+command.MessagesPerLeaf-1, func(m *command.Message) bool {
		messages = append(messages, *m)
		return true
	})
	return messages
}

func leafOf(id command.MailboxID, block uint32, messages []command.Message) verify.Leaf {
	return verify.Leaf{Index: block, Digest: command.MessagesDigest(id, messages), Tally: command.MessagesTally(messages)}
}

func (t *txn) settleAccount(a command.AccountID, e *accountEntry) {
	if len(e.names) > 0 {
		leaves := make([]verify.Leaf, 0, len(e.names))
		for _, id := range sortedKeys(e.names) {
			l := verify.Leaf{Index: uint32(id)}
			if n := t.name(a, id); n != nil {
				l.Digest = command.NameDigest(a, n)
			}
			leaves = append(leaves, l)
		}
		e.space.Names = digesttree.Update(t.b, accountKey(treeNames, a), leaves)
	}
	if len(e.mailboxes) > 0 {
		leaves := make([]verify.Leaf, 0, len(e.mailboxes))
		for _, id := range sortedKeys(e.mailboxes) {
			l := verify.Leaf{Index: uint32(id)}
			if m := t.mailbox(a, id); m != nil {
				l.Digest = m.state.Digest()
			}
			leaves = append(leaves, l)
		}
		digesttree.Update(t.b, accountKey(treeMailboxes, a), leaves)
	}
	if !e.exists {
		return // its records are gone, and so are its trees
	}
	if e.stateChanged {
		e.state.Changed = t.order
		t.b.Put(accountKey(prefixAccount, a), e.state.Append(nil))
		t.b.Put(numberKey(e.state.Number), a[:])
	}
	if e.spaceChanged || len(e.names) > 0 {
		e.space.Changed = t.order
		t.b.Put(accountKey(prefixSpace, a), e.space.Append(nil))
		e.usageChanged = true
	}
	if e.usageChanged {
		e.usage.changed = t.order
		t.b.Put(accountKey(prefixUsage, a), e.usage.encode())
	}
	if e.stateChanged || e.usageChanged {
		mailboxes := digesttree.Root(t.b, accountKey(treeMailboxes, a))
		t.numbers[e.state.Number] = accountDigest(&e.state, e.usage, &e.space, mailboxes)
	}
	e.stateChanged, e.usageChanged, e.spaceChanged = false, false, false
	clear(e.names)
	clear(e.mailboxes)
}

// accountDigest is an account's leaf in the tree of accounts.
func accountDigest(
	s *command.AccountState, u usage, n *command.NamespaceState, mailboxes wire.Digest,
) wire.Digest {
	record, space := s.Digest(), n.Digest()
	return tagged("troxymail/account-root/v1", record[:], u.encode(), space[:], mailboxes[:])
}

// rootDigest is the digest of the whole state.
func rootDigest(c *command.ClusterState, next command.MailboxID, accounts, origins wire.Digest) wire.Digest {
	cluster := c.Digest()
	b := binary.BigEndian.AppendUint32(nil, uint32(next))
	return tagged("troxymail/state-root/v1", cluster[:], b, accounts[:], origins[:])
}

// tagged returns SHA-256 over the tag behind its length, then the parts as they are.
func tagged(tag string, parts ...[]byte) wire.Digest {
	var room [512]byte // what is hashed for most requests fits
	b := append(append(room[:0], byte(len(tag))), tag...)
	size := len(b)
	for _, p := range parts {
		size += len(p)
	}
	if size > len(room) {
		h := sha256.New()
		h.Write(b)
		for _, p := range parts {
			h.Write(p)
		}
		return wire.Digest(h.Sum(room[:0]))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return sha256.Sum256(b)
}

// settle brings the origin table and the root up to date and returns the root.
func (t *txn) settle() (wire.Digest, error) {
	origins := t.settleOrigins()
	accounts := digesttree.Update(t.b, []byte{treeAccounts}, leavesOf(t.numbers))
	root := rootDigest(&t.cluster, t.next, accounts, origins)
	t.b.Put(keyRoot, root[:])
	if t.every > 0 && t.order > 0 && t.order%t.every == 0 {
		t.b.Put(rootAtKey(t.order), root[:])
		if old := keptRoots * t.every; t.order > old {
			t.b.Delete(rootAtKey(t.order - old))
		}
	}
	return root, t.failed(nil)
}

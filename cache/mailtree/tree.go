package mailtree

import (
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
)

// Cache keeps immutable parts by digest, or does not. What it got is not changed, and what it gave neither.
type Cache interface {
	Get(digest wire.Digest) ([]byte, bool)
	Put(digest wire.Digest, part []byte)
}

// Tree is one state of a mailbox's messages. Not safe for concurrent use; many may share a Cache.
type Tree struct {
	cache Cache
	id    command.MailboxID
	root  wire.Digest
	aside map[wire.Digest][]byte // what Take brought lately

	asideBytes int
}

// New returns the tree of the messages of mailbox id with that root (command.MailboxState.Messages).
func New(cache Cache, id command.MailboxID, root wire.Digest) *Tree {
	return &Tree{cache: cache, id: id, root: root}
}

// Root returns the tree's root.
func (t *Tree) Root() wire.Digest { return t.root }

// Forget lets go of what Take brought, but for what the cache keeps.
func (t *Tree) Forget() { t.aside, t.asideBytes = nil, 0 }

// Missing is the error for what is not known: the nodes above the blocks of the UIDs from First to Last, and unless
// Bare the blocks as well, those with a MODSEQ above Since. Records says that the blocks are wanted as they are, to be
// handed to Take.
type Missing struct {
	First, Last command.UID
	Since       uint64
	Bare        bool
	Records     bool
}

// Error implements error.
func (m *Missing) Error() string {
	return fmt.Sprintf("mailtree: what holds UIDs %d to %d is not known", m.First, m.Last)
}

// nodeName is a node, and the digest that names it: of the node, or the root for the top.
type nodeName struct {
	level  int
	place  uint32
	digest wire.Digest
}

// below is the name of a child that is a node.
func (n nodeName) below(slot int, c *verify.Children) nodeName {
	return nodeName{level: n.level - 1, place: n.place*verify.Fanout + uint32(slot), digest: c[slot].Digest}
}

// first and last are the UIDs that a child covers; UID 0 is never there.
func first(n nodeName, slot int) command.UID {
	lo, _ := verify.Span(n.level, n.place, slot)
	return command.UID(lo * command.MessagesPerLeaf)
}

func last(n nodeName, slot int) command.UID {
	_, hi := verify.Span(n.level, n.place, slot)
	return command.UID(hi*command.MessagesPerLeaf + command.MessagesPerLeaf - 1)
}

// top returns the top node; false for an empty tree. Its entry in the cache is the height, then the node.
func (t *Tree) top() (nodeName, verify.Children, bool, error) {
	if t.root == (wire.Digest{}) {
		return nodeName{}, verify.Children{}, false, nil
	}
	if v, ok := t.getNode(t.root); ok && len(v) > 0 {
		if c, ok := verify.DecodeNode(v[1:]); ok {
			return nodeName{level: int(v[0]) - 1, digest: t.root}, c, true, nil
		}
	}
	return nodeName{}, verify.Children{}, false, &Missing{First: 1, Last: 1, Bare: true}
}

// node returns a node that is not the top.
func (t *Tree) node(n nodeName) (verify.Children, error) {
	if v, ok := t.getNode(n.digest); ok {
		if c, ok := verify.DecodeNode(v); ok {
			return c, nil
		}
	}
	return verify.Children{}, &Missing{First: max(1, first(n, 0)), Last: max(1, first(n, 0)), Bare: true}
}

// getNode is get, and keeps a node aside where there is room: a command that comes by it again and again uses it once.
func (t *Tree) getNode(d wire.Digest) ([]byte, bool) {
	v, ok := t.aside[d]
	if ok {
		return v, true
	}
	if v, ok = t.cache.Get(d); ok && t.asideBytes <= maxAside {
		if t.aside == nil {
			t.aside = make(map[wire.Digest][]byte)
		}
		t.aside[d] = v
		t.asideBytes += len(v)
	}
	return v, ok
}

func (t *Tree) get(d wire.Digest) ([]byte, bool) {
	if v, ok := t.aside[d]; ok {
		return v, true
	}
	return t.cache.Get(d)
}

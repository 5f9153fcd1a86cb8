package state

import (
	"encoding/binary"
	"strings"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/digesttree/verify"
)

// name is a parsed name of a part.
type name struct {
	kind   byte
	tree   string // prefix
	level  int
	at     uint32 // place, index or mailbox
	digest wire.Digest
}

func (n name) String() string {
	b := []byte{n.kind}
	switch n.kind {
	case partNode:
		b = binary.BigEndian.AppendUint32(append(b, byte(n.level)), n.at)
	case partLeaf, partKeywords:
		b = binary.BigEndian.AppendUint32(b, n.at)
	case partRecord:
		b = append(b, n.digest[:]...)
	}
	return string(b) + n.tree
}

// treeSizes are the bytes of the trees' prefixes.
var treeSizes = map[byte]int{
	treeAccounts: 1, treeMailboxes: 17, treeNames: 17, treeMessages: 5, treeTombs: 5, treeOrigins: 1, treeReplies: 3,
}

// parseName is total; false for what is no name.
func parseName(s string) (n name, ok bool) {
	r := canon.NewReader([]byte(s))
	n.kind = r.Uint8()
	switch n.kind {
	case partHead:
		return n, r.Done() == nil
	case partNode:
		n.level = int(r.Uint8())
		n.at = r.Uint32()
	case partLeaf:
		n.at = r.Uint32()
	case partKeywords:
		n.at = r.Uint32()
		return n, r.Done() == nil
	case partRecord:
		n.digest = r.Copy32()
		return n, r.Done() == nil
	case partTop:
	default:
		return n, false
	}
	n.tree = string(r.Fixed(r.Remaining()))
	ok = r.Err() == nil && n.tree != "" && n.level < verify.MaxHeight && treeSizes[n.tree[0]] == len(n.tree)
	return n, ok
}

// owner returns what follows a tree's kind in its prefix.
func (n name) owner() string { return strings.TrimPrefix(n.tree, n.tree[:1]) }

package verify

import (
	"crypto/sha256"
	"encoding/binary"

	"troxymail/bftcore/wire"
)

const (
	// Fanout is how many children a node has.
	Fanout = 16
	// MaxHeight is the height of a tree that covers all 32-bit indices.
	MaxHeight = 8

	bitsPerLevel = 4
)

// Tally is what a leaf, or all leaves below a child, amount to: messages, those of them without \Seen, and their
// highest MODSEQ. Zero in trees that do not count.
type Tally struct {
	Messages uint32
	Unseen   uint32
	ModSeq   uint64
}

// Plus returns the tally of both together.
func (t Tally) Plus(o Tally) Tally {
	return Tally{t.Messages + o.Messages, t.Unseen + o.Unseen, max(t.ModSeq, o.ModSeq)}
}

// Child is a child of a node; one with the zero digest is absent and has no tally.
type Child struct {
	Digest wire.Digest
	Tally  Tally
}

// Children are the children of a node. Either all that are present have a tally, or none.
type Children [Fanout]Child

// Tally returns what all of them amount to.
func (c *Children) Tally() (t Tally) {
	for i := range c {
		t = t.Plus(c[i].Tally)
	}
	return t
}

// counts reports whether they are of a tree that counts.
func (c *Children) counts() bool { return c.Tally() != Tally{} }

// Leaf is one entry of a tree.
type Leaf struct {
	Index  uint32
	Digest wire.Digest
	Tally  Tally
}

const (
	tagNode    = "troxymail/tree/node/v1\x00"
	tagTallied = "troxymail/tree/tallied/v1\x00"
	tagRoot    = "troxymail/tree/root/v1\x00"
)

// Node returns the digest of the node of the given level at the given place (the index of its first
// leaf, divided by what it covers); zero when all children are absent.
func Node(level int, place uint32, c *Children) wire.Digest {
	if *c == (Children{}) {
		return wire.Digest{}
	}
	tag, counts := tagNode, c.counts()
	if counts {
		tag = tagTallied
	}
	b := make([]byte, 0, len(tagTallied)+5+Fanout*(32+tallyBytes))
	b = binary.BigEndian.AppendUint32(append(append(b, tag...), byte(level)), place)
	for i := range c {
		b = append(b, c[i].Digest[:]...)
		if counts {
			b = appendTally(b, c[i].Tally)
		}
	}
	return sha256.Sum256(b)
}

// Root returns the root of a tree of the given height whose top node has digest top; zero when top is.
func Root(height int, top wire.Digest) wire.Digest {
	if top == (wire.Digest{}) {
		return wire.Digest{}
	}
	b := make([]byte, 0, len(tagRoot)+1+32)
	b = append(b, tagRoot...)
	b = append(b, byte(height))
	return sha256.Sum256(append(b, top[:]...))
}

// Height returns the least height of a tree that holds index.
func Height(index uint32) int {
	h := 1
	for ; h < MaxHeight && index>>(bitsPerLevel*h) != 0; h++ {
	}
	return h
}

// Span returns the first and last index that the child at slot of a node covers.
func Span(level int, place uint32, slot int) (first, last uint64) {
	width := uint64(1) << (bitsPerLevel * level)
	first = (uint64(place)*Fanout + uint64(slot)) * width
	return first, first + width - 1
}

// Compute returns the root of the tree with these leaves, whose indices must rise; absent (zero) leaves
// are passed over. It computes everything anew: for checks, and for who holds all leaves.
func Compute(leaves []Leaf) wire.Digest {
	present := make([]Leaf, 0, len(leaves))
	for _, l := range leaves {
		if l.Digest != (wire.Digest{}) {
			present = append(present, l)
		}
	}
	if len(present) == 0 {
		return wire.Digest{}
	}
	height := Height(present[len(present)-1].Index)
	nodes := present // Index becomes the place of the node
	for level := range height {
		var above []Leaf
		for i := 0; i < len(nodes); {
			place := nodes[i].Index / Fanout
			var c Children
			for ; i < len(nodes) && nodes[i].Index/Fanout == place; i++ {
				c[nodes[i].Index%Fanout] = Child{nodes[i].Digest, nodes[i].Tally}
			}
			above = append(above, Leaf{Index: place, Digest: Node(level, place, &c), Tally: c.Tally()})
		}
		nodes = above
	}
	return Root(height, nodes[0].Digest)
}

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

// Children are a node's child digests; zero ones are absent.
type Children [Fanout]wire.Digest

// Leaf is one entry of a tree.
type Leaf struct {
	Index  uint32
	Digest wire.Digest
}

const (
	tagNode = "troxymail/tree/node/v1\x00"
	tagRoot = "troxymail/tree/root/v1\x00"
)

// Node returns the digest of the node of the given level at the given place (the index of its first
// leaf, divided by what it covers); zero when all children are absent.
func Node(level int, place uint32, c *Children) wire.Digest {
	if *c == (Children{}) {
		return wire.Digest{}
	}
	b := make([]byte, 0, len(tagNode)+5+Fanout*32)
	b = append(b, tagNode...)
	b = append(b, byte(level))
	b = binary.BigEndian.AppendUint32(b, place)
	for i := range c {
		b = append(b, c[i][:]...)
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

// Place returns the place of the node of the given level above index.
func Place(level int, index uint32) uint32 {
	if level+1 >= MaxHeight {
		return 0
	}
	return index >> (bitsPerLevel * (level + 1))
}

// Slot returns which child of its node of the given level index belongs to.
func Slot(level int, index uint32) int {
	return int(index >> (bitsPerLevel * level) & (Fanout - 1))
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
				c[nodes[i].Index%Fanout] = nodes[i].Digest
			}
			above = append(above, Leaf{Index: place, Digest: Node(level, place, &c)})
		}
		nodes = above
	}
	return Root(height, nodes[0].Digest)
}

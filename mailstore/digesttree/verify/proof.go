package verify

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"troxymail/bftcore/wire"
)

// MaxProofBytes bounds an encoded range proof: a node's mask for each 16 leaves of a range of 65,536,
// and the neighbours on both edges, several times over.
const MaxProofBytes = 256 << 10

// ErrProof is returned by Range for leaves or a proof that do not lead to the root.
var ErrProof = errors.New("verify: the leaves do not fit the root")

// A range proof is, for each node on the way that intersects the range, from the top, depth first, left
// to right: a 16-bit mask of its present children, and the digests of those present children that lie
// wholly outside of the range. The first byte is the tree's height; an empty tree's proof is a single 0.

// Span returns the first and last index that the child at slot of a node covers.
func Span(level int, place uint32, slot int) (first, last uint64) {
	width := uint64(1) << (bitsPerLevel * level)
	first = (uint64(place)*Fanout + uint64(slot)) * width
	return first, first + width - 1
}

type checker struct {
	proof       []byte
	first, last uint64
	leaves      []Leaf
}

// Range checks that leaves (with rising indices within [first, last]) are exactly those that the tree
// with that root has in the range. It is total; the error wraps ErrProof.
func Range(root wire.Digest, first, last uint32, leaves []Leaf, proof []byte) error {
	if first > last || len(proof) == 0 || len(proof) > MaxProofBytes {
		return fmt.Errorf("%w: no range or no proof", ErrProof)
	}
	for i, l := range leaves {
		if l.Index < first || l.Index > last || i > 0 && leaves[i-1].Index >= l.Index {
			return fmt.Errorf("%w: leaves out of order or range", ErrProof)
		}
	}
	height := int(proof[0])
	if height == 0 {
		if len(proof) == 1 && len(leaves) == 0 && root == (wire.Digest{}) {
			return nil
		}
		return fmt.Errorf("%w: said to be empty", ErrProof)
	}
	if height > MaxHeight {
		return fmt.Errorf("%w: height %d", ErrProof, height)
	}
	c := checker{proof: proof[1:], first: uint64(first), last: uint64(last), leaves: leaves}
	top, err := c.node(height-1, 0)
	switch {
	case err != nil:
		return err
	case len(c.proof) != 0 || len(c.leaves) != 0:
		return fmt.Errorf("%w: something is left over", ErrProof)
	case top == (wire.Digest{}) || Root(height, top) != root:
		return ErrProof
	}
	return nil
}

// node consumes the proof of one node and the leaves below it, and returns its digest. Depth is at most
// MaxHeight, and every call consumes two bytes of the proof.
func (c *checker) node(level int, place uint32) (wire.Digest, error) {
	if len(c.proof) < 2 {
		return wire.Digest{}, fmt.Errorf("%w: the proof is too short", ErrProof)
	}
	mask := binary.BigEndian.Uint16(c.proof)
	c.proof = c.proof[2:]
	var children Children
	for ; mask != 0; mask &= mask - 1 {
		slot := bits.TrailingZeros16(mask)
		d, err := c.child(level, place, slot)
		if err != nil {
			return wire.Digest{}, err
		}
		if d == (wire.Digest{}) {
			return wire.Digest{}, fmt.Errorf("%w: a child said to be present is not", ErrProof)
		}
		children[slot] = d
	}
	return Node(level, place, &children), nil
}

func (c *checker) child(level int, place uint32, slot int) (d wire.Digest, err error) {
	lo, hi := Span(level, place, slot)
	if hi < c.first || lo > c.last {
		if len(c.proof) < len(d) {
			return d, fmt.Errorf("%w: the proof is too short", ErrProof)
		}
		copy(d[:], c.proof)
		c.proof = c.proof[len(d):]
		return d, nil
	}
	if level > 0 {
		return c.node(level-1, place*Fanout+uint32(slot))
	}
	if len(c.leaves) == 0 || uint64(c.leaves[0].Index) != lo {
		return d, fmt.Errorf("%w: leaf %d is missing", ErrProof, lo)
	}
	d, c.leaves = c.leaves[0].Digest, c.leaves[1:]
	return d, nil
}

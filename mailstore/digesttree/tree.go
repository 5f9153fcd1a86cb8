package digesttree

import (
	"encoding/binary"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/digesttree/verify"
)

// Store is what a tree needs of a key space; kv.Batch is one. Values that Get returns are not changed.
type Store interface {
	Get(key []byte) ([]byte, bool)
	Put(key, value []byte)
	Delete(key []byte)
}

// The key after the prefix: the height under metaLevel, nodes under their level and place.
const metaLevel = 0xff

func nodeKey(prefix []byte, level int, place uint32) []byte {
	k := make([]byte, 0, len(prefix)+5)
	k = append(append(k, prefix...), byte(level))
	return binary.BigEndian.AppendUint32(k, place)
}

// readNode returns the children of a node; none for a damaged one: the root will not fit.
func readNode(s Store, prefix []byte, level int, place uint32) (c verify.Children) {
	if v, ok := s.Get(nodeKey(prefix, level, place)); ok {
		c, _ = verify.DecodeNode(v)
	}
	return c
}

// writeNode stores a node; one without children is removed.
func writeNode(s Store, prefix []byte, level int, place uint32, c *verify.Children) {
	if *c == (verify.Children{}) {
		s.Delete(nodeKey(prefix, level, place))
		return
	}
	s.Put(nodeKey(prefix, level, place), verify.AppendNode(make([]byte, 0, verify.MaxNodeBytes), c))
}

func metaKey(prefix []byte) []byte {
	return append(append(make([]byte, 0, len(prefix)+1), prefix...), metaLevel)
}

func height(s Store, prefix []byte) int {
	v, ok := s.Get(metaKey(prefix))
	if !ok || len(v) != 1 || v[0] > verify.MaxHeight {
		return 0
	}
	return int(v[0])
}

// Root returns the root of the tree under prefix; zero for the empty tree.
func Root(s Store, prefix []byte) wire.Digest {
	h := height(s, prefix)
	if h == 0 {
		return wire.Digest{}
	}
	top := readNode(s, prefix, h-1, 0)
	return verify.Root(h, verify.Node(h-1, 0, &top))
}

// Update sets the given leaves, whose indices must rise (a zero digest removes), and returns the new
// root. Every node above them is read, hashed and written once.
func Update(s Store, prefix []byte, changes []verify.Leaf) wire.Digest {
	if len(changes) == 0 {
		return Root(s, prefix)
	}
	before := height(s, prefix)
	h := max(before, verify.Height(changes[len(changes)-1].Index))
	grow(s, prefix, before, h)
	nodes := changes // Index becomes the place of the node
	var top verify.Children
	for level := range h {
		var above []verify.Leaf
		for i := 0; i < len(nodes); {
			place := nodes[i].Index / verify.Fanout
			c := readNode(s, prefix, level, place)
			for ; i < len(nodes) && nodes[i].Index/verify.Fanout == place; i++ {
				c[nodes[i].Index%verify.Fanout] = child(nodes[i])
			}
			writeNode(s, prefix, level, place, &c)
			above = append(above, verify.Leaf{Index: place, Digest: verify.Node(level, place, &c), Tally: c.Tally()})
			top = c
		}
		nodes = above
	}
	after := shrink(s, prefix, h, &top)
	switch {
	case after == before:
	case after == 0:
		s.Delete(metaKey(prefix))
	default:
		s.Put(metaKey(prefix), []byte{byte(after)})
	}
	if after == 0 {
		return wire.Digest{}
	}
	return verify.Root(after, verify.Node(after-1, 0, &top))
}

// child is how a leaf, or a node, stands in the node above it.
func child(l verify.Leaf) verify.Child {
	if l.Digest == (wire.Digest{}) {
		return verify.Child{}
	}
	return verify.Child{Digest: l.Digest, Tally: l.Tally}
}

// grow puts nodes above the top of a tree of height from until it has height to.
func grow(s Store, prefix []byte, from, to int) {
	if from == 0 || from == to {
		return
	}
	c := readNode(s, prefix, from-1, 0)
	for level := from; level < to; level++ {
		c = verify.Children{0: {Digest: verify.Node(level-1, 0, &c), Tally: c.Tally()}}
		writeNode(s, prefix, level, 0, &c)
	}
}

// shrink takes off top nodes that have no child but the first, and returns the height that is left; top
// becomes the children of the top node.
func shrink(s Store, prefix []byte, h int, top *verify.Children) int {
	for h > 0 {
		first := top[0]
		if *top != (verify.Children{0: first}) || h == 1 && first != (verify.Child{}) {
			break
		}
		s.Delete(nodeKey(prefix, h-1, 0))
		h--
		*top = verify.Children{}
		if h > 0 {
			*top = readNode(s, prefix, h-1, 0)
		}
	}
	return h
}

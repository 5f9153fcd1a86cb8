package digesttree

import "troxymail/mailstore/digesttree/verify"

// NodeKey is where a node lies in the key space (verify.AppendNode), MetaKey where the tree's height does (one byte).
func NodeKey(prefix []byte, level int, place uint32) []byte { return nodeKey(prefix, level, place) }

// MetaKey is where the height of a tree lies.
func MetaKey(prefix []byte) []byte { return metaKey(prefix) }

// Top returns the height of a tree and the children of its top node; 0 for an empty tree.
func Top(s Store, prefix []byte) (h int, top verify.Children) {
	if h = height(s, prefix); h > 0 {
		top = readNode(s, prefix, h-1, 0)
	}
	return h, top
}

// Read returns the children of a node.
func Read(s Store, prefix []byte, level int, place uint32) verify.Children {
	return readNode(s, prefix, level, place)
}

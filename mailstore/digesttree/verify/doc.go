// Package verify computes and checks roots of digest trees: sparse Merkle trees of fan-out 16 over 32-bit
// indices. It holds the one definition of a tree's root; package digesttree keeps the same tree in a
// store, incrementally.
//
// A tree maps indices to leaf digests; the zero digest is absence. Level 0 nodes have leaves as children,
// a node of level l covers 16^(l+1) indices. A node's digest covers its level, its place and its sixteen
// children; a subtree without leaves has the zero digest. The height is the least that covers the highest
// index present, so the root is a function of the contents alone, not of their history; it covers the
// height, so that no inner node passes for a root. The empty tree has the zero root.
//
// Trust: pure, imports the standard library and wire only, so that enclaves may check what hosts show
// them. Proofs come from liars: checking is total and bounded by the proof's size.
package verify

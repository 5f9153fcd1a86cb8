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
// A tree may count: each child then stands with what is below it (Tally), and the node's digest covers that. Whoever
// trusts the root knows from one path how many messages lie before a UID, where the n-th message is, where the first
// unseen one, and below which children something changed since a MODSEQ, without what lies beside the path.
//
// Trust: pure, imports the standard library and wire only, so that enclaves may check what hosts show
// them: node by node, each against the digest that the node above it names. Nodes come from liars: decoding is total.
package verify

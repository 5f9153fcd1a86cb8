// Package digesttree keeps a digest tree (package verify defines it) in a key space, so that a change
// costs a path from leaf to root and not the size of the tree.
//
// Nodes lie under a prefix that the caller gives, by level and place (verify.AppendNode). Updates of
// a batch are given together and every node on the way is hashed once. Nothing is kept in memory between
// calls; values are a function of the leaves alone.
//
// Untrusted: runs on the host. Imports wire, verify and the standard library; deterministic, no clock,
// randomness or map order.
package digesttree

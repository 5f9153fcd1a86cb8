// Package state is the deterministic state machine of the mailboxes: it executes ordered commands
// (package command) over a key space (package kv) and keeps a digest of all that it holds.
//
// An order is applied whole or not at all. Its writing requests execute in their order, then its
// read-only ones: so a result's Touched names, for every key, the digest at the end of the order. One key
// has one digest per order, and what a read shows is exactly what its digests cover.
//
// Every result is a function of the commands before it: no clock, randomness, goroutine or map order
// decides anything. Writing requests are remembered per origin over a window of sequences, in the hashed
// state, so that a repeated one gets the same result at every replica (Origin table, dedup.go and replies.go); one of a former
// incarnation is refused by all behind the first of a newer one (life.go).
//
// The digest of the state (Root): accounts (record, use, namespace with the tree of its names, tree of its
// mailboxes with counters, keyword table, message tree and remembered expunges), the origin table, and the
// next mailbox id. Not in it, because they follow from it: the indices by name and \Deleted,
// reference counts, contents of records, and what removed mailboxes still occupy. Walk recomputes the
// root from the records.
//
// The same tree gives the state in parts (part.go, leaf.go) that check themselves from a root down; Builder makes a
// store from them, with all that is derived.
//
// Cost: a command costs what it changes. Removed mailboxes are swept a piece per order (sweep.go).
//
// Untrusted: runs on the host. Must not import enclave, cache, mail or the ordering core.
package state

// Package host puts the untrusted side of one replica together from its parts: host log, store, bodies,
// and the node that runs the ordering core over them. `troxymail demo` and cmd/troxymail-host both run
// exactly this.
//
// Folder: log/ (the host log, the truth), store.db (bbolt, catches up from the log), bodies/ (large
// sealed bodies), boot (a number), frontiers (own certificates apart from the log), owner (whose folder this
// is), history (which foundings the store follows). store.taking is a state that is being taken over, store.part one
// that was not finished: neither is served.
// What was found damaged lies beside its successor as NAME.damaged-N; open.go says what is repaired how. A store of a
// history that the group did not go on with lies there as store.db.left-out-N.
// The format of the whole is that in the file owner: a change of any part's format raises it. Everything in it is
// sealed, tokens, or in clear by design (flags, UIDs, MODSEQs, sizes).
//
// Untrusted: must not import enclave (but boundary), mail or cache.
package host

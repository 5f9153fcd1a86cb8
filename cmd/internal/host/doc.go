// Package host puts the untrusted side of one replica together from its parts: host log, store, bodies,
// and the node that runs the ordering core over them. `troxymail demo` and cmd/troxymail-host both run
// exactly this.
//
// Folder: log/ (the host log, the truth), store.db (bbolt, catches up from the log), bodies/ (large
// sealed bodies), boot (a number). Everything in it is sealed, tokens, or in clear by design (flags, UIDs,
// MODSEQs, sizes).
//
// Untrusted: must not import enclave (but boundary), mail or cache.
package host

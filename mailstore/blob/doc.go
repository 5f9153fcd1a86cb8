// Package blob keeps sealed records by their SHA-256 digest: what hosts store and enclaves read back.
//
// Small ones (message summaries and inline bodies, up to wire.InlineBodyBytes) lie in the key space; the
// state machine puts them there when their command executes. Large bodies are files `bodies/ab/<hex>`:
// pieces are collected in a temporary file, the whole is checked against its digest, synced, renamed into
// place, and the folder is synced. Only then is a body confirmed.
//
// A confirmed body is pinned until its request is executed or fenced, and nothing is deleted here yet:
// deletion comes with checkpoints, which walk state.Machine.UnusedBodies and delete what no stable
// checkpoint, snapshot or pending request refers to.
//
// Content is never returned unless it fits its digest. ErrDamaged and ErrMissing say that a peer must be
// asked; putting the content again repairs it.
//
// Bounded: temporary files by number and by bytes together (Options). Safe for concurrent use.
//
// Untrusted: runs on the host. Must not import enclave, cache, mail or the ordering core.
package blob

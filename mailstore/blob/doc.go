// Package blob keeps sealed records by their SHA-256 digest: what hosts store and enclaves read back.
//
// Small ones (message summaries and inline bodies, up to wire.InlineBodyBytes) lie in the key space; the
// state machine puts them there when their command executes. Large bodies are files `bodies/ab/<hex>`:
// pieces are collected in a temporary file, the whole is checked against its digest, synced, renamed into
// place, and the folder is synced. Only then is a body confirmed.
//
// A confirmed body stays until its request is executed; afterwards the state machine lists it when its last
// reference is gone, and the host removes it once no stable checkpoint, snapshot or pending request refers to it.
//
// Content is never returned unless it fits its digest. ErrDamaged and ErrMissing say that a peer must be
// asked; putting the content again repairs it.
//
// Bounded: temporary files by number and by bytes together (Options). Safe for concurrent use.
//
// Untrusted: runs on the host. Must not import enclave, cache, mail or the ordering core.
package blob

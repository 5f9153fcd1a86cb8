// Package transfer decides how a replica gets a state that it lacks: which parts it asks of whom, what it
// takes, whom it stops believing, and what it gives to others.
//
// The state is a tree of parts. Each has a name and a digest, and says what is below it; the digest of the first
// is the root of a stable checkpoint, which f+1 replicas attested. So every part is checked on arrival, by
// itself, whoever sent it: a liar can be slow, no more. Parts that lie on the own disk (of the state that the
// replica had, or of a transfer that was interrupted) are checked in the same way and not asked for.
//
// Invariants:
//   - A part is handed out (Out.Parts) only when it fits its digest, and parents before children; each once.
//   - A peer that sent a part that does not fit is not asked again by this transfer. One that has not the state is
//     asked again later; one that is slow is asked less.
//   - Bounded: asks on their way by peer, items by ask, bytes by part and answer (wire); items that wait are at
//     most what the parts on the way from the root to those in flight have below them, because the newest go first.
//
// Fetch is pure: events and time in, asks and parts out; no clock, randomness, goroutine, disk or map order.
//
// Untrusted: runs on the host. Must not import enclave, cache, mail or the ordering core.
package transfer

// Package content keeps opened content: the plaintext of sealed summaries and bodies, by the digest of the
// sealed record; and, in another Cache, parts of mailboxes by theirs. What has a digest never changes, so an entry is never stale; whether a reader may have it
// is decided by who holds the digest (the voted state of its own mailbox), before the cache is asked.
//
// Trust: linked into the enclave; it holds plaintext and writes it nowhere. One budget of bytes bounds all
// entries with their overhead. The policy is S3-FIFO (Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023): a tenth of the budget takes what is new, what is asked for again moves to the rest,
// and digests of what left the first queue lately are remembered, so that a client that reads its whole
// mailbox once does not displace what others read every minute. Programs that read a large message in pieces ask for
// one entry many times in a row: Again is for those, so that a scan by pieces is a scan as well. Parts of mailboxes
// (package mailtree), of which every change makes new ones, have a cache of their own: however fast mailboxes change,
// mail stays.
//
// Imports bftcore/wire only; no clock, randomness, goroutine or I/O; one mutex.
package content

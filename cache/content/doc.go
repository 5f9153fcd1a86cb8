// Package content keeps opened content: the plaintext of sealed summaries and bodies, by the digest of the
// sealed record. What has a digest never changes, so an entry is never stale; whether a reader may have it
// is decided by who holds the digest (the voted state of its own mailbox), before the cache is asked.
//
// Trust: linked into the enclave; it holds plaintext and writes it nowhere. One budget of bytes bounds all
// entries with their overhead. The policy is S3-FIFO (Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023): a tenth of the budget takes what is new, what is asked for again moves to the rest,
// and digests of what left the first queue lately are remembered, so that a client that reads its whole
// mailbox once does not displace what others read every minute.
//
// Imports bftcore/wire only; no clock, randomness, goroutine or I/O; one mutex.
package content

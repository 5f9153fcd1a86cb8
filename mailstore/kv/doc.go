// Package kv is the ordered key space below the mailbox state: bbolt on disk, and above it a sorted
// overlay in memory that takes each batch whole or not at all.
//
// Why two: the truth is the host's log, and a store must never be ahead of it. Batches go to the overlay
// at once; a background flusher writes frozen overlays to bbolt, each in one synced transaction together
// with the order number that it reaches, and never beyond the order that the caller declared durable in
// its log (SetDurable). After a crash the caller replays its log from FlushedOrder()+1.
//
// Invariants: what bbolt holds is exactly the state after FlushedOrder(). A Batch sees a fixed state plus
// its own writes. The overlay is bounded: Begin waits for a flush, and when none is possible because the
// log is not durable that far it returns ErrLogNotDurable at once, so that the caller, who alone can sync
// the log, does so and asks again.
//
// Checkpoint ends a flush at the last commit and leaves a Snapshot of exactly that order, for as long as whoever
// takes it likes: the pages that change meanwhile are written elsewhere. A Builder makes a new file from entries in
// any order; under its other name it is no store.
//
// The file carries a sum over its entries, and Open with Verify reads the whole of it without trusting any
// byte (check.go, check_walk.go, sum.go): what opens is what was flushed, or ErrDamaged. If damage hits the newest of
// bbolt's two transaction pages, what opens is the flush before, whole.
//
// Concurrency: one Batch at a time, from one goroutine; everything else may be called from any. While a
// Batch is open its goroutine must not call Store.Get: the flusher may wait for the Batch in between.
//
// Untrusted: runs on the host. Must not import enclave, cache, mail or the ordering core.
package kv

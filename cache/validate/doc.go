// Package validate asks f other enclaves whether they know the same of some keys as this one (package index), and
// so finds out, in one round trip and without ordering, that what this enclave knows is current: the fast read of
// Troxy (DSN 2018). Why equal indexes are the truth is argued in package index.
//
// Asker: the questions of many sessions that come in one turn, or while many are under way (heldUntil), travel in
// one CACHE-Q per peer. Its MAC and the
// digest of it that a CACHE-A repeats bind every answer to a nonce that was never used before, to this incarnation,
// and to the versions that were asked about. An answer is matched with its question whenever it comes; none is
// waited for while another one could be asked.
//
// Decision (Decide): f other replicas, distinct, of one founding, pairwise consistent in their incarnation vectors
// with each other and with this enclave (quorum.Holds), all equal. An enclave whose peers know that it was
// restarted gets no valid answer any more. Several keys of one question are snapshot at one moment here and compared at
// one moment there: whatever completed before the question is in all of them, so together they are a state between
// the question and its answers. The own snapshot need not be unchanged when the answers come: a write that completes
// meanwhile is concurrent with the read.
//
// A question that was not answered in time, or not with yes, costs the session an ordered read and nothing else.
// Peers that were silent are left alone for a while (peers.go); where too few others are left, and where reads of a
// class of keys conflict often (switch.go), reads go to the order at once. Time is the host's word and decides nothing but such costs.
//
// asker.go takes questions, send.go sends them, decide.go takes answers, late.go gives up.
//
// Trusted and pure: one owner; time is handed in as nanoseconds; no randomness, goroutine or I/O. Bounded: MaxOpen
// questions without an answer.
package validate

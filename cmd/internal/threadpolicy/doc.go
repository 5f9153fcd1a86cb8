// Package threadpolicy tells Linux how to treat the threads of a process that waits more than it works, and shares the
// processors with others like it: wake them for their timers a little late, and let whoever runs go on when they wake.
//
// Late timers: Go's runtime has a thread of its own (sysmon) that looks after the others while any of them works: it sleeps
// for 20 µs at a time, again from the start whenever the process was idle and has something to do; and who has something to do
// wakes it. A host or an enclave that orders is idle a thousand times a second, so that this thread alone took a tenth of its
// processor time, and half of all task switches. Linux lets it sleep longer when told that a sleep may end late by so much.
//
// What else that delays, by at most the slack: timeouts of the network poller and of futexes, so any timer of Go's that
// no work comes before. None of ours is there for being exact. Then what that thread does: a goroutine that computes for
// long gives way to others after 10 ms and the slack, and others get the processor (a P, of which there are as many as
// processors) of one that waits for a disk. So hosts have less of it than enclaves, which wait for no disk.
//
// Batch scheduling (SCHED_BATCH, sched(7)): a thread that wakes waits until the one that runs sleeps or has had its time,
// where it would else often push it aside. Hosts and enclaves send each other what they do in pieces: who was pushed aside
// in the middle of several came back to send the rest, which woke the others once more. Three replicas on two processors
// take 8 % more requests of 128 clients so, 15 % of 16, and as many of one. A process beside them that computes
// without a pause delays them by a slice of its time (some 3 ms) where it would have given way at once; the fair share of both
// stays what it is. No privilege is needed for it.
package threadpolicy

import "time"

// By how much timers may be late in a process. With a millisecond in both, all six processes of a cluster together took a
// tenth more processor time for each request.
const (
	Host    = 4 * time.Millisecond
	Enclave = 10 * time.Millisecond
)

// Package timerslack lets Linux wake a process's threads for their timers a little late.
//
// Go's runtime has a thread of its own (sysmon) that looks after the others while any of them works: it sleeps for 20 µs at
// a time, again from the start whenever the process was idle and has something to do; and who has something to do wakes it.
// A host or an enclave that orders is idle a thousand times a second, so that this thread alone took a tenth of its processor
// time, and half of all task switches. Linux lets it sleep longer when told that a sleep may end late by so much.
//
// What else it delays, by at most the slack: timeouts of the network poller and of futexes, so any timer of Go's that
// no work comes before. None of ours is there for being exact. Then what that thread does: a goroutine that computes for
// long gives way to others after 10 ms and the slack, and others get the processor (a P, of which there are as many as
// processors) of one that waits for a disk. So hosts have less of it than enclaves, which wait for no disk.
package timerslack

import "time"

// By how much timers may be late in a process. With a millisecond in both, all six processes of a cluster together took a
// tenth more processor time for each request.
const (
	Host    = 4 * time.Millisecond
	Enclave = 10 * time.Millisecond
)

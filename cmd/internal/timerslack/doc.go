// Package timerslack lets Linux wake a process's threads for their timers a little late.
//
// Go's runtime has a thread of its own that looks after the others while any of them works: it sleeps for 20 µs at a
// time, again from the start whenever the process was idle and has something to do. A host or an enclave that orders is
// idle a thousand times a second, so that this thread alone took a tenth of its processor time, and half of all task
// switches. Linux lets it sleep longer when told that a sleep may end late by so much.
//
// What else it delays, by at most Slack: timeouts of the network poller and of futexes, so any timer of Go's that
// no work comes before. None of ours is shorter than some milliseconds, and none is there for being exact.
package timerslack

// Package processors tells Go's runtime how many processors of the machine an enclave, or a host, works on.
//
// A host and its enclave share a machine, and do about as much each. Left alone, the runtimes of both take all processors,
// and each wakes threads on idle ones for goroutines that would have run a microsecond later where they are: on two
// processors an enclave that has one takes a single client's requests 5 to 7 % faster, and 2 to 6 % more of many clients'.
//
// Whatever computes for long, as the check of a password does (some 30 ms), gets a processor more (Lend): on one it kept all
// else of the enclave waiting until the runtime interrupted it, and 45 logins a second cost 16 clients 20 to 30 % of their
// requests, against 6 % so.
//
// Hosts gain as much from half of them, if their disk is fast: the log in memory, or a disk that remembers what it was
// given without power. From others they lose more: a thread that waits for its disk keeps its processor until the runtime
// takes it away, and with one processor, on a disk of 0.2 ms, a single client waited a quarter longer. So a host takes half for
// as long as most of its last syncs were fast (HalveWhileFast). What computes for long in a host (reading a large mailbox for an
// enclave, checking the store) then shares that half with ordering: on two processors, in slices of some 10 ms. Lending for it
// would stop the world at each read.
package processors

// Package processors tells Go's runtime how many processors of the machine an enclave works on.
//
// A host and its enclave share a machine, and do about as much each. Left alone, the runtimes of both take all processors,
// and each wakes threads on idle ones for goroutines that would have run a microsecond later where they are: on two
// processors an enclave that has one takes a single client's requests 5 to 7 % faster, and 2 to 6 % more of many clients'.
//
// The price, on machines with fewer than four processors: a goroutine that computes for long, such as the check of a
// password (some 30 ms), keeps others of the enclave waiting until the runtime interrupts it, after 10 ms and what package
// timerslack adds. Hosts are left alone: they wait for disks, and a thread that does keeps its processor for a moment.
package processors

// Package limit caps how many client connections a replica's enclave holds: in total, before login,
// and per address, so that no peer can take all places and no flood of half-open clients can take
// all memory. One table serves all mail protocols of a replica.
//
// Invariants: a connection is counted from Open until its Ticket's Close, once; the table holds an
// entry only for networks that have an open connection, so its size is bounded by Caps.Total times
// the number of prefixes a connection is counted under. There is no clock and no goroutine here;
// how long a connection may stay unauthenticated is its server's affair.
//
// It imports the standard library only.
package limit

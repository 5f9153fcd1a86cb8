// Package rejoin is the untrusted half of how an enclave comes back: what its host sends, collects and asks of it
// until it is ACTIVE, and what a host of an ACTIVE enclave does for others that come back. A pure state machine like
// bftcore: no clock, goroutine, socket or disk. Package node surrounds it with I/O.
//
// # Two ways
//
// The host asks all peers how they stand (REC-HELLO). With REC-INFOs of f+1 ACTIVE others it has its enclave ask
// for a number (REC-REQ) and return with their REC-STATEs. With STATEMENTs of all others it takes part in a
// founding: COLD-STATEs of all, then JOINs of all, each sent once the own JOIN frontier is synced. Which way it is
// depends only on what the peers say; what each message is worth, the enclaves decide (enclave/counter), so that
// nothing here can break what was promised, only delay it.
//
// A host whose enclave is ACTIVE while f+1 others ask for help, and say so for a fresh nonce, lets it resign: no
// one of them can return alone.
//
// When machines are gone for good, an administrator asks the enclaves of those that are left to be founded alone
// (Refound): their hosts gather COLD-STATEs of these members, have the enclaves show what that makes, and go on to
// JOINs once the enclaves were given the order.
//
// # Batches
//
// What an enclave takes over from others it remembers, and every later view begins with it: so its host first has the
// batches in its own log (batches.go), in a founding those of the members from which it takes anything over (wire.Counted).
// A store that follows another founding stands for none of them. It asks peers for those that are missing, by digest, and has
// its enclave check their requests. It asks for 32 at a time, in turns: what all were asked for in vain gives way to what was
// not asked for. Who speaks of a batch and shows it to nobody is passed over if enough others are left, and waited for
// otherwise, like one that is silent. A host answers such questions out of its log while its own enclave is not ACTIVE; then
// they are the core's.
//
// # Use
//
//	d := rejoin.New(config, now)
//	for each event { d.Step(now, event) }
//	ready := d.Ready()     // Batches and Frontier to the log first; then all else
//
// Messages are repeated until an answer comes, so all of them may be lost. A peer's message counts only when it
// came from that peer, but for JOINs, which an ACTIVE host passes on.
//
// Imports wire and quorum only.
package rejoin

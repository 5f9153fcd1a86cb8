// Package refound is the administrator's order that lets a founding go on without replicas that are gone for good:
// what such a founding would begin with (Plan), what may be lost by it, in words (Loss), and the order itself, which
// the administrator's key signs and every member's enclave checks (Order).
//
// Role. An enclave makes a Plan from a bundle of authentic COLD-STATEs and shows it to the administrator. The
// administrator's program and the enclave both make the words from the Plan, so what was signed is what the enclave
// would have said: a program that shows something else signs an order that is nothing.
//
// Invariants: an order names the genesis, the founding (generation and digest of the whole bundle, and so every
// member's frontier and nonce), the members and the words. It is good for that bundle alone; a member that begins
// another attempt draws another nonce, which makes it nothing. Where it comes from proves nothing: the signature by
// the key that genesis pins does.
//
// Trusted and pure. Imports the vocabulary and enclave/rr.
package refound

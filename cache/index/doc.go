// Package index is what an enclave knows of the keys of the replicated state (wire.Key): for each the digest at
// the end of an order, called its version. Package validate compares the indexes of f+1 enclaves; when they are
// equal, the state is known without ordering a read (Troxy, DSN 2018, the fast-read cache).
//
// Two kinds of facts reach an index. A claim is what the own host says that a request touched, authentic as to the
// request and unproven as to the result. A vote is a result that f+1 replicas agree on, of a request that this
// incarnation made itself. entry.go has the rules, each a function of its own; Index applies them to many keys.
//
// # Why equal entries are the truth
//
// Rule A, floors: before an enclave authenticates any reply, of a read too, the entry of every key that its request
// touches is raised to the reply's order, or forgotten if the reply does not name that key. Whatever a client was
// told rests on f+1 replies; f+1 equal entries share one enclave with them, whose version is at least that order.
// Rule B, versions: entries are equal in digest and version. A host may feed its enclave a false digest, but at
// the version that it claims; among f+1 enclaves one has a correct host, whose entry is true at its version. So
// equal entries are true at a version that is no older than anything a client was told before the question. Both
// rules are needed, and neither needs to know which host lies. (Published schemes that drop entries on writes only,
// or compare digests alone, let one lying host bring an old value back: integration/check/reads shows the traces.)
//
// The version of an entry is the order of the last request that touched the key and not of the last that changed it:
// the first is a fact that each enclave sees by itself, the second would be a host's word. So floor and version are
// one number, and a key whose floor rose beyond what is known of it is just not known. The price: an ordered read
// moves versions too, and enclaves whose hosts are not equally far disagree for that long.
//
// # Restarts
//
// A new incarnation has forgotten its floors: a client may have been told things by replies that its former
// incarnation authenticated. Nothing is known before the first vote on an own request whose order is above the
// recovery order (Base): that request was made after the restart and all that the former incarnation took part in
// is ordered below. From then on claims above that order count for every key. It is enough that one such request
// exists, whatever its keys: what a restart takes away is the floor, not the value. (A stricter rule, a vote for each
// key, would keep keys unknown at every replica whose own sessions never read them, and so make f+1 equal entries
// rare where users stay with one replica.) A vote below a key's floor fills nothing: else a read that was ordered
// before a write, and answered after it, would bring the old value back.
//
// This reasoning takes it that claims are of orders that exist. A host that claimed the result of an order before it is
// proposed, restarted its enclave and then let the order happen could, from n = 5 on and together with a second lying
// host, complete a reply of the dead incarnation that the new one has no floor for. So package replica takes no claim of an
// order that this incarnation did not see committed by f+1 certificates (counter.Set.Committed): f+1 enclaves certified it
// then, a recovery reads f+1 of the 2f others, and one of these is among them. Its recovery order is not below the claim.
//
// # Bounds
//
// At most MaxEntries keys, least recently used ones leave; the floor of what left becomes the floor of all keys
// without an entry, so nothing is forgotten downwards. A host that claims absurd orders makes its own enclave's
// entries useless, which costs its own sessions an ordered read each.
//
// # Durability
//
// A value may be shown when f+1 replicas hold it durably: an entry is marked when a vote said so, or when the own
// host says that its log is synced as far as what the value depends on. f+1 marked entries are f+1 durable copies.
//
// Trusted and pure: imports wire only; one owner; no clock, randomness, goroutine or I/O.
package index

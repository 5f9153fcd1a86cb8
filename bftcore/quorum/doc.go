// Package quorum is the arithmetic of a group of n = 2f+1 replicas: who leads a view, how many
// certificates decide, and which sets of certificates may be counted together.
//
// A quorum is f+1 certificates of distinct replicas that are all of one founding and consistent in
// their incarnation vectors. Two quorums of f+1 in a group of 2f+1 share at least one enclave; because
// that enclave's counter is trusted, any intersection is enough (Hybster, EuroSys 2017, section 3).
// Consistency is what makes the argument survive enclave restarts: a certificate of an incarnation
// that another member of the set already knows to be dead may not be counted (crash-consistent
// quorums, Michael et al., DISC 2017).
//
// Trusted and pure: imports wire only; no clock, randomness, goroutine or I/O.
package quorum

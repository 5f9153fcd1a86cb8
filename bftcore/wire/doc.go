// Package wire is the vocabulary of the ordering protocol: certificates, requests, replies, and the
// messages between replicas, each with its one canonical encoding (package canon).
//
// Trust: linked into the enclave and the host alike. It decides nothing; it only says what bytes mean.
// Everything decoded here may come from a liar, so every decoder is total and bounded by the limits in
// limits.go, and a decoded value aliases the input buffer (the caller keeps that buffer unchanged).
//
// What is signed is the bytes that travel: a certificate's MAC covers its encoding without the MAC, a
// request's MAC covers the header that precedes it, a reply set's MAC covers the signed part that
// precedes it. Each is prefixed by a type tag and its length before it is MACed (package
// enclave/counter and enclave/troxy), so that no encoding of one type can pass for another.
//
// Every message starts with its kind (one byte) and the format version (one byte). Kinds of later work
// (state transfer, fast reads) are named in kind.go so that numbers never move.
//
// What enclaves say about views, checkpoints, restarts and foundings is a certificate and the body that its
// digest binds; a decoder checks that binding, a MAC takes an enclave. What enclave and host have to read alike from a set of
// them, so that the host has at hand what its enclave takes over, is read here: Highest, Counted.
//
// Names follow Hybster (EuroSys 2017) and Troxy (DSN 2018): view, order number, PREPARE, COMMIT,
// checkpoint, trusted counter certificate; incarnation vectors follow Michael et al. (DISC 2017); the
// generation and founding digest name one founding of the group (see ARCHITECTURE.md, Restarts).
//
// Imports nothing but canon and the standard library; no clock, randomness, goroutine or I/O.
package wire

// Package sasl is the server's side of the SASL mechanisms that clients log in by, for IMAP and SMTP alike:
// SCRAM-SHA-256 (RFC 5802, RFC 7677), PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login).
//
// An Exchange reads what a client says and has a Checker decide; it holds no password longer than one step.
// Without channel binding: SCRAM-SHA-256-PLUS is not offered, and a client that asks for binding is refused,
// not let in without it.
//
// Invariants: decoders are total and bounded; an exchange ends with its first error; done is returned only after
// the Checker agreed. The challenge for an account that does not exist is like any other.
//
// Trust: linked into the enclave. Imports mail/auth for what a proof is. Nothing here logs.
package sasl

// Package auth checks passwords inside the enclave: verifiers (Argon2id, RFC 9106; SCRAM-SHA-256, RFC 7677; app
// passwords, which are random), the bounds under which they are computed, and the delays that failed logins earn.
//
// An account's verifiers are a versioned list of entries, each with a kind and a label: its password twice, by
// Argon2id and for SCRAM, and one entry for each app password. The list is sealed before it leaves the enclave;
// kinds that this program does not know are kept and never match. All SCRAM keys of an account have one salt,
// so that one challenge fits all its passwords.
//
// Invariants: a check computes one Argon2id of equal cost whether the account exists or not (a dummy
// verifier), or for SCRAM the same number of hashes, compares in constant time, and holds at most Concurrent x MemoryKiB of memory; more callers
// than Waiting are refused at once. Throttle is pure: time is handed in, tables are bounded, delays are
// bounded, and nothing locks anybody out. Passwords appear in no error.
//
// Trust: linked into the enclave. Imports bftcore/wire/canon and golang.org/x/crypto only.
package auth

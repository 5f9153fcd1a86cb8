// Package canon is the one canonical encoding of Troxymail: every message, log record, command and
// boundary frame is written and read with it, so what is signed is the bytes that travel.
//
// Form: fields in a fixed order, integers big endian, byte strings behind a 32-bit length, lists behind
// a 32-bit count, booleans as exactly 0 or 1. There is one encoding of a value and one value of an
// encoding; a decoder must end exactly at the end of its input (Reader.Done).
//
// Invariants: a Reader never panics, never allocates for what a length claims (slices alias the input),
// and keeps its first error, so callers may read a whole structure and check once. The caller owns the
// input and must not change it while anything decoded from it is in use.
//
// Imports nothing but the standard library; no clock, randomness, goroutine or I/O.
package canon

// Package scram is a client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) for tests, written from the RFC alone:
// an error shared with the server could hide a fault.
//
// Imports nothing of this module.
package scram

// Package tidy holds the rules of this source tree and the tests that enforce them: which package may
// import which, what the enclave may link, what pure packages may not touch, and how sources look.
//
// The tables are data, one file a rule: arrows.go (imports within the module), base.go (the trusted side
// and its third-party modules), pure.go (packages without clock, randomness, goroutine or I/O), style.go
// (sources, words, panics). A rule that stands in the way is changed there, with its reason, in the same
// commit as the code that needs it.
//
// Invariants: a package that no table knows fails; no test here depends on the order of a map or on the
// time of day. Imports the standard library only, and no package of this module.
package tidy

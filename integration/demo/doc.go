// Package demo starts and stops the real program, `troxymail demo`, for black-box tests, and speaks to
// its replicas over each kind of connection.
//
// It knows of the program what a user knows: the flags, the file demo.json, what is printed, and signals.
// It imports no other package of this module, so that a test built on it can rely on nothing else.
//
// Invariants: every process started by a test has ended when the test has; two test processes on one
// machine never use the same ports. A failure prints the end of what the program wrote.
package demo

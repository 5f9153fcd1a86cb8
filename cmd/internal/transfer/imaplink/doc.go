// Package imaplink connects to one of several IMAP servers that have the same mailboxes, as the replicas of a
// cluster do, and to the next one when that fails.
//
// Invariants: a password is sent over TLS whose certificate was checked, or to this machine itself; a server
// that is silent for Stall in the middle of a command is given up; a server that says that the password is
// wrong is believed, one that says it cannot now is passed over. Imports nothing else of this module.
package imaplink

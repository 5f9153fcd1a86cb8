// Package adminport is the listener of a replica's enclave at which an administrator changes accounts and
// looks how the replica fares. The protocol is mail/adminapi's.
//
// Invariants: every request is checked against the key that genesis pins, on its own connection, before
// anything of it is decoded or done; where a connection comes from proves nothing. A connection that has
// not shown a valid signature in time is closed, and such connections are few. A wrong signature gets one
// constant answer and ends the connection. Frames are bounded; one request a connection is at work.
// Other protocols that enclaves speak may share the port (Options.Beside): TLS tells them apart before
// anything is said. Nothing that a request names is logged: only which kind of operation, and how it ended.
//
// An enclave that is not ACTIVE answers here too: how it fares, and what founds the group without replicas that are
// gone for good.
//
// Trusted. Must not import bftcore (but wire), mailstore or cmd; enclave only through mail/adminapi and enclave/refound.
package adminport

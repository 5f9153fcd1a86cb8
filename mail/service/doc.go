// Package service is the whole trusted side of one replica, put together: the enclave runtime
// (enclave/replica) on its boundary link, sessions over it, and the protocol servers that clients talk
// to.
//
// Role. cmd/troxymail-enclave and `troxymail demo` both run exactly this; what differs between them is
// only where the link, the listeners and the sealed secrets come from.
//
// Invariants: clients are accepted only once the group has answered this replica, and while its link
// stands; TLS keys and the group's keys never leave this package's callees; nothing here writes to disk.
//
// Trusted. Must not import bftcore (but its vocabulary), mailstore (but command) or cmd.
package service

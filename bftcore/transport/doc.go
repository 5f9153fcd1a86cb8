// Package transport carries frames between the hosts of a cluster: one connection for each pair, many
// frames in one write, a bounded queue for each peer. It knows nothing of what is in a frame.
//
// What it gives: frames from one replica to another arrive in the order sent, unaltered, at most once.
// What it does not give: that they arrive. A frame is dropped when its queue is full (the newest goes,
// what was queued first stays) and lost when a connection breaks under it; ordering retransmits. So a
// slow, stuck or dead peer costs its own frames and the memory of its queue, nothing else: Send never
// waits. What a lying peer sends is the receiver's to judge; enclaves authenticate what matters.
//
// Two forms with the same contract: Mesh in one process, and TLS over TCP. There, both sides show
// certificates whose public keys the configuration pins (nothing else in a certificate counts), TLS is
// 1.3 without session tickets, and a hello binds protocol version, cluster and replica numbers to the
// pinned key before the first frame. The replica with the lower number dials. A connection ends, and is
// counted by cause, when its peer is silent or stalls, sends an over-long frame or what its receiver
// calls garbage (Links.Refuse); the dialling side returns with growing, jittered delays.
//
// On the wire, after the hello, a frame is its length (32 bits, big endian) and its bytes; length 0 is a
// keep-alive. A length is checked before memory is taken for it.
//
// Memory: a queue holds up to QueueBytes, in pieces of 64 KiB, while as much again may be on its way out;
// a reader holds one buffer of 64 KiB and one frame.
//
// Imports the standard library and bftcore/wire/canon; nothing else.
package transport

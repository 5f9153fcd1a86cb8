// Package node is the untrusted host of one replica: the goroutines, the disk and the links around the
// pure ordering core (package bftcore).
//
// Role. Frames come from the own enclave (boundary.Link) and from peers (Links). One goroutine owns the
// core and the host log's appends; one syncs the log; one owns the application (execution, answers); one
// owns bodies on their way; two give and take parts of states. They hand each other work through queues whose bytes are bounded; a source
// that fills its share waits, and only that source.
//
// Invariants, and why:
//   - Records of a Ready are written before any of its messages leave: what a peer may know of this
//     replica survives the end of this process (bftcore/doc.go, duties of the caller).
//   - A result leaves for the enclave only when everything that it shows is synced in the log: so the
//     durable mark that the enclave authenticates is never more than the truth at a correct host.
//   - The application is made durable only below what the log holds durably (Application.SetDurable).
//   - Peers may need the log from where the store of the hindmost is durable, not its log (keeper.go): so a
//     follower that loses its log finds the rest with them.
//   - A checkpoint is told to the core when the store and all large bodies that it names are durable; a state that is
//     taken over replaces the present one between two batches, whole or not at all (checkpoint.go, transfer.go, take.go). So does
//     a copy of the store that retraced the way to a checkpoint, and nothing sees it before (retrace.go).
//   - Any error of the log or the application stops the node: a host that lost a write must not go on.
//
// Untrusted: nothing here is believed by an enclave. Must not import enclave (but boundary, which defines
// the frames), mail or cache.
package node

// Package command is the vocabulary of the replicated mailbox state: the commands that enclaves order,
// what each touches, and the results that replicas vote on, each in its one canonical encoding.
//
// Trust: linked into the enclave and the host alike. Content, addresses, mailbox names, keywords and
// password verifiers appear here only sealed (opaque bytes) or as keyed tokens; UIDs, flags, MODSEQs and
// sizes are in clear, because the state machine works with them.
//
// Commands name immutable mailbox ids. A name is resolved to an id inside the enclave against the
// account's namespace, and the command carries the namespace version that it was resolved against: the
// state machine refuses it with StatusNamespaceChanged when another command came between, and the
// enclave resolves anew. A mailbox id is also its UIDVALIDITY: ids rise and are never used twice in the
// life of a cluster.
//
// Keys (Command.Keys) are a function of the command alone, so that every enclave derives the same; a
// result that touched a key outside that set is not authenticated.
//
// Digests in results are those at the end of the order, whatever the request's place in it, and read-only
// requests of an order see all its writes: a key has one digest per order, and a payload that was read is
// what the digests next to it cover. A mailbox command of a disabled account gets StatusDisabled.
//
// Execution is deterministic: nothing here is a time, a random number or an order of a map that the
// state machine would have to invent. Imports wire, canon and verify only; pure.
package command

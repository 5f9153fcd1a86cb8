// Package handover gives the group's key to an enclave that does not have it: a new one, or one whose sealed
// secrets were lost. Both enclaves prove to each other what they are, or nothing is given.
//
// How. The receiver dials the giver with TLS 1.3; both use certificates for keys drawn for this alone, which
// prove nothing by themselves. On that channel both say a nonce, their replica and the hash of the genesis.
// Then the receiver shows evidence of its platform, the giver checks it, shows its own, which the receiver
// checks, and only then asks for the key. The report data in the evidence (reportData) hashes the role, the
// genesis, the exporter of this TLS connection, both public keys, both nonces and both replicas: evidence of
// another connection, role, group or enclave fits nowhere else, so neither replay nor a man in the middle
// gets anything.
//
// Policy: genuine evidence of the same kind of platform, no debug enclave, and exactly the own measurement:
// the key goes to this very program only. TLS sessions are never resumed, which would skip all that.
//
// What it does not show: which machine the receiver runs on. Whoever has such a platform, this program and
// the genesis can start one more enclave of a replica and have it given the key, inside that enclave. Its
// host learns nothing from that, and clients believe it only with a certificate of the operator's authority;
// but it could certify in that replica's name until incarnations are granted by peers.
//
// Afterwards the receiver has the group's key and a TLS key of its own (genesis.Received), seals both to its
// platform, and needs a certificate from the operator before it can serve.
//
// Trusted. Limits: bounded frames, a bounded number of sessions, one deadline for the whole of a session.
// Imports enclave/{genesis,seal,tee} and the vocabulary; randomness is handed in.
package handover

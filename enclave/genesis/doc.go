// Package genesis is how a group begins and how an enclave gets its secrets at every start.
//
// File is what the operator pins for ever: who the group is, how many replicas it has, where their
// hosts are, and the public keys of those hosts, of the operator's certificate authority and of the
// administrator. Its hash enters every derived
// key and with that every MAC: an edited file gives keys that fit nobody.
//
// Secrets are drawn inside an enclave: the group's key once in the life of a group, and a TLS key for
// each replica. They are kept only as a blob sealed to the platform (enclave/seal, OpenLocal), which the
// host stores. The blob is a cache of keys, never of anything that changes: an old one is as good as a
// new one, so setting it back gains nothing.
//
// Trusted. Imports enclave/seal, enclave/tee and the vocabulary; randomness is handed in; no I/O.
package genesis

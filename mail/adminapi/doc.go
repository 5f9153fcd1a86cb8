// Package adminapi is what an administrator's program and an enclave say to each other: requests,
// responses, and the signature that makes a request the administrator's.
//
// Protocol. The client connects with TLS 1.3 and checks the server's certificate against the group's
// authority. The server sends a Hello with a nonce of its own. The client then sends requests, one after
// the other, each as a Signed frame; the server answers each with a Response. A frame is a 32-bit length
// and that many bytes (ReadFrame, AppendFrame).
//
// Who asks is shown by one thing alone: an Ed25519 signature, by the key that genesis pins, over a tag, the
// hash of the genesis, the server's nonce, the exporter of the TLS connection, the request's number on this
// connection, and its bytes (Context.Sign). So a request is worth nothing on another connection, to another
// enclave, twice, or altered; being on loopback or coming from the host is no identity. The host sees
// ciphertext: passwords travel inside TLS to the enclave.
//
// An order to found the group without some replicas (OpOrder) has a signature of its own besides, which the enclave's
// counter checks: package refound.
//
// Pure: no clock, randomness, goroutine or socket. Decoders are total and bounded. Imports enclave/boundary
// (what a host says of itself), enclave/refound and the vocabulary.
package adminapi

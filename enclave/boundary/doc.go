// Package boundary is the one door between a replica's two wings: every byte that passes between the
// trusted enclave and its untrusted host is one of the frames defined here.
//
// host.go lists what a host may say to its enclave, enclave.go what an enclave says to its host. Frames
// travel in batches over a Link: in one process over Pipe, between processes over one connection. Either
// way the same bytes pass, so that what is tested in one process is what runs in two.
//
// Trust: for the enclave every frame from the host is hostile. A frame is bounded by MaxFrameBytes, is
// handed over as memory that the host cannot change afterwards (Link.Recv: copied once), and is decoded
// by total decoders with named limits; every number in it is a claim that the enclave checks against
// what it knows itself (certificates, MACs, votes) and never uses as an index or a length. An answer that
// nobody asked for is dropped. For the host every frame of the enclave is trusted input but is decoded
// just as strictly.
//
// What never crosses towards the host: plaintext of mail, addresses, mailbox names, keywords, passwords
// or keys. A test taps the Link and searches for them.
//
// Imports wire and canon only; the Pipe is the one place here with goroutine synchronisation.
package boundary

// Package enrol is what an enclave does before it can serve: it opens its platform, seals and opens its
// secrets in its data folder, asks for a certificate and takes one in.
//
// The data folder is the host's disk to an enclave: what lies there is sealed (secrets.sealed) or public
// (request.pem, server.pem), and an old copy of it is as good as the newest. A simulated platform keeps
// its fuse key there too (simulated-platform/), which is one of the reasons why it protects nothing.
//
// Linked into the enclave binary by its composition root: must import nothing of ours but enclave/...,
// cmd/internal/config and the vocabulary.
package enrol

// Package canary searches for strings that must not be readable: marked mail, addresses, mailbox names,
// keywords and passwords, in everything that the untrusted side of a replica can see.
//
// A canary is a string that occurs nowhere else. Needles are the forms in which it could leak: raw in
// either case, base64 at each alignment, quoted-printable, hexadecimal, percent-encoded, UTF-16, modified
// UTF-7, escaped as in JSON or Go; each also across line breaks and inside zlib and gzip streams. What is
// searched: files, logs, and captured frames of the boundary (Frames).
//
// Invariant: the tests plant every form and find it, so that an empty result means something. Imports
// integration/demo in its tests and no other package of this module.
package canary

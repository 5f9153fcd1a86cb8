// Package message reads mail: RFC 5322 headers and MIME structure, as IMAP shows them.
//
// A message is read once, at delivery. Scan finds its parts and where their bytes lie; NewSummary makes
// the bounded record from which later FETCH and SEARCH commands are answered; the message itself is
// kept byte for byte and never written anew. Sections of a body are answered as byte ranges of the
// message, so that a caller opens no more of it than was asked for.
//
// Trust: linked into the enclave. Messages are written by strangers and summaries were in the hands of
// a host (sealed, but decoded here), so every reader is total: it never panics, never refuses a message
// for odd MIME, and needs time and memory linear in the size of its input. What goes beyond a Budget is
// not looked into: it appears as one opaque part (application/octet-stream), or not at all, and
// Structure.Simplified says so. The same bytes and the same budget give the same structure everywhere.
//
// Invariants of a Structure: parts stand in pre-order, parents before children; for every part
// 0 <= HeaderStart <= HeaderEnd <= BodyStart <= BodyEnd <= len(message); the whole of a child lies in
// the body of its parent; siblings do not overlap and keep their order; every multipart and every
// message/rfc822 part has at least one child, as the IMAP grammar demands.
//
// Charsets known here: US-ASCII, UTF-8, ISO-8859-1, ISO-8859-15, Windows-1252. Text in others is read
// as ISO-8859-1, so a search finds its ASCII part only.
//
// Pure: no clock, randomness, goroutine, lock or I/O. Imports the standard library, bftcore/wire/canon
// and the vocabulary types of github.com/emersion/go-imap/v2; never imapserver, enclave or mailstore.
package message

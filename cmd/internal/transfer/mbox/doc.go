// Package mbox reads mbox files, and trees of them as Thunderbird, Apple Mail and others keep, as a stream:
// of a file of any size it holds one message. It writes them too.
//
// A message begins at a line "From " that stands at the start or behind an empty line and has a time and a
// year in it (RFC 4155, appendix A, and what programs make of it); so a sentence that begins with "From "
// begins no message. Quoting: of a line with ">" before "From " one ">" is taken off (mboxrd; also right
// for what mboxo quoted), or only where there is exactly one (mboxo), or none (none: mboxcl2).
//
// The header fields Status, X-Status, X-Keywords and X-Mozilla-Status, -Status2 and -Keys belong to the file
// and not to the message: they become flags and are taken off; writing adds the first three. Messages that
// Thunderbird marked as deleted, and will drop when it compacts the file, are passed over.
//
// Invariants: memory is bounded by the limit that the reader of a message names and one line's buffer; what
// was read is the same again after writing in mboxrd, but for line ends, that a last line always ends, and
// those fields. Imports only package transfer of this module.
package mbox

// Package maildir reads trees of maildirs, as Dovecot, Courier, mbsync, offlineimap, mutt and getmail leave
// them, and writes Maildir++ trees.
//
// Reading: a folder is a directory with cur and new. Below the root, ".A.B" is the folder A/B (Maildir++,
// in modified UTF-7 or plain UTF-8) and so is "A/B" (one directory a level). Flags are those of the file
// name's info; letters a to z are keywords, named by a dovecot-keywords file. A message's date is its
// file's, as Dovecot keeps it. Deliveries that have not ended (tmp) are no messages.
//
// Writing: a message is a file named for its UIDVALIDITY and UID, complete and synced before it gets that
// name, so that a run that was killed is continued by looking which names are there.
//
// Invariants: what is read is only read; a message's key is the part of its name that never changes; a
// file over the limit is not read. Imports only package transfer of this module.
package maildir

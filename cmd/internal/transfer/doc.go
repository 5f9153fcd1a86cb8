// Package transfer is what import and export speak of: folders and letters, where they come from and where
// they go, and how their names, flags, dates and line ends are changed on the way.
//
// The packages below it: maildir and mbox are formats on disk; imaplink is a connection to one of several
// IMAP servers, the next when one fails; remote reads mailboxes over it; importer files letters into an
// account, exporter writes an account's letters to disk.
//
// Invariants: a letter's body has CRLF line ends and is whole, or the letter says why it is not; nothing
// here is larger than a limit that its reader names. It imports nothing else of this module.
package transfer

// Package remote reads the mailboxes of an IMAP account, as a source for import and for export.
//
// Mailboxes are opened read-only (EXAMINE) and bodies read by BODY.PEEK, so that reading changes nothing. When
// a server fails, the next one is asked, for what has not come yet; it is an error when the mailbox is
// another one there (UIDVALIDITY).
//
// Invariants: a server's announcements are not believed: memory is bounded by batchBytes and the limit of one
// letter. A letter's key is made of UIDVALIDITY and UID, so that it names this message and no other, ever.
// Imports packages transfer and imaplink of this module.
package remote

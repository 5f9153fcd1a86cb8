// Package importer files the letters of a source into an account, each once.
//
// What is there already is found by content: a letter of the source is the same as one of the mailbox when
// their bytes are (SHA-256), whatever their flags. Bodies of the mailbox are read only where the size is one
// that the source has too. A letter that the source has twice is filed twice, and each of those is matched
// once when the import is run again.
//
// The journal makes that fast: it remembers what was filed under which UID, so that neither side is read
// again. It also remembers what the user deleted or moved since, which is not filed again. Its lines count
// only for the mailbox's UIDVALIDITY, and where they cannot be true they are passed over; without it, all is
// compared.
//
// A connection that breaks leaves open whether its last letter was stored. Before that letter is sent again,
// through another replica, the mailbox is searched for it. What remains is a request that the broken
// replica's enclave had sent and that is ordered only after that search: then the letter is stored twice. The
// next run is no different from the search: a letter that is ordered later than its look is filed twice.
//
// Invariants: at most connections x the server's APPENDLIMIT, and budgetBytes of letters that wait, are held
// in memory; a letter is in the journal only when the server said that it is stored. Imports packages
// transfer and imaplink of this module.
package importer

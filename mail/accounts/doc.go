// Package accounts holds the rules of an account on the cluster: what its address may be, how its records
// are sealed (Vault), and what administrators do (Admin: create, password, enable, remove, list).
//
// Conventions, in one place because whoever seals and whoever opens must agree:
//   - An account is known to hosts by seal.AccountToken of its normalised address.
//   - Its key is random, wrapped in epoch KeyEpoch; the command that creates the account carries it.
//   - The token of a mailbox name depends on the component alone (parent 0 in seal.MailboxToken): parents
//     made by the same command have no id yet, and a placeholder that becomes a mailbox again gets a new
//     id while its children stay. So a host can tell that two parents of one account have children of the
//     same name; in exchange the state machine itself refuses two siblings of one name.
//   - Names and keywords are sealed with their token as context: neither can stand in for another.
//   - Record ids are random and travel in the record's header.
//
// Trust: linked into the enclave. Imports enclave/seal, mail/auth and the vocabulary; no clock; randomness
// is passed in. Errors contain no password and no key; addresses only in what administrators get back.
package accounts

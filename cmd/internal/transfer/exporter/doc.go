// Package exporter writes an account's letters to a folder on disk, as maildirs or mbox files.
//
// The folder is empty at first, or one that an earlier export of the same account and format began: a file in
// it says so. What is there already is not read again, and gets the flags of now. Letters and mailboxes that
// the account has no more stay in the folder: it is a copy and no mirror.
//
// Invariants: nothing on disk has its name before it is whole and synced; the account is only read. Imports
// package transfer of this module.
package exporter

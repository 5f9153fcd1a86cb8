// Package mailtree finds things in a mailbox of which only parts are known: a message by UID or by number, the first
// unseen one, those of a range, those that changed since a MODSEQ.
//
// A Tree is one state of a mailbox, named by the root of its tree of messages (command.MailboxState.Messages), and holds
// next to nothing. What is known of it lies by digest in a cache that all sessions of the enclave share: nodes of the tree,
// each with what is below its children (verify.Tally), blocks of messages as they are digested, and pages, the flags,
// MODSEQs, keywords and sizes of all messages below a node of level 0 in a few bytes each. What has a digest never
// changes: so sessions of one mailbox share everything, two states of a mailbox share what is equal in them, and the
// cache may drop anything at any time.
//
// Who asks for what is not known gets a *Missing, which names what to read from a host (command.MailboxRead). Take
// checks the answer, part by part from the root down, and what does not fit its digest is not taken. So a lookup is a
// loop: ask, read what is missing, ask again. An answer holds all nodes on the way to what was asked for, and a Tree
// keeps the last ones aside, so that the loop ends also when the cache keeps nothing.
//
// Trusted and pure: no clock, randomness, goroutine, lock or I/O; one owner a Tree. Answers come from liars: Take is
// total, and bounded by what one result may hold. Imports wire, canon, verify and command.
package mailtree

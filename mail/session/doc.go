// Package session is what IMAP means on the cluster: names, views of mailboxes, flags, messages, searches.
// It knows nothing of the protocol engine above it and uses only the vocabulary types of go-imap (package
// imap); errors that a client shall see are *imap.Error, with texts that name nothing of the inside.
//
// Reads. A session's view of its selected mailbox is the digest of a state, and how what the client was told differs from
// that state: how many messages it knows, which of them are gone, which changed (view.go). The messages themselves are
// found in parts, by digest, in a cache that all sessions share (cache/mailtree, lookup.go, messages.go); what is not
// there is read from the own host, a page of messages at a time. So a mailbox of any size opens at once, and an idle
// session holds next to nothing. Before FETCH and SEARCH, after STORE, and at Poll and Idle the view is brought up to
// date (refresh.go), so that sessions at different replicas see each other's changes at once: by a validation that nothing
// changed, else by the parts that did, else by an ordered read. What a host says counts only as far as it leads to a digest
// that was validated or voted: messages by the tree below it, expunges by their chain, keywords by theirs (parts.go).
// Opened content is immutable and comes from the cache by digest, but only within a command that read the view first.
// What is shown is durable, because outcomes of the cluster are.
//
// A view may go on in the middle of a command: when more of its state has to be read and the host has a newer one only.
// What a command shows is of one moment nevertheless: SEARCH looks again at what changed since it began (moment.go), news are
// told again until nothing moved meanwhile (Session.tell), SELECT begins anew (introduce). Sequence numbers stay what the
// client knows, and sets of UIDs what it named (chunks). lookup ends, however the mailbox goes on (maxMoved).
//
// Telling. The client's sequence numbers change only when it is told so. Messages that are gone keep their
// number until an EXPUNGE is told, which FETCH, STORE and SEARCH must not do (RFC 3501, 7.4.1); meanwhile
// FETCH serves what is at hand still and then answers NO [EXPUNGEISSUED]. New messages come with EXISTS.
// \Recent is not kept: a client may see it never (RFC 9051 dropped it).
//
// Names. Delimiter "/". A first component that is "inbox" in any case is INBOX, so that there is no second
// tree beside it. Names are resolved in the enclave against a copy of the namespace whose version the
// command carries; the state machine refuses another version and the name is resolved anew. A name that
// the copy does not have is looked for in a fresh one before the client hears that it does not exist.
//
// Writes. One at a time. A write without an answer (no quorum, or the caller gave up) leaves its outcome
// unknown, and the client hears that. APPEND commutes with what may follow; after any other unanswered write
// the next one ends the session with BYE, because it could be ordered before the first: a client that
// connects anew sees what happened.
//
// Accounts. The account's version is read anew at most every AccountCheck and after every hint; a changed
// password, a disabled or removed account ends the session with BYE.
//
// Trust: linked into the enclave. Imports enclave/seal, cache/content, cache/mailtree, mail/* and the vocabulary, never
// imapserver, bftcore's core or mailstore's state. Nothing here logs content, names or addresses.
package session

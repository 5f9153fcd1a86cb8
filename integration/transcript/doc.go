// Package transcript checks what IMAP servers said to clients, line by line, against what a client may count on
// whatever happens to the servers: a pure function of recorded sessions.
//
// Check looks at one session after the other (rules.go, view.go):
//   - EXISTS never shrinks the mailbox; EXPUNGE and VANISHED do (RFC 3501, 7.3.1, 7.4.1; RFC 7162, 3.2.10);
//   - neither comes during FETCH, STORE and SEARCH without UID, nor while no command is in progress;
//   - sequence numbers name messages that the client was told of;
//   - UIDs ascend with the numbers and are not used again, new ones are at least the UIDNEXT that was told;
//   - MODSEQs of a message and of the mailbox never fall (RFC 7162, 3.1).
//
// And at all sessions together, for mailboxes that one of them made, if they are all that ever used them (news.go):
//   - after NOOP or CHECK a session knows of what others had been told OK for before it began: messages that came,
//     messages that went, flags;
//   - UIDs of APPENDs that follow each other ascend, and STATUS and SELECT know them;
//   - the same MODSEQ of a message means the same flags.
//
// A command whose outcome the client did not hear may have happened at any time after it was sent, or not at all.
// Times are any clock that all sessions share. What a session sends is noted before it is sent, what it gets after it
// was read, so that "before" is never claimed wrongly.
//
// Pure: no I/O, clock or goroutine. What it does not know (ESEARCH by number, NOTIFY) it does not judge.
package transcript

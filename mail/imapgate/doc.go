// Package imapgate serves IMAP4rev1 (RFC 3501 and the extensions in afterLogin) to mail clients
// inside the enclave: it ends TLS, frames and bounds what clients send, and joins the protocol engine,
// go-imap's imapserver, to mail/session.
//
// The engine is kept at arm's length, because some input makes it lose its place in the stream and run
// a client's data as commands. A guard stands before it, one a connection, and does alone:
//
//   - the connection: TLS, STARTTLS, deadlines that follow progress, caps, BYE at shutdown;
//   - all that happens before login: no byte of a client that has not logged in reaches the engine;
//   - framing: lines, quoted strings, literals and their continuation requests;
//   - the commands that are a conversation or need no parsing: CAPABILITY, NOOP, CHECK, ID, ENABLE,
//     LOGOUT, STARTTLS, LOGIN, AUTHENTICATE, IDLE and DONE;
//   - the message of an APPEND, which the session reads from the guard and not through the engine.
//
// Invariants:
//
//   - The engine gets one command at a time, whole, known, allowed in the connection's state, on one
//     line: no CR, LF or NUL before its end, and no literal, because the guard turns literals into
//     quoted strings. (APPEND alone is followed by the empty literal {0+} in place of its message.)
//     If the engine asks for more than that line before it has answered, the connection is closed.
//   - The last bytes of an APPEND's message are handed on only when the command's line end was seen; so a
//     cut connection, or a second message in the command, never looks like a whole message.
//   - The guard closes the connection when it cannot know where the client's next command begins.
//   - Before login a connection holds at most one command of preAuthTotalBytes, a reader of
//     readBufferBytes and the state of its TLS connection.
//
// One goroutine at a time works for a connection: serve until login, then the engine's, which runs the
// guard whenever it reads. During IDLE a second one runs the session's Idle; it is joined before the
// next command. Each has a recover: a panic ends its connection, is counted, and is logged without
// content.
//
// It must not import anything untrusted: no ordering core, no store, no transport.
package imapgate

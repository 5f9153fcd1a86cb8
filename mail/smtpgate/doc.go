// Package smtpgate serves SMTP: submission for accounts and intake for mail from elsewhere. It is go-smtp's
// server behind a guard that passes it one whole, checked command at a time and mends what a server that is
// open to everybody needs.
//
// What the guard does itself, so that go-smtp never sees it: framing of lines (CRLF only, bounded), the state
// table (table.go), STARTTLS, the syntax of paths and parameters, the whole text of a message (DATA and BDAT,
// text.go), and deadlines that follow progress. go-smtp keeps the greeting's capabilities, the dialogue of
// AUTH, and the commands' dispatch. Messages end at CRLF . CRLF alone; a message with a CR or LF that stands by
// itself, or a NUL, is read to its end and refused, so that no spelling makes two messages of one.
//
// Invariants: "250" after a message is sent only when it is durable at f+1 replicas for all of its
// recipients. Every reply's text is written here or in a table here: nothing of the inside or of other clients
// reaches a peer. A panic ends its connection, never the process. Before login a connection holds less than
// 64 KiB beside the text of a message, and all texts that are being received share one budget.
//
// Two modes. Submission needs TLS (or loopback, in a demo) and AUTH; the reverse path and the From field must
// be the account's own. Intake takes mail for accounts from anybody, and relays nothing.
//
// Trust: linked into the enclave. Imports mail/{delivery,session,sasl,limit} and go-smtp.
package smtpgate

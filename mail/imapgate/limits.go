package imapgate

import (
	"time"

	"troxymail/mail/limit"
)

// Sizes of what a client may send. Bytes, unless the name says otherwise.
const (
	// preAuthLineBytes bounds the lines of a command before login, without literals.
	preAuthLineBytes = 4 << 10
	// authLineBytes bounds an AUTHENTICATE line and the answer to its continuation request: RFC 4954
	// section 4.3 asks for 12288 octets of base64.
	authLineBytes = 16 << 10
	// preAuthTotalBytes bounds one command before login, literals included.
	preAuthTotalBytes = authLineBytes
	// preAuthLiteralBytes bounds all literals of a LOGIN together.
	preAuthLiteralBytes = 4 << 10
	preAuthLiterals     = 2 // user name and password

	// commandBytes bounds one command, literals included but for an APPEND's message. imapserver
	// loses its place in a command of more than 50 KiB.
	commandBytes = 48 << 10
	// literalBytes bounds one literal that is not a message (a mailbox name, a text to search for).
	literalBytes = 16 << 10
	literalCount = 32
	// nonSyncLiteralBytes bounds a non-synchronising literal (RFC 7888 section 5, LITERAL-).
	nonSyncLiteralBytes = 4096

	tagBytes    = 128
	parenDepth  = 32  // nested lists in a command
	searchJoins = 256 // NOT and OR keys of a SEARCH: the engine recurses for each
	idleBytes   = 512 // the line that ends IDLE
	tailRounds  = 8   // literals after an APPEND's message that are skipped before the guard gives up
)

// Counts of what a client may do.
const (
	preAuthCommands = 50 // commands before login
	failedLogins    = 5  // refused passwords of one connection
	badCommands     = 20 // BAD answers in a row
)

// idleNews is how long the answer to IDLE waits for what changed before it.
const idleNews = 200 * time.Millisecond

// What is still read, and for how long, from a client that was refused.
const (
	lingerBytes = 256 << 10
	lingerTime  = time.Second
)

// Sizes of buffers, bytes.
const (
	readBufferBytes = 4 << 10
	// flushBytes of answers are gathered before they are written, unless the guard waits for input.
	flushBytes = 16 << 10
	// writeChunkBytes must leave within Limits.WriteStall.
	writeChunkBytes = 16 << 10
)

// Limits are times and counts an operator may change. Zero fields mean DefaultLimits.
type Limits struct {
	Handshake  time.Duration // a TLS handshake
	PreAuth    time.Duration // from accept to login, in total
	Idle       time.Duration // waiting for a command, or for DONE
	ReadStall  time.Duration // since the last byte, inside a command or a literal
	WriteStall time.Duration // for each writeChunkBytes
	Caps       limit.Caps    // used when Options.Conns is nil
}

// DefaultLimits: RFC 3501 section 5.4 wants at least 30 minutes before an idle client is logged out.
func DefaultLimits() Limits {
	return Limits{
		Handshake:  10 * time.Second,
		PreAuth:    60 * time.Second,
		Idle:       35 * time.Minute,
		ReadStall:  60 * time.Second,
		WriteStall: 60 * time.Second,
		Caps:       limit.DefaultCaps(),
	}
}

// orDefaults fills the zero fields.
func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ have, def *time.Duration }{
		{&l.Handshake, &d.Handshake},
		{&l.PreAuth, &d.PreAuth},
		{&l.Idle, &d.Idle},
		{&l.ReadStall, &d.ReadStall},
		{&l.WriteStall, &d.WriteStall},
	} {
		if *f.have <= 0 {
			*f.have = *f.def
		}
	}
	return l
}

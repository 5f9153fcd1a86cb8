package session

import (
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Updates is where a session tells its client what changed in the selected mailbox: untagged responses.
// Calls come from the goroutine that called the session's method. An error of a call is fatal for the
// method, which returns it as it is; what was told before it counts as told.
type Updates interface {
	// Expunge tells that the message with that sequence number is gone; those after it move down by one.
	Expunge(seq uint32) error
	// Exists tells the number of messages. It never falls but through Expunge.
	Exists(n uint32) error
	// Flags tells all flags of a message.
	Flags(seq uint32, uid imap.UID, flags []imap.Flag) error
	// MailboxFlags tells the flags that are in use in the mailbox, after a new keyword came.
	MailboxFlags(flags []imap.Flag) error
}

// MessageWriter takes one message's FETCH response, item by item. Slices and structures passed to it are
// read-only and may be shared; they are valid until Close. It is closed exactly once, also after an error.
type MessageWriter interface {
	UID(uid imap.UID)
	Flags(flags []imap.Flag)
	Size(size int64)
	InternalDate(t time.Time)
	Envelope(e *imap.Envelope)
	// BodyStructure takes the structure; extended data is there when it was asked for.
	BodyStructure(b imap.BodyStructure)
	// BodySection starts a section of exactly size bytes; the session writes them and closes it.
	BodySection(item *imap.FetchItemBodySection, size int64) io.WriteCloser
	// BinarySection starts a decoded section of exactly size bytes; the session writes them and closes it.
	BinarySection(item *imap.FetchItemBinarySection, size int64) io.WriteCloser
	BinarySectionSize(item *imap.FetchItemBinarySectionSize, size uint32)
	Close() error
}

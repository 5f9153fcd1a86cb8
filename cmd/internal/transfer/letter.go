package transfer

import (
	"context"
	"errors"
	"time"

	"github.com/emersion/go-imap/v2"
)

// ErrTooBig is a letter's error when it is larger than what its reader wanted.
var ErrTooBig = errors.New("it is larger than the server takes")

// Folder is a mailbox of a source.
type Folder struct {
	ID       string           // what the source finds it by; one of its own
	Name     string           // components in UTF-8, joined by "/"
	Use      imap.MailboxAttr // its special use, as \Sent; or empty
	Messages int              // as far as it is known without reading; else 0
	Bytes    int64            // of all its messages, for showing progress; 0 when unknown
}

// Letter is a message on its way.
type Letter struct {
	Key   string      // what its source calls it for good; empty when the source has no such names
	Where string      // how a person finds it in the source
	Bytes int64       // how much of the source it is, for showing progress
	Flags []imap.Flag // system flags and keywords, valid and each once
	Date  time.Time   // when it was received (INTERNALDATE); zero when unknown
	Body  []byte      // with CRLF line ends
	Err   error       // why there is no body, or nil
}

// Reading says what to read of a folder.
type Reading struct {
	Limit int64 // bytes; larger letters come with ErrTooBig
	// Skip reports whether the letter of that key and size is not wanted; asked before it is read.
	Skip func(key string, bytes int64) bool
	// Yield takes each letter; its error ends the reading and is returned.
	Yield func(Letter) error
}

// Source is where letters are imported from. Used by one goroutine.
type Source interface {
	// Folders lists the folders in the order in which they are to be read.
	Folders(ctx context.Context) ([]Folder, error)
	// Keys returns the keys of a folder's letters as they are now; nil when the source has none.
	Keys(ctx context.Context, f Folder) ([]string, error)
	// Read yields the letters of a folder, one at a time. A letter that cannot be read is yielded with its
	// error; an error of Read means that the folder could not be read on.
	Read(ctx context.Context, f Folder, r Reading) error
}

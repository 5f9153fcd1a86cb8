package transfer

import (
	"os"
	"path/filepath"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Item is a letter as a mailbox lists it.
type Item struct {
	Key   string // its own for good, also among those of mailboxes that had the same name
	Flags []imap.Flag
	Date  time.Time
	Bytes int64
}

// Sink is where letters are exported to. Used by one goroutine.
type Sink interface {
	// Open begins a mailbox, which holds these letters now.
	Open(mailbox string, all []Item) (Shelf, error)
}

// Shelf is a mailbox being exported. Close or Abort ends it.
type Shelf interface {
	// Has reports whether a letter is there already, and gives it the flags of now.
	Has(i Item) (bool, error)
	// Put files a letter, whole or not at all.
	Put(l Letter) error
	// Close ends a mailbox of which all letters were put; they are durable then.
	Close() error
	// Abort ends it before; what was put and can be kept is kept for the next run.
	Abort()
}

// ReplaceFile writes a file of which others see the old or the new content, also after a power loss.
func ReplaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".troxymail-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}

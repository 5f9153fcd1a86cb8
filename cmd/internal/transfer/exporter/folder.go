package exporter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"troxymail/cmd/internal/transfer"
)

const (
	// markFile says whose export a folder is.
	markFile   = "troxymail-export.json"
	markFormat = 1
)

// Errors of a folder.
var (
	// ErrFolder is wrapped when a folder holds something else.
	ErrFolder = errors.New("the folder cannot be exported to")
	// ErrRunning is returned when another process exports to it.
	ErrRunning = errors.New("another export to the folder is running")
)

// mark is what markFile holds.
type mark struct {
	Version int               `json:"troxymail_export"`
	Format  string            `json:"format"`
	Account string            `json:"account"`
	Written map[string]string `json:"written,omitempty"` // mailboxes that are whole, see mbox.Done
}

// Folder is where an export goes. Used by one goroutine; Close when done.
type Folder struct {
	Path string
	mark mark
	lock *os.File
}

// OpenFolder makes or opens a folder. Errors: ErrFolder, ErrRunning.
func OpenFolder(path, format, account string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	lock, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("%w: %s", ErrRunning, path)
	}
	f := &Folder{Path: path, mark: mark{Version: markFormat, Format: format, Account: account, Written: map[string]string{}}, lock: lock}
	if err := f.load(); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("%w: %s: %w", ErrFolder, path, err)
	}
	return f, nil
}

func (f *Folder) load() error {
	text, err := os.ReadFile(filepath.Join(f.Path, markFile))
	if errors.Is(err, fs.ErrNotExist) {
		entries, err := os.ReadDir(f.Path)
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			return fmt.Errorf("it is not empty and no export (%s is missing): name another", markFile)
		}
		return f.save()
	}
	if err != nil {
		return err
	}
	var m mark
	if err := json.Unmarshal(text, &m); err != nil || m.Version != markFormat {
		return fmt.Errorf("%s is damaged or of another version: name another folder", markFile)
	}
	if m.Format != f.mark.Format || m.Account != f.mark.Account {
		return fmt.Errorf("it holds %s of %s: name another folder", m.Format, m.Account)
	}
	if m.Written != nil {
		f.mark.Written = m.Written
	}
	return nil
}

func (f *Folder) save() error {
	text, err := json.MarshalIndent(&f.mark, "", "  ")
	if err != nil {
		return err
	}
	return transfer.ReplaceFile(filepath.Join(f.Path, markFile), append(text, '\n'))
}

// Written returns what SetWritten noted of a mailbox, or "".
func (f *Folder) Written(mailbox string) string { return f.mark.Written[mailbox] }

// SetWritten notes that a mailbox is whole, durably.
func (f *Folder) SetWritten(mailbox, digest string) error {
	f.mark.Written[mailbox] = digest
	return f.save()
}

// Close lets others export to the folder.
func (f *Folder) Close() error { return f.lock.Close() }

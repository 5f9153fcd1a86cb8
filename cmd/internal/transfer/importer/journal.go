package importer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// journalFormat is the first line's format; a file of another is refused.
const journalFormat = "troxymail import journal 1"

// maxJournalLine bounds a line, in bytes: a mailbox's and a folder's name, a file's name, and numbers.
const maxJournalLine = 32 << 10

// Errors of a journal.
var (
	// ErrJournal is wrapped when a file is no journal of this import.
	ErrJournal = errors.New("the journal cannot be used")
	// ErrRunning is returned when another process has the journal open.
	ErrRunning = errors.New("the same import is running already")
)

// digest is a letter's content.
type digest [sha256.Size]byte

// entry is a letter that was filed, or found to be there. Its JSON is a line of the journal.
type entry struct {
	Mailbox  string `json:"mailbox"`
	Validity uint32 `json:"uidvalidity"`
	UID      uint32 `json:"uid"`
	Size     int64  `json:"size"`
	Digest   string `json:"sha256"`
	Folder   string `json:"folder,omitempty"` // of the source
	Key      string `json:"key,omitempty"`    // in that folder
}

func (e *entry) digest() (d digest, ok bool) {
	b, err := hex.DecodeString(e.Digest)
	if err != nil || len(b) != len(d) {
		return d, false
	}
	return digest(b), true
}

// heading is the first line.
type heading struct {
	Format  string `json:"format"`
	Account string `json:"account"`
	Source  string `json:"source"`
}

// Journal is the memory of an import. Safe for concurrent use, but for entries.
type Journal struct {
	path    string
	mu      sync.Mutex
	file    *os.File
	entries map[string][]entry // by mailbox, as they were when it was opened
}

// OpenJournal opens or makes the journal of an import. Errors: ErrJournal, ErrRunning.
func OpenJournal(path, account, source string) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	j := &Journal{path: path, file: f, entries: map[string][]entry{}}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w (%s is locked): wait until it ends", ErrRunning, path)
	}
	if err := j.load(heading{journalFormat, account, source}); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%w: %s: %w", ErrJournal, path, err)
	}
	return j, nil
}

// load reads the file and goes to its end; what a kill left of a line is cut off.
func (j *Journal) load(want heading) error {
	r := bufio.NewReaderSize(j.file, maxJournalLine)
	var good int64
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("at byte %d: %w", good, err)
		}
		good += int64(len(line))
		if first {
			var h heading
			if json.Unmarshal(line, &h) != nil || h != want {
				return fmt.Errorf("it is of another import (%.200s): name another with --journal, or remove it", bytes.TrimSpace(line))
			}
			continue
		}
		var e entry
		if json.Unmarshal(line, &e) == nil { // a damaged line means that its letter is compared
			j.entries[e.Mailbox] = append(j.entries[e.Mailbox], e)
		}
	}
	if err := j.file.Truncate(good); err != nil {
		return err
	}
	if _, err := j.file.Seek(good, io.SeekStart); err != nil {
		return err
	}
	if good > 0 {
		return nil
	}
	return j.write(want)
}

// add appends an entry. It is not synced: what a power loss takes is compared in the next run.
func (j *Journal) add(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.write(e)
}

func (j *Journal) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(line, '\n'))
	return err
}

// Path says where it is.
func (j *Journal) Path() string { return j.path }

// Close ends the use of the file.
func (j *Journal) Close() error { return j.file.Close() }

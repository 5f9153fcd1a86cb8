package ledger

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// Kind is what a client asked for.
type Kind string

// The kinds of commands in a ledger.
const (
	Append  Kind = "append"
	Flag    Kind = "flag" // add \Flagged
	Expunge Kind = "expunge"
	Submit  Kind = "submit" // send by SMTP, to INBOX
)

// Line is one entry of the file: an intent, or with Ack the server's OK to the intent with that ID.
type Line struct {
	ID       string `json:"id"` // of the command
	Ack      bool   `json:"ack,omitempty"`
	Kind     Kind   `json:"kind,omitempty"`
	Mailbox  string `json:"mailbox,omitempty"`
	Message  string `json:"message,omitempty"`  // the message's own id, as its header names it
	SHA256   string `json:"sha256,omitempty"`   // of the bytes, hexadecimal: intents of Append and Submit
	UID      uint32 `json:"uid,omitempty"`      // acks of Append
	Validity uint32 `json:"validity,omitempty"` // UIDVALIDITY: acks of Append
	Replica  int    `json:"replica"`
}

// File is a ledger on disk. Safe for concurrent use.
type File struct {
	mu    sync.Mutex
	file  *os.File
	lines []Line
}

// Create makes an empty ledger.
func Create(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return &File{file: f}, nil
}

// Write adds a line and returns when it is on disk.
func (l *File) Write(line Line) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(text, '\n')); err != nil {
		return err
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	l.lines = append(l.lines, line)
	return nil
}

// Acks returns how many commands were acknowledged so far.
func (l *File) Acks() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.lines {
		if line.Ack {
			n++
		}
	}
	return n
}

// Mark is a moment in a ledger, for AcksAfter.
func (l *File) Mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

// AcksAfter returns how many commands were acknowledged that were sent after a mark.
func (l *File) AcksAfter(mark int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent, n := map[string]bool{}, 0
	for _, line := range l.lines[mark:] {
		switch {
		case !line.Ack:
			sent[line.ID] = true
		case sent[line.ID]:
			n++
		}
	}
	return n
}

// Lines reads the file from disk, from its start.
func (l *File) Lines() ([]Line, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := os.Open(l.file.Name())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []Line
	in := bufio.NewScanner(f)
	for in.Scan() {
		var line Line
		if err := json.Unmarshal(in.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("ledger: line %d: %w", len(lines)+1, err)
		}
		lines = append(lines, line)
	}
	return lines, in.Err()
}

// Close closes the file.
func (l *File) Close() error { return l.file.Close() }

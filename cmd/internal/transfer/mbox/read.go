package mbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"troxymail/cmd/internal/transfer"
)

// Files is an mbox file, or a tree of them, as a source. Used by one goroutine.
type Files struct {
	// Quoting is how the files are quoted; RD unless set.
	Quoting Quoting
	// Name is the mailbox of a single file; its own name without .mbox unless set.
	Name string
	// Notice, which may be nil, hears of files in a tree that are no mboxes.
	Notice func(string)
	root   string
	single bool
}

// Open opens a file or a tree.
func Open(path string) (*Files, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &Files{Quoting: RD, Notice: func(string) {}, root: path, single: !info.IsDir()}, nil
}

// Folders lists the file, or the mbox files of the tree.
func (s *Files) Folders(ctx context.Context) ([]transfer.Folder, error) {
	if s.single {
		if err := probe(s.root); err != nil {
			return nil, fmt.Errorf("%s: %w", s.root, err)
		}
		name := s.Name
		if name == "" {
			name = transfer.JoinName([]string{strip(filepath.Base(s.root))})
		}
		return []transfer.Folder{folder(s.root, name)}, nil
	}
	var found []transfer.Folder
	err := filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && path != s.root {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || strings.HasSuffix(d.Name(), ".msf") || strings.HasSuffix(d.Name(), ".json") {
			return nil // indexes of Thunderbird and what an export notes lie beside the mboxes
		}
		if err := probe(path); err != nil {
			s.Notice(fmt.Sprintf("%s is left out: %v", path, err))
			return nil
		}
		found = append(found, folder(path, s.name(path)))
		return nil
	})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s holds no mbox file", s.root)
	}
	return found, err
}

func folder(path, name string) transfer.Folder {
	f := transfer.Folder{ID: path, Name: name, Use: transfer.UseByName(name)}
	if info, err := os.Stat(path); err == nil {
		f.Bytes = info.Size()
	}
	return f
}

// name makes a mailbox's name of a file's path: Name.sbd holds the folders below Name (Thunderbird), and
// Name.mbox may be a directory whose file is called mbox (Apple Mail).
func (s *Files) name(path string) string {
	relative, err := filepath.Rel(s.root, path)
	if err != nil {
		relative = filepath.Base(path)
	}
	parts := strings.Split(filepath.ToSlash(relative), "/")
	if n := len(parts); n > 1 && parts[n-1] == "mbox" && strings.HasSuffix(parts[n-2], ".mbox") {
		parts = parts[:n-1]
	}
	for i := range parts {
		parts[i] = strip(parts[i])
	}
	return transfer.JoinName(parts)
}

func strip(name string) string {
	for _, suffix := range []string{".mbox", ".sbd", ".mbx"} {
		if rest := strings.TrimSuffix(name, suffix); rest != "" && rest != name {
			return unescape(rest)
		}
	}
	return unescape(name)
}

// probe reports why a file is no mbox; an empty one is one.
func probe(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = newScanner(f, None, 0)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Keys returns nil: messages in an mbox have no names.
func (s *Files) Keys(context.Context, transfer.Folder) ([]string, error) { return nil, nil }

// Read yields a file's messages.
func (s *Files) Read(ctx context.Context, f transfer.Folder, r transfer.Reading) error {
	file, err := os.Open(f.ID)
	if err != nil {
		return err
	}
	defer file.Close()
	scan, err := newScanner(file, s.Quoting, r.Limit)
	for err == nil {
		if err = ctx.Err(); err != nil {
			break
		}
		var m message
		if m, err = scan.next(); err != nil {
			break
		}
		l, wanted := letterOf(&m)
		if wanted {
			err = r.Yield(l)
		} else {
			r.Skip("", m.bytes)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// letterOf makes a letter of a message; wanted is false for one that was deleted and is still in the file.
func letterOf(m *message) (l transfer.Letter, wanted bool) {
	l = transfer.Letter{Where: fmt.Sprintf("message %d at byte %d", m.number, m.offset), Bytes: m.bytes}
	if m.err != nil {
		l.Err = transfer.ErrTooBig
		return l, true
	}
	body, flags, expunged := takeStatus(m.body)
	l.Body, l.Flags, l.Date = transfer.CRLF(body), flags, m.date
	if l.Date.IsZero() {
		l.Date = transfer.HeaderDate(l.Body)
	}
	return l, !expunged
}

package maildir

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"troxymail/cmd/internal/transfer"
)

// Tree is a tree of maildirs as a source. Used by one goroutine.
type Tree struct {
	// HeaderDates takes dates from the messages' own headers: for trees whose files were copied without
	// their times.
	HeaderDates bool
	root        string
}

// Open opens the tree at root, which is a maildir itself or holds some.
func Open(root string) (*Tree, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file: name the folder that has cur and new in it", root)
	}
	return &Tree{root: root}, nil
}

// Folders lists the maildirs below the root, INBOX (the root itself) first.
func (t *Tree) Folders(ctx context.Context) ([]transfer.Folder, error) {
	var found []transfer.Folder
	err := filepath.WalkDir(t.root, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !d.IsDir() {
			return err
		}
		if base := d.Name(); path != t.root && (base == "cur" || base == "new" || base == "tmp") {
			return fs.SkipDir
		}
		if !isMaildir(path) {
			return nil
		}
		f := transfer.Folder{ID: path, Name: t.name(path)}
		f.Use = transfer.UseByName(f.Name)
		files, err := list(path)
		for _, x := range files {
			f.Messages++
			f.Bytes += x.bytes
		}
		found = append(found, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no maildir: want a folder with cur and new in it", t.root)
	}
	return found, nil
}

func isMaildir(path string) bool {
	for _, sub := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(path, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// name makes a mailbox's name of a folder's path.
func (t *Tree) name(path string) string {
	relative, err := filepath.Rel(t.root, path)
	if err != nil || relative == "." {
		return "INBOX"
	}
	var components []string
	for level := range strings.SplitSeq(filepath.ToSlash(relative), "/") {
		parts := []string{level}
		if inner, ok := strings.CutPrefix(level, "."); ok {
			parts = strings.Split(inner, ".")
		}
		for _, p := range parts {
			if decoded, err := transfer.DecodeUTF7(p); err == nil {
				p = decoded
			}
			components = append(components, p)
		}
	}
	return transfer.JoinName(components)
}

// file is a message of a folder.
type file struct {
	sub, name string // "cur" or "new", and the name there
	bytes     int64
}

// list returns a folder's messages in the order of their names, which begin with the time of delivery.
func list(folder string) ([]file, error) {
	var all []file
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(folder, sub))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
				continue
			}
			info, err := e.Info()
			if os.IsNotExist(err) {
				continue // another program moved or removed it meanwhile
			}
			if err != nil {
				return nil, err
			}
			all = append(all, file{sub, e.Name(), info.Size()})
		}
	}
	slices.SortStableFunc(all, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// Keys returns the constant parts of a folder's file names.
func (t *Tree) Keys(_ context.Context, f transfer.Folder) ([]string, error) {
	files, err := list(f.ID)
	keys := make([]string, len(files))
	for i, x := range files {
		keys[i], _ = splitName(x.name)
	}
	return keys, err
}

// Read yields a folder's messages.
func (t *Tree) Read(ctx context.Context, f transfer.Folder, r transfer.Reading) error {
	files, err := list(f.ID)
	if err != nil {
		return err
	}
	k, err := readKeywords(f.ID)
	if err != nil {
		return err
	}
	for _, x := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		key, info := splitName(x.name)
		if r.Skip(key, x.bytes) {
			continue
		}
		l := transfer.Letter{Key: key, Where: filepath.Join(x.sub, x.name), Bytes: x.bytes, Flags: flagsOf(info, k)}
		t.load(&l, filepath.Join(f.ID, x.sub, x.name), r.Limit)
		if os.IsNotExist(l.Err) {
			l.Err = fmt.Errorf("another program moved or removed it meanwhile: import again")
		}
		if err := r.Yield(l); err != nil {
			return err
		}
	}
	return nil
}

// load fills in a letter's body and date.
func (t *Tree) load(l *transfer.Letter, path string, limit int64) {
	info, err := os.Stat(path) // before it is opened: to open a pipe waits for its writer
	switch {
	case err != nil:
		l.Err = err
		return
	case !info.Mode().IsRegular():
		l.Err = fmt.Errorf("it is no regular file")
		return
	case info.Size() > limit:
		l.Err = transfer.ErrTooBig
		return
	}
	f, err := os.Open(path)
	if err != nil {
		l.Err = err
		return
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		l.Err = err
		return
	}
	l.Body, l.Date = transfer.CRLF(raw), info.ModTime()
	if t.HeaderDates {
		l.Date = transfer.HeaderDate(l.Body)
	}
}

package exporter

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"troxymail/cmd/internal/transfer"
)

func TestFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	f, err := OpenFolder(path, "mbox", "a@b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(path, "mbox", "a@b"); !errors.Is(err, ErrRunning) {
		t.Errorf("opened twice: %v", err)
	}
	if err := f.SetWritten("INBOX", "d"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err = OpenFolder(path, "mbox", "a@b"); err != nil || f.Written("INBOX") != "d" || f.Written("x") != "" {
		t.Fatalf("%+v, %v", f, err)
	}
	f.Close()
	for name, x := range map[string][2]string{"format": {"maildir", "a@b"}, "account": {"mbox", "c@b"}} {
		if _, err := OpenFolder(path, x[0], x[1]); !errors.Is(err, ErrFolder) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(path, markFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(path, "mbox", "a@b"); !errors.Is(err, ErrFolder) {
		t.Errorf("a damaged mark: %v", err)
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(full, "mbox", "a@b"); !errors.Is(err, ErrFolder) {
		t.Errorf("a folder of something else: %v", err)
	}
}

// account is a source of one mailbox whose second letter is gone when it is read, and whose third is broken.
type account struct{ broken bool }

func (account) Folders(context.Context) ([]transfer.Folder, error) {
	return []transfer.Folder{{Name: "INBOX"}}, nil
}

func (account) List(context.Context, transfer.Folder) ([]transfer.Item, error) {
	return []transfer.Item{{Key: "1"}, {Key: "2"}, {Key: "3"}}, nil
}

func (a account) Fetch(_ context.Context, _ transfer.Folder, items []transfer.Item, _ int64, yield func(transfer.Letter) error) error {
	for _, i := range items {
		l := transfer.Letter{Key: i.Key, Body: []byte("x")}
		if i.Key == "2" {
			continue
		}
		if i.Key == "3" && a.broken {
			l.Err = transfer.ErrTooBig
		}
		if err := yield(l); err != nil {
			return err
		}
	}
	return nil
}

// shelf notes how it is ended.
type shelf struct {
	has    string
	put    []string
	closed bool
	abort  bool
}

func (s *shelf) Open(string, []transfer.Item) (transfer.Shelf, error) { return s, nil }
func (s *shelf) Has(i transfer.Item) (bool, error)                    { return i.Key == s.has, nil }
func (s *shelf) Put(l transfer.Letter) error                          { s.put = append(s.put, l.Key); return nil }
func (s *shelf) Close() error                                         { s.closed = true; return nil }
func (s *shelf) Abort()                                               { s.abort = true }

type silent struct{}

func (silent) Total(int64)           {}
func (silent) Folder(string, string) {}
func (silent) Add(int64)             {}

func TestRun(t *testing.T) {
	s := &shelf{has: "1"}
	r, err := Run(t.Context(), Options{Source: account{}, Sink: s, Progress: silent{}})
	if err != nil || r != (Result{Exported: 1, Bytes: 1, Present: 1, Gone: 1, Mailboxes: 1}) || !s.closed || s.abort {
		t.Errorf("%+v, %v, %+v", r, err, s)
	}
	s = &shelf{}
	if _, err := Run(t.Context(), Options{Source: account{true}, Sink: s, Progress: silent{}}); !errors.Is(err, transfer.ErrTooBig) || s.closed || !s.abort {
		t.Errorf("%v, %+v", err, s)
	}
	if _, err := Run(t.Context(), Options{Source: account{}, Sink: s, Only: []string{"x"}, Progress: silent{}}); !errors.Is(err, ErrNoMailbox) {
		t.Errorf("%v", err)
	}
}

package maildir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/cmd/internal/transfer"
)

func mkdirs(t *testing.T, root string, folders ...string) {
	t.Helper()
	for _, f := range folders {
		for _, sub := range []string{"cur", "new", "tmp"} {
			if err := os.MkdirAll(filepath.Join(root, f, sub), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// readAll returns a folder's letters; skip are keys.
func readAll(t *testing.T, s *Tree, f transfer.Folder, limit int64, skip ...string) []transfer.Letter {
	t.Helper()
	var all []transfer.Letter
	err := s.Read(t.Context(), f, transfer.Reading{
		Limit: limit,
		Skip:  func(key string, _ int64) bool { return slices.Contains(skip, key) },
		Yield: func(l transfer.Letter) error { all = append(all, l); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFolderNames(t *testing.T) {
	root := t.TempDir()
	mkdirs(t, root, "", ".Sent Items", ".Work.Pl&AOQ-ne", ".Plain.Pläne", "nested", "nested/deeper", ".INBOX.Below", "Q&A")
	if err := os.Mkdir(filepath.Join(root, "no-maildir"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	folders, err := s.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range folders {
		names = append(names, f.Name)
		if (f.Name == "Sent Items") != (f.Use == imap.MailboxAttrSent) {
			t.Errorf("%s is for %q", f.Name, f.Use)
		}
	}
	slices.Sort(names)
	want := []string{"INBOX", "INBOX/Below", "Plain/Pläne", "Q&A", "Sent Items", "Work/Pläne", "nested", "nested/deeper"}
	if !slices.Equal(names, want) {
		t.Errorf("got  %q\nwant %q", names, want)
	}
	if _, err := Open(filepath.Join(root, "cur", "none")); err == nil {
		t.Error("a folder that is not there was opened")
	}
	empty, err := Open(filepath.Join(root, "no-maildir"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := empty.Folders(t.Context()); err == nil {
		t.Error("a folder without maildirs was taken")
	}
}

func TestLetters(t *testing.T) {
	root := t.TempDir()
	mkdirs(t, root, "")
	put(t, filepath.Join(root, "cur", "100.a:2,FRSTDPab"), "Subject: a\n\nx\n")
	put(t, filepath.Join(root, "cur", "101.plain"), "Subject: b\r\n\r\ny\r\n")
	put(t, filepath.Join(root, "cur", "102.other:1,S"), "z")
	put(t, filepath.Join(root, "new", "099.new"), "n")
	put(t, filepath.Join(root, "new", ".hidden"), "no message")
	put(t, filepath.Join(root, "tmp", "103.tmp"), "no message")
	put(t, filepath.Join(root, "cur", "104.big:2,S"), strings.Repeat("x", 101))
	put(t, filepath.Join(root, keywordFile), "0 $Label1\nnonsense\n1 x y\n99 Far\n2 Third\n")
	if err := os.Symlink(filepath.Join(root, "gone"), filepath.Join(root, "cur", "105.gone:2,")); err != nil {
		t.Fatal(err)
	}
	when := time.Unix(1_500_000_000, 0)
	if err := os.Chtimes(filepath.Join(root, "cur", "100.a:2,FRSTDPab"), when, when); err != nil {
		t.Fatal(err)
	}
	s, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	f := transfer.Folder{ID: root, Name: "INBOX"}
	all := readAll(t, s, f, 100)
	var keys []string
	for _, l := range all {
		keys = append(keys, l.Key)
	}
	if want := []string{"099.new", "100.a", "101.plain", "102.other", "104.big", "105.gone"}; !slices.Equal(keys, want) {
		t.Fatalf("keys %q, want %q", keys, want)
	}
	if got, err := s.Keys(t.Context(), f); err != nil || !slices.Equal(got, keys) {
		t.Errorf("Keys says %q (%v)", got, err)
	}
	a := all[1]
	flags := []imap.Flag{imap.FlagFlagged, imap.FlagAnswered, imap.FlagSeen, imap.FlagDeleted, imap.FlagDraft, forwarded, "$Label1"}
	if string(a.Body) != "Subject: a\r\n\r\nx\r\n" || !a.Date.Equal(when) || !slices.Equal(a.Flags, flags) {
		t.Errorf("%q of %v with %q", a.Body, a.Date, a.Flags)
	}
	if string(all[2].Body) != "Subject: b\r\n\r\ny\r\n" || len(all[3].Flags) != 0 || len(all[0].Flags) != 0 {
		t.Errorf("%q; flags %q and %q", all[2].Body, all[3].Flags, all[0].Flags)
	}
	if !errors.Is(all[4].Err, transfer.ErrTooBig) || all[5].Err == nil {
		t.Errorf("errors %v and %v", all[4].Err, all[5].Err)
	}
	if got := readAll(t, s, f, 100, "100.a", "104.big", "105.gone"); len(got) != 3 {
		t.Errorf("%d letters after three were skipped", len(got))
	}
}

// What a sink writes, a tree reads: names, bytes, flags, dates; a second run finds all and changes flags.
func TestWriteAndRead(t *testing.T) {
	root := t.TempDir()
	sink := NewSink(root)
	when := time.Unix(1_234_567_890, 0)
	names := []string{"INBOX", "INBOX/Below", "A/B.c/Ü & Ö", "Sent"}
	items := []transfer.Item{
		{Key: "V1U1", Flags: []imap.Flag{imap.FlagSeen, "$Label1", "Zeta", forwarded}, Date: when, Bytes: 9},
		{Key: "V1U2", Flags: []imap.Flag{"Zeta"}, Date: when, Bytes: 9},
	}
	body := []byte("A: b\r\n\r\nFrom c\r\n")
	for _, name := range names {
		shelf, err := sink.Open(name, items)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if there, err := shelf.Has(i); err != nil || there {
				t.Fatalf("%s has %s already (%v)", name, i.Key, err)
			}
			if err := shelf.Put(transfer.Letter{Key: i.Key, Flags: i.Flags, Date: i.Date, Body: body}); err != nil {
				t.Fatal(err)
			}
		}
		if err := shelf.Close(); err != nil {
			t.Fatal(err)
		}
	}
	check := func(second ...imap.Flag) {
		t.Helper()
		tree, err := Open(root)
		if err != nil {
			t.Fatal(err)
		}
		folders, err := tree.Folders(t.Context())
		if err != nil || len(folders) != len(names) {
			t.Fatalf("%+v (%v)", folders, err)
		}
		for _, f := range folders {
			if !slices.Contains(names, f.Name) {
				t.Errorf("folder %q", f.Name)
			}
			all := readAll(t, tree, f, 1000)
			if len(all) != 2 {
				t.Fatalf("%s has %d letters", f.Name, len(all))
			}
			for i, l := range all {
				want := []imap.Flag{imap.FlagSeen, forwarded, "$Label1", "Zeta"}
				if i == 1 {
					want = second
				}
				slices.Sort(l.Flags)
				slices.Sort(want)
				if string(l.Body) != string(body) || !l.Date.Equal(when) || !slices.Equal(l.Flags, want) {
					t.Errorf("%s: %q of %v with %q", f.Name, l.Body, l.Date, l.Flags)
				}
			}
		}
	}
	check("Zeta")
	items[1].Flags = []imap.Flag{imap.FlagFlagged, "New"}
	put(t, filepath.Join(root, "tmp", "1.V1U9"+ownSuffix), "left by a kill")
	for _, name := range names {
		shelf, err := NewSink(root).Open(name, items)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if there, err := shelf.Has(i); err != nil || !there {
				t.Fatalf("%s has no %s (%v)", name, i.Key, err)
			}
		}
		if err := shelf.Close(); err != nil {
			t.Fatal(err)
		}
	}
	check(imap.FlagFlagged, "New")
	if left, _ := os.ReadDir(filepath.Join(root, "tmp")); len(left) != 0 {
		t.Errorf("%d files are left in tmp", len(left))
	}
}

func TestKeywordsWithoutLetters(t *testing.T) {
	sink := NewSink(t.TempDir())
	var items []transfer.Item
	for i := range keywordLetters + 2 {
		items = append(items, transfer.Item{Key: fmt.Sprint("V1U", i), Flags: []imap.Flag{imap.Flag(fmt.Sprint("k", i))}})
	}
	if _, err := sink.Open("INBOX", items); err != nil {
		t.Fatal(err)
	}
	if sink.Dropped != 2 {
		t.Errorf("%d keywords were dropped, want 2", sink.Dropped)
	}
}

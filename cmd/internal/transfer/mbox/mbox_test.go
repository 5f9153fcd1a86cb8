package mbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"troxymail/cmd/internal/transfer"
)

const from = "From a@b Sat Jan  3 01:05:34 1996\n"

// split returns the bodies of a stream's messages.
func split(t *testing.T, text string, q Quoting, limit int64) (bodies []string, errs int) {
	t.Helper()
	s, err := newScanner(strings.NewReader(text), q, limit)
	for err == nil {
		var m message
		if m, err = s.next(); err != nil {
			break
		}
		if m.err != nil {
			errs++
		}
		bodies = append(bodies, string(m.body))
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return bodies, errs
}

func TestSplit(t *testing.T) {
	for name, x := range map[string]struct {
		text string
		q    Quoting
		want []string
	}{
		"empty":                 {"", RD, nil},
		"one":                   {from + "A: b\n\nx\n", RD, []string{"A: b\n\nx\n"}},
		"separator":             {from + "A: b\n\nx\n\n" + from + "C: d\n", RD, []string{"A: b\n\nx\n", "C: d\n"}},
		"last separator":        {from + "A: b\n\nx\n\n", RD, []string{"A: b\n\nx\n"}},
		"empty lines kept":      {from + "A: b\n\nx\n\n\n\n" + from + "y\n", RD, []string{"A: b\n\nx\n\n\n", "y\n"}},
		"no end of line":        {from + "A: b\n\nx", RD, []string{"A: b\n\nx"}},
		"CRLF":                  {"From a Sat Jan  3 01:05:34 1996\r\nA: b\r\n\r\nx\r\n\r\n" + from + "y", RD, []string{"A: b\r\n\r\nx\r\n", "y"}},
		"a sentence":            {from + "A: b\n\nx\n\nFrom here on at 10:30 it went\n", RD, []string{"A: b\n\nx\n\nFrom here on at 10:30 it went\n"}},
		"no empty line before":  {from + "A: b\n\nx\n" + from + "y\n", RD, []string{"A: b\n\nx\n" + from + "y\n"}},
		"empty message":         {from + from + "y\n", RD, []string{"", "y\n"}},
		"empty lines at start":  {"\n\n" + from + "y\n", RD, []string{"y\n"}},
		"mboxrd":                {from + ">From a\n>>From b\n>x\n", RD, []string{"From a\n>From b\n>x\n"}},
		"mboxo":                 {from + ">From a\n>>From b\n>x\n", O, []string{"From a\n>>From b\n>x\n"}},
		"none":                  {from + ">From a\n>>From b\n", None, []string{">From a\n>>From b\n"}},
		"Thunderbird":           {"From - Tue Jan 07 10:11:12 2020\ny\n", RD, []string{"y\n"}},
		"Takeout":               {"From 1655@xxx Thu Feb 27 15:02:43 +0000 2020\ny\n", RD, []string{"y\n"}},
		"longer than the limit": {from + strings.Repeat("y", 99) + "\n\n" + from + "z\n", RD, []string{"", "z\n"}},
		"From line, no body":    {from + "A: b\n\n" + from, RD, []string{"A: b\n", ""}},
	} {
		if got, _ := split(t, x.text, x.q, 90); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	long := strings.Repeat("From x 10:00 2000 ", bufferBytes/8)
	if got, _ := split(t, from+long+"\n\n"+from+"z\n", RD, 10*bufferBytes); len(got) != 2 || got[0] != long+"\n" {
		t.Errorf("a line longer than the buffer: %d messages", len(got))
	}
	for _, bad := range []string{"x\n", "From me\n", "Subject: From a 10:00 2000\n"} {
		if _, err := newScanner(strings.NewReader(bad), RD, 1); !errors.Is(err, ErrNoMbox) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A stream larger than any memory is read: what is over the limit is passed over as it comes.
func TestHugeMessage(t *testing.T) {
	huge := io.MultiReader(strings.NewReader(from), io.LimitReader(endless{}, 1<<30), strings.NewReader("\n\n"+from+"z\n"))
	s, err := newScanner(huge, RD, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.next()
	if err != nil || first.err == nil || first.body != nil || first.bytes < 1<<30 {
		t.Fatalf("%v, %v, %d bytes", err, first.err, first.bytes)
	}
	if second, err := s.next(); err != nil || string(second.body) != "z\n" {
		t.Fatalf("%q, %v", second.body, err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

func TestFromDates(t *testing.T) {
	want := time.Date(2020, 2, 27, 15, 2, 43, 0, time.UTC)
	for _, line := range []string{
		"From a@b Thu Feb 27 15:02:43 2020", "From a Thu Feb 27 16:02:43 2020 +0100", "From 1@xxx Thu Feb 27 15:02:43 +0000 2020",
		"From  a b  Thu Feb 27 15:02:43 2020\r\n", "From a Thu, 27 Feb 2020 15:02:43 +0000", "From a Thu Feb 27 15:02:43 UTC 2020",
	} {
		if got, ok := fromLine([]byte(line)); !ok || !got.Equal(want) {
			t.Errorf("%q: %v, %v", line, got, ok)
		}
	}
	if got, ok := fromLine([]byte("From a 27/02/2020 15:02")); !ok || !got.IsZero() {
		t.Errorf("an unknown date is %v, %v", got, ok)
	}
}

func TestStatusFields(t *testing.T) {
	body := "A: b\nStatus: RO\nX-Status: AF\n more\nX-Keywords: $Label1 Work\nX-Mozilla-Status: 1004\nX-Mozilla-Keys: k\nC: d\n\nStatus: x\n"
	rest, flags, expunged := takeStatus([]byte(body))
	slices.Sort(flags)
	want := []imap.Flag{"$Forwarded", "$Label1", "Work", imap.FlagAnswered, imap.FlagFlagged, imap.FlagSeen, "k"}
	if string(rest) != "A: b\nC: d\n\nStatus: x\n" || expunged || !slices.Equal(flags, want) {
		t.Errorf("%q, %q, %v", rest, flags, expunged)
	}
	if _, _, expunged := takeStatus([]byte("X-Mozilla-Status: 0009\n\n")); !expunged {
		t.Error("a message that Thunderbird deleted is still there")
	}
}

// What is written is read again: body, flags, date.
func TestWriteAndRead(t *testing.T) {
	flags := []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft, "$Label1", "k"}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 5).Draw(t, "letters")
		var file bytes.Buffer
		var letters []transfer.Letter
		for range n {
			head := rapid.SampledFrom([]string{"", "A: b\r\n", "A: b\r\n\tc\r\nFrom x\r\n", ">From y\r\nB: c\r\n"}).Draw(t, "head")
			lines := rapid.SliceOf(rapid.SampledFrom([]string{"", "From a Sat Jan  3 01:05:34 1996", ">From", ">From x", "From x", "text", "Status: R"}))
			body := head
			if rapid.Bool().Draw(t, "body") {
				body += "\r\n"
				for _, l := range lines.Draw(t, "lines") {
					body += l + "\r\n"
				}
			}
			if body == "" {
				body = "x\r\n"
			}
			l := transfer.Letter{Body: []byte(body), Date: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "date"), 0)}
			for _, f := range flags {
				if rapid.Bool().Draw(t, "flag") {
					l.Flags = append(l.Flags, f)
				}
			}
			letters = append(letters, l)
			if err := write(&file, &l); err != nil {
				t.Fatal(err)
			}
		}
		s, err := newScanner(bytes.NewReader(file.Bytes()), RD, 1<<20)
		for i := 0; err == nil; i++ {
			var m message
			if m, err = s.next(); err != nil {
				if i != n {
					t.Fatalf("%d messages of %d in\n%s", i, n, file.Bytes())
				}
				break
			}
			got, _ := letterOf(&m)
			slices.Sort(got.Flags)
			slices.Sort(letters[i].Flags)
			if !bytes.Equal(got.Body, letters[i].Body) || !got.Date.Equal(letters[i].Date) || !slices.Equal(got.Flags, letters[i].Flags) {
				t.Fatalf("%q of %v with %q became %q of %v with %q", letters[i].Body, letters[i].Date, letters[i].Flags,
					got.Body, got.Date, got.Flags)
			}
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	})
}

func TestTree(t *testing.T) {
	root := t.TempDir()
	for path, text := range map[string]string{
		"Inbox": from + "x\n", "Inbox.msf": "index", "Inbox.sbd/Work": from + "x\n", "Mail.mbox/mbox": from + "x\n",
		"Mail.mbox/table_of_contents": "\x01", "Old.mbox": "", "Sent": from + "x\n", ".hidden/Trash": from + "x\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	s.Notice = func(text string) { told = append(told, text) }
	folders, err := s.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range folders {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	if want := []string{"INBOX", "INBOX/Work", "Mail", "Old", "Sent"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	if len(told) != 1 || !strings.Contains(told[0], "table_of_contents") {
		t.Errorf("notices %q", told)
	}
}

// done remembers in memory.
type done map[string]string

func (d done) Written(mailbox string) string           { return d[mailbox] }
func (d done) SetWritten(mailbox, digest string) error { d[mailbox] = digest; return nil }

func TestSink(t *testing.T) {
	root := t.TempDir()
	d := done{}
	sink := NewSink(root, d)
	items := []transfer.Item{{Key: "V1U1", Date: time.Unix(5, 0)}}
	fill := func(name string) (wrote bool) {
		t.Helper()
		shelf, err := sink.Open(name, items)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if there, _ := shelf.Has(i); there {
				continue
			}
			wrote = true
			if err := shelf.Put(transfer.Letter{Key: i.Key, Date: i.Date, Flags: i.Flags, Body: []byte("A: b\r\n\r\nx\r\n")}); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(sink.path(name)); err == nil && len(d) == 0 {
				t.Fatal("the file has its name before it is whole")
			}
		}
		if err := shelf.Close(); err != nil {
			t.Fatal(err)
		}
		return wrote
	}
	names := []string{"INBOX", "a/.b/c.mbox", "a"}
	for _, n := range names {
		if !fill(n) || fill(n) {
			t.Errorf("%s was not written once", n)
		}
	}
	items[0].Flags = []imap.Flag{imap.FlagSeen}
	if !fill("a") {
		t.Error("new flags did not make a new file")
	}
	shelf, err := sink.Open("INBOX", items)
	if err != nil {
		t.Fatal(err)
	}
	shelf.Abort()
	tree, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	folders, err := tree.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range folders {
		got = append(got, f.Name)
	}
	slices.Sort(got)
	slices.Sort(names)
	if fmt.Sprint(got) != fmt.Sprint(names) {
		t.Errorf("read back %q, want %q", got, names)
	}
}

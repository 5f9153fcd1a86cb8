package importer

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func hexOf(d digest) string { return hex.EncodeToString(d[:]) }

// Whatever a mailbox holds and a journal says, an import makes sure that each letter of the source is there
// as often as the source has it, files none that is there, and a second import files nothing.
func TestEachLetterOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const validity = 7
		content := rapid.IntRange(0, 3) // few, so that letters are the same
		type letter struct {
			key  string
			what int
		}
		keyed := rapid.Bool().Draw(t, "keyed")
		var source []letter
		for i, what := range rapid.SliceOfN(content, 0, 6).Draw(t, "source") {
			l := letter{what: what}
			if keyed {
				l.key = fmt.Sprint("k", i)
			}
			source = append(source, l)
		}
		box := map[uint32]int{} // UID to content
		next := uint32(1)
		for _, what := range rapid.SliceOfN(content, 0, 5).Draw(t, "mailbox") {
			box[next] = what
			next++
		}
		size := func(what int) int64 { return int64(1 + what/2) } // some of the same size
		sum := func(what int) digest { return digest{byte(what)} }
		var journal []entry
		// run imports and returns what it filed; it is killed after so many, and lose journal lines.
		run := func(kill int, note bool) (filed int) {
			var list []listed
			for uid, what := range box {
				list = append(list, listed{uid, size(what)})
			}
			var keys []string
			for _, l := range source {
				keys = append(keys, l.key)
			}
			if !keyed {
				keys = nil
			}
			x := newIndex(list, next, validity, journal, "f", keys)
			for _, l := range source {
				if kill == 0 {
					return filed
				}
				kill--
				if l.key != "" && x.keys[l.key] {
					continue
				}
				for _, uid := range x.candidates(size(l.what), sum(l.what)) {
					x.learn(uid, sum(box[uid]))
				}
				e := entry{Validity: validity, Size: size(l.what), Digest: hexOf(sum(l.what)), Folder: "f", Key: l.key}
				if f, ok := x.match(sum(l.what)); ok {
					e.UID = f.uid
				} else {
					box[next] = l.what
					e.UID = next
					next++
					filed++
				}
				if note {
					journal = append(journal, e)
				}
			}
			return filed
		}
		count := func() map[int]int {
			n := map[int]int{}
			for _, what := range box {
				n[what]++
			}
			return n
		}
		before := count()
		run(rapid.IntRange(0, 7).Draw(t, "killed after"), rapid.Bool().Draw(t, "with a journal"))
		run(-1, rapid.Bool().Draw(t, "with a journal"))
		after, want := count(), map[int]int{}
		for _, l := range source {
			want[l.what]++
		}
		for what := range 4 {
			if n := max(before[what], want[what]); after[what] != n {
				t.Fatalf("content %d is there %d times, want %d: before %d, source %d", what, after[what], n, before[what], want[what])
			}
		}
		if n := run(-1, true); n != 0 {
			t.Fatalf("a second import filed %d", n)
		}
		// What the user deletes is not filed again, as the journal has it all now.
		for uid := range box {
			delete(box, uid)
		}
		if n := run(-1, true); n != 0 {
			t.Fatalf("%d letters that were deleted came back", n)
		}
	})
}

// Lines of another mailbox or cluster are not believed.
func TestForeignJournal(t *testing.T) {
	d := hexOf(digest{1})
	for name, e := range map[string]entry{
		"another UIDVALIDITY":               {Validity: 8, UID: 1, Size: 5, Digest: d, Folder: "f", Key: "k"},
		"a UID that is not given yet":       {Validity: 7, UID: 9, Size: 5, Digest: d, Folder: "f", Key: "k"},
		"a UID of a letter of another size": {Validity: 7, UID: 2, Size: 5, Digest: d, Folder: "f", Key: "k"},
	} {
		x := newIndex([]listed{{2, 6}}, 3, 7, []entry{e}, "f", []string{"k"})
		if _, known := x.match(digest{1}); x.keys["k"] || known {
			t.Errorf("%s: it is believed", name)
		}
	}
}

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "j")
	j, err := OpenJournal(path, "a@b", "s")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(path, "a@b", "s"); !errors.Is(err, ErrRunning) {
		t.Errorf("opened twice: %v", err)
	}
	e := entry{Mailbox: "INBOX", Validity: 1, UID: 2, Size: 3, Digest: hexOf(digest{4}), Key: "k\n\"é"}
	if err := j.add(e); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("nonsense\n{\"mailbox\":\"INB") // a damaged line, and what a kill left of one
	if e := f.Close(); err != nil || e != nil {
		t.Fatal(err, e)
	}
	for i := range 2 {
		j, err = OpenJournal(path, "a@b", "s")
		if err != nil {
			t.Fatal(err)
		}
		if got := j.entries["INBOX"]; len(got) != 1+i || got[0] != e {
			t.Fatalf("%+v", got)
		}
		if err := j.add(e); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenJournal(path, "a@b", "other"); !errors.Is(err, ErrJournal) {
		t.Errorf("another import's journal: %v", err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("x", maxJournalLine+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(path, "a@b", "s"); !errors.Is(err, ErrJournal) {
		t.Errorf("a file that is no journal: %v", err)
	}
}

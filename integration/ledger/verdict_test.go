package ledger

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// history is a ledger of five messages: a acknowledged, b flagged, c expunged, d without an answer, e sent by SMTP.
var history = []Line{
	{ID: "1", Kind: Append, Mailbox: "INBOX", Message: "a", SHA256: "aa"}, {ID: "1", Ack: true, UID: 1, Validity: 7},
	{ID: "2", Kind: Append, Mailbox: "INBOX", Message: "b", SHA256: "bb"}, {ID: "2", Ack: true, UID: 2, Validity: 7},
	{ID: "3", Kind: Flag, Mailbox: "INBOX", Message: "b"}, {ID: "3", Ack: true},
	{ID: "4", Kind: Append, Mailbox: "INBOX", Message: "c", SHA256: "cc"}, {ID: "4", Ack: true, UID: 3, Validity: 7},
	{ID: "5", Kind: Expunge, Mailbox: "INBOX", Message: "c"}, {ID: "5", Ack: true},
	{ID: "6", Kind: Append, Mailbox: "INBOX", Message: "d", SHA256: "dd"},
	{ID: "7", Kind: Submit, Mailbox: "INBOX", Message: "e", SHA256: "ee"}, {ID: "7", Ack: true},
}

func at(message string, uid uint32, sha string, flagged bool) Stored {
	return Stored{Mailbox: "INBOX", UID: uid, Validity: 7, Message: message, SHA256: sha, Flagged: flagged}
}

// TestJoinFindsEachFault plants every kind of fault once, and none.
func TestJoinFindsEachFault(t *testing.T) {
	a, b, d := at("a", 1, "aa", false), at("b", 2, "bb", true), at("d", 4, "dd", false)
	e := at("e", 5, "ee", false)
	unsent := e
	e.Sent = true
	for _, c := range []struct {
		name  string
		shown []Stored
		fault string
	}{
		{"right, d not stored", []Stored{a, b}, ""},
		{"right, d stored", []Stored{a, b, d}, ""},
		{"lost", []Stored{b}, "lost: a"},
		{"other bytes", []Stored{at("a", 1, "xx", false), b}, "changed: a"},
		{"other UID", []Stored{at("a", 15, "aa", false), b}, "changed: a"},
		{"other UIDVALIDITY", []Stored{{Mailbox: "INBOX", UID: 1, Validity: 8, Message: "a", SHA256: "aa"}, b}, "UIDVALIDITY"},
		{"other mailbox", []Stored{{Mailbox: "Sent", UID: 1, Validity: 7, Message: "a", SHA256: "aa"}, b}, "changed: a"},
		{"acknowledged twice there", []Stored{a, b, at("a", 9, "aa", false)}, "doubled: a"},
		{"unanswered twice there", []Stored{a, b, d, at("d", 15, "dd", false)}, "doubled: d"},
		{"forged", []Stored{a, b, at("z", 9, "zz", false)}, "forged"},
		{"without an id", []Stored{a, b, at("", 9, "zz", false)}, "forged"},
		{"UID used twice", []Stored{a, b, at("d", 2, "dd", false)}, "two messages with UID 2"},
		{"expunge undone", []Stored{a, b, at("c", 3, "cc", false)}, "undone: c"},
		{"lost after 250", []Stored{a, b}, "lost: e"},
		{"doubled after 250", []Stored{a, b, e, {Mailbox: "INBOX", UID: 8, Validity: 7, Message: "e", SHA256: "ee", Sent: true}}, "doubled: e"},
		{"without its trace after 250", []Stored{a, b, unsent}, "changed: e"},
		{"flag undone", []Stored{a, at("b", 2, "bb", false)}, "undone: the flag of b"},
	} {
		if !strings.Contains(c.name, "250") {
			c.shown = append(c.shown, e)
		}
		v := Join(history, c.shown)
		all := strings.Join(v.Faults, "; ")
		if (c.fault == "") != (all == "") || !strings.Contains(all, c.fault) {
			t.Errorf("%s: faults %q, want %q", c.name, all, c.fault)
		}
		if v.Acked != 3 || v.Unknown != 1 {
			t.Errorf("%s: %v", c.name, v)
		}
	}
}

// TestStale: a read must show what was acknowledged before it began, unless its removal was asked for.
func TestStale(t *testing.T) {
	before := []Line{
		{ID: "1", Kind: Append, Mailbox: "INBOX", Message: "1"}, {ID: "1", Ack: true, UID: 1},
		{ID: "2", Kind: Append, Mailbox: "INBOX", Message: "2"}, {ID: "2", Ack: true, UID: 2},
		{ID: "3", Kind: Submit, Mailbox: "INBOX", Message: "3"},
	}
	after := append(append([]Line(nil), before...), Line{ID: "3", Ack: true}, Line{ID: "4", Kind: Expunge, Message: "2"})
	for _, c := range []struct {
		shown []Stored
		want  int
	}{{nil, 1}, {[]Stored{{Message: "2"}}, 1}, {[]Stored{{Message: "1"}}, 0}} {
		if got := Stale(before, after, c.shown); len(got) != c.want || c.want > 0 && !strings.Contains(got[0], "1 was acknowledged") {
			t.Errorf("%v: %q", c.shown, got)
		}
	}
}

// TestFileKeepsLines reads back what was written, and refuses to take over an older ledger.
func TestFileKeepsLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, line := range history {
		if err := f.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.Lines()
	if err != nil || !reflect.DeepEqual(got, history) || f.Acks() != 6 {
		t.Errorf("read back %v, %d acks: %v", got, f.Acks(), err)
	}
	mark := f.Mark()
	for _, line := range []Line{{ID: history[0].ID, Ack: true}, {ID: "new", Kind: Append, Message: "new"}, {ID: "new", Ack: true}} {
		if err := f.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.AcksAfter(mark); n != 1 {
		t.Errorf("%d acknowledgements of what was sent after the mark, want 1", n)
	}
	if _, err := Create(path); err == nil {
		t.Error("a second ledger in the same file")
	}
}

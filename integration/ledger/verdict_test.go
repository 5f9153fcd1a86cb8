package ledger

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// history is a ledger of four messages: a acknowledged, b flagged, c expunged, d without an answer.
var history = []Line{
	{ID: "1", Kind: Append, Mailbox: "INBOX", Message: "a", SHA256: "aa"}, {ID: "1", Ack: true, UID: 1, Validity: 7},
	{ID: "2", Kind: Append, Mailbox: "INBOX", Message: "b", SHA256: "bb"}, {ID: "2", Ack: true, UID: 2, Validity: 7},
	{ID: "3", Kind: Flag, Mailbox: "INBOX", Message: "b"}, {ID: "3", Ack: true},
	{ID: "4", Kind: Append, Mailbox: "INBOX", Message: "c", SHA256: "cc"}, {ID: "4", Ack: true, UID: 3, Validity: 7},
	{ID: "5", Kind: Expunge, Mailbox: "INBOX", Message: "c"}, {ID: "5", Ack: true},
	{ID: "6", Kind: Append, Mailbox: "INBOX", Message: "d", SHA256: "dd"},
}

func at(message string, uid uint32, sha string, flagged bool) Stored {
	return Stored{"INBOX", uid, 7, message, sha, flagged}
}

// TestJoinFindsEachFault plants every kind of fault once, and none.
func TestJoinFindsEachFault(t *testing.T) {
	a, b, d := at("a", 1, "aa", false), at("b", 2, "bb", true), at("d", 4, "dd", false)
	for _, c := range []struct {
		name  string
		shown []Stored
		fault string
	}{
		{"right, d not stored", []Stored{a, b}, ""},
		{"right, d stored", []Stored{a, b, d}, ""},
		{"lost", []Stored{b}, "lost: a"},
		{"other bytes", []Stored{at("a", 1, "xx", false), b}, "changed: a"},
		{"other UID", []Stored{at("a", 5, "aa", false), b}, "changed: a"},
		{"other UIDVALIDITY", []Stored{{"INBOX", 1, 8, "a", "aa", false}, b}, "UIDVALIDITY"},
		{"other mailbox", []Stored{{"Sent", 1, 7, "a", "aa", false}, b}, "changed: a"},
		{"acknowledged twice there", []Stored{a, b, at("a", 9, "aa", false)}, "doubled: a"},
		{"unanswered twice there", []Stored{a, b, d, at("d", 5, "dd", false)}, "doubled: d"},
		{"forged", []Stored{a, b, at("z", 9, "zz", false)}, "forged"},
		{"without an id", []Stored{a, b, at("", 9, "zz", false)}, "forged"},
		{"UID used twice", []Stored{a, b, at("d", 2, "dd", false)}, "two messages with UID 2"},
		{"expunge undone", []Stored{a, b, at("c", 3, "cc", false)}, "undone: c"},
		{"flag undone", []Stored{a, at("b", 2, "bb", false)}, "undone: the flag of b"},
	} {
		v := Join(history, c.shown)
		all := strings.Join(v.Faults, "; ")
		if (c.fault == "") != (all == "") || !strings.Contains(all, c.fault) {
			t.Errorf("%s: faults %q, want %q", c.name, all, c.fault)
		}
		if v.Acked != 2 || v.Unknown != 1 {
			t.Errorf("%s: %v", c.name, v)
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
	if err != nil || !reflect.DeepEqual(got, history) || f.Acks() != 5 {
		t.Errorf("read back %v, %d acks: %v", got, f.Acks(), err)
	}
	if _, err := Create(path); err == nil {
		t.Error("a second ledger in the same file")
	}
}

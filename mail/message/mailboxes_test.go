package message

import (
	"fmt"
	"strings"
	"testing"
)

// TestMailboxes holds that a list is read in one way only, or not at all.
func TestMailboxes(t *testing.T) {
	for value, want := range map[string]string{
		"a@b":                                   "a@b",
		" a@b (the boss) ":                      "a@b",
		"Al <a@b.c>":                            "a@b.c",
		"Al B. Cd <a@b>, \"x,y\" <c@d>":         "a@b c@d",
		"\"a@x\" <a@b>":                         "a@b",
		"\"q \\\" <e@f>\" <a@b>":                "a@b",
		"=?utf-8?q?J=C3=BCrgen?= <a@b>":         "a@b",
		"Jürgen <jürgen@bücher.example>":        "jürgen@bücher.example",
		"\"a b\"@c":                             "a b@c",
		"(c (d)) Al (\\)) <(x)a(y)@(z)b(w)>(v)": "a@b",
		"<a@b>":                                 "a@b",
		// refused
		"": "", " ": "", "a": "", "a@": "", "@b": "", "<>": "", "<a>": "", "a@b,": "", ",a@b": "", "a@b c@d": "",
		"a@b <c@d>": "", "<a@b> c": "", "<a@b> <c@d>": "", "a b@c": "", "a@b@c": "", "a@b c": "", "<a@b": "", "a@b>": "",
		"g: a@b;": "", "a@[1.2.3.4]": "", "<@x:a@b>": "", "\"a@b": "", "(a@b": "", "a@b)": "", "a@b (": "",
		"a@.b": "", "a@b.": "", "a@b..c": "", "a\x00@b": "", "a@b\x01": "", "a;b@c": "",
		strings.Repeat("(", maxCommentDepth+1) + strings.Repeat(")", maxCommentDepth+1) + "a@b": "",
		"a@b,a@b,a@b,a@b,a@b": "",
	} {
		list, ok := Mailboxes(value, 4)
		var got []string
		for _, a := range list {
			got = append(got, fmt.Sprintf("%s@%s", a.Mailbox, a.Host))
		}
		if ok != (want != "") || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %q", value, ok, got)
		}
	}
}

package message

import (
	"strings"
	"testing"
)

// FuzzMailboxes: what the strict reader takes, the lenient one of ENVELOPE understands in the same way, so that who is
// shown as the author is who was judged.
func FuzzMailboxes(f *testing.F) {
	for _, s := range []string{"a@b", "Al <a@b>, \"x,y\" <c@d>", "(c (d)) Al (\\)) <(x)a(y)@(z)b(w)>(v)", "a@b <c@d>", "\"q\\\"\" <a@b>",
		"g: a@b;", "a@b@c", "\"a@x\"@b", "<a@b", "\"a\"b@c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, ok := Mailboxes(s, 8)
		if !ok {
			return
		}
		left := 64
		r := &addressReader{lexer: lexer{s: s}, left: &left}
		r.run()
		if len(r.list) != len(list) {
			t.Fatalf("%q: %d authors, the lenient reader sees %d", s, len(list), len(r.list))
		}
		for i, a := range list {
			if b := r.list[i]; b.Kind != Mailbox || b.Mailbox != a.Mailbox || b.Host != a.Host {
				t.Fatalf("%q: %+v, the lenient reader sees %+v", s, a, b)
			}
			if a.Host == "" || strings.ContainsAny(a.Host, "\x00\r\n @") {
				t.Fatalf("%q: host %q", s, a.Host)
			}
		}
	})
}

// FuzzFields: the fields that are visited lie one behind the other from the start, and end before the blank line.
func FuzzFields(f *testing.F) {
	f.Add([]byte("A: b\r\n c\r\nD: e\r\n\r\nbody: x\r\n"))
	f.Add([]byte("no field\nA : b\n\nx"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		end := 0
		Fields(raw, func(name, _ string, at Range) bool {
			if at.Start != end || at.End <= at.Start || at.End > len(raw) || len(name) > 32 {
				t.Fatalf("field %q at %v behind %d", name, at, end)
			}
			end = at.End
			return true
		})
	})
}

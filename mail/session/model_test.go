package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"pgregory.net/rapid"

	"troxymail/mailstore/command"
)

// Whatever two sessions at two replicas do, however they read and whatever their hosts say unasked, no client is told nonsense (client checks every response), and
// once both have polled they know the same messages with the same flags.
func TestTwoSessionsAgree(t *testing.T) {
	w := newWorld(t, nil)
	round, maker := 0, w.login(0)
	rapid.Check(t, func(r *rapid.T) {
		round++
		box := fmt.Sprintf("round%d", round)
		w.do(maker.Create(t.Context(), box, nil))
		var sessions [2]*Session
		var clients [2]*client
		for i := range sessions {
			sessions[i], clients[i] = w.opened(i, box)
			defer sessions[i].Close()
		}
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			i := rapid.IntRange(0, 1).Draw(r, "session")
			w.replicas[i].unsure = rapid.Bool().Draw(r, "unsure")
			w.replicas[i].peeking = peekLies[rapid.SampledFrom(peekLieNames).Draw(r, "host")]
			step(r, sessions[i], clients[i], box)
			clients[i].events = nil
		}
		var got [2]string
		for i, s := range sessions {
			clients[i].poll(s)
			list, err := clients[i].fetch(s, imap.SeqSet{{Start: 1}}, &imap.FetchOptions{UID: true, Flags: true, Envelope: true})
			if err != nil || len(list) != len(clients[i].uids) {
				r.Fatalf("%d of %d messages: %v", len(list), len(clients[i].uids), err)
			}
			for _, f := range list {
				got[i] += fmt.Sprintln(f.seq, f.uid, flagText(f.flags), f.envelope.Subject)
			}
		}
		if got[0] != got[1] || t.Failed() {
			r.Fatalf("one session knows\n%s the other\n%s", got[0], got[1])
		}
	})
}

func step(r *rapid.T, s *Session, c *client, box string) {
	any := func() imap.NumSet {
		if n := len(c.uids); n > 0 && rapid.Bool().Draw(r, "by number") {
			return imap.SeqSet{{Start: uint32(rapid.IntRange(1, n).Draw(r, "from")), Stop: uint32(rapid.IntRange(0, n).Draw(r, "to"))}}
		}
		return imap.UIDSet{{Start: imap.UID(rapid.IntRange(0, 12).Draw(r, "from")), Stop: imap.UID(rapid.IntRange(0, 12).Draw(r, "to"))}}
	}
	flags := func() []imap.Flag {
		all := []imap.Flag{imap.FlagSeen, imap.FlagDeleted, imap.FlagFlagged, "One", "Two"}
		return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 3, rapid.ID).Draw(r, "flags")
	}
	var err error
	switch rapid.IntRange(0, 8).Draw(r, "action") {
	case 0, 1:
		c.appendTo(s, box, mail(fmt.Sprint(rapid.IntRange(0, 9).Draw(r, "subject"))), flags()...)
	case 2, 3:
		op := rapid.SampledFrom([]imap.StoreFlagsOp{imap.StoreFlagsSet, imap.StoreFlagsAdd, imap.StoreFlagsDel}).Draw(r, "op")
		each, _ := c.responses()
		err = s.Store(c.Context(), any(), &imap.StoreFlags{Op: op, Flags: flags(), Silent: rapid.Bool().Draw(r, "silent")}, nil, each)
	case 4:
		err = s.Expunge(c.Context(), c, nil)
	case 5:
		_, err = s.Move(c.Context(), c, any(), box)
	case 6:
		_, err = s.Copy(c.Context(), any(), box)
	case 7:
		_, err = c.fetch(s, any(), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{
			{Peek: rapid.Bool().Draw(r, "peek")}}})
	case 8:
		err = s.Poll(c.Context(), c, rapid.Bool().Draw(r, "expunge"))
	}
	if err != nil && err != error(errGoneMessages) {
		r.Fatalf("step: %v", err)
	}
}

// chunks keeps every UID, in order, and no piece is more than one command's.
func TestChunksAreCommands(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(3*command.MaxAffected + 100)
	s, c := w.opened(0, "INBOX")
	w.do(s.Store(t.Context(), imap.UIDSet{{Start: 1000, Stop: 1999}}, silently(add(imap.FlagDeleted)), nil, nil))
	w.do(s.Expunge(t.Context(), c, nil))
	last := s.view.end - 1
	var single []command.UIDRange
	for uid := command.UID(1); len(single) < command.MaxRanges+5; uid += 3 {
		single = append(single, command.UIDRange{First: uid, Last: uid})
	}
	for what, ranges := range map[string][]command.UIDRange{
		"none": nil, "all": {{First: 1, Last: 1<<32 - 1}}, "many ranges": single,
		"two":       {{First: 5, Last: 6}, {First: 100, Last: last}},
		"one chunk": {{First: 2, Last: command.MaxAffected + 1001}},
	} {
		var joined []command.UIDRange
		pieces, err := s.chunks(t.Context(), s.view, ranges)
		w.do(err)
		for _, piece := range pieces {
			n := uint32(0)
			for _, r := range piece {
				k, err := s.count(t.Context(), s.view, r)
				w.do(err)
				n += k
			}
			if len(piece) == 0 || len(piece) > command.MaxRanges || n > command.MaxAffected {
				t.Errorf("%s: a piece of %d ranges, %d messages", what, len(piece), n)
			}
			joined = append(joined, piece...)
		}
		if !slices.Equal(canonical(joined), canonical(slices.Clone(ranges))) {
			t.Errorf("%s: UIDs were lost", what)
		}
		if what == "one chunk" && len(pieces) != 1 {
			t.Errorf("what fits one command is cut into %d", len(pieces))
		}
	}
}

// A pattern matches as the plain definition of % and * says.
func TestPatternsMatchLikeTheirDefinition(t *testing.T) {
	var naive func(name, p string) bool
	naive = func(name, p string) bool {
		if p == "" {
			return name == ""
		}
		if p[0] == '*' || p[0] == '%' {
			return naive(name, p[1:]) || name != "" && (p[0] == '*' || name[0] != '/') && naive(name[1:], p)
		}
		return name != "" && name[0] == p[0] && naive(name[1:], p[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.SampledFrom([]rune("ab/")), 0, 12, -1).Draw(t, "name")
		p := rapid.StringOfN(rapid.SampledFrom([]rune("ab/*%")), 0, 8, -1).Draw(t, "pattern")
		if got := pattern(p).matches(name); got != naive(name, p) {
			t.Fatalf("%q matches %q: %v", p, name, got)
		}
	})
	slow := pattern(strings.Repeat("*a", MaxPatternBytes/2)) // exponential for the naive way
	if slow.matches(strings.Repeat("b", MaxNameBytes)) {
		t.Error("a pattern of a matches only b")
	}
	for _, c := range []struct{ ref, pattern, name string }{
		{"", "inb*", "INBOX/x"}, {"inbox", "%", "INBOX/x"}, {"INBOX/", "x", "INBOX/x"}, {"a/b", "c", "a/b/c"},
		{"", "iNbOx/%", "INBOX/x"}, {"a", "/b", "a/b"},
	} {
		if !newPattern(c.ref, c.pattern).matches(c.name) {
			t.Errorf("LIST %q %q does not find %s", c.ref, c.pattern, c.name)
		}
	}
	if newPattern("", "inboxes").matches("INBOXES") || newPattern("", "inb*").matches("INBOXES") {
		t.Error("a name that only begins like INBOX has no case")
	}
}

// What the summary does not hold is answered from the message: many parts, a huge header, odd encodings.
func TestOddMessagesAreServed(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	huge := "Subject: huge\r\nX-Long: " + strings.Repeat("y", 300<<10) + "\r\nX-End: e\r\n\r\nbody\r\n"
	parts := "Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		strings.Repeat("--b\r\nContent-Type: text/plain; name=\""+strings.Repeat("n", 200)+"\"\r\n\r\npart\r\n", 900) + "--b--\r\n"
	odd := "Subject: odd\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin\r\n"
	for _, text := range []string{huge, parts, odd} {
		c.appendTo(s, "INBOX", text)
	}
	header := imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"X-End"}, Peek: true}
	got, err := c.fetch(s, imap.SeqSet{{Start: 1, Stop: 2}}, &imap.FetchOptions{
		Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{}, BinarySectionSize: []*imap.FetchItemBinarySectionSize{{Part: []int{1}}},
		BodySection: []*imap.FetchItemBodySection{&header, {Part: []int{900}, Peek: true},
			{Specifier: imap.PartSpecifierHeader, Peek: true, Partial: &imap.SectionPartial{Offset: 0, Size: 14}}}})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d answers, %v", len(got), err)
	}
	if f := got[0]; f.sections[0] != "X-End: e\r\n\r\n" || f.sections[1] != "" || f.sections[2] != "Subject: huge\r" || f.sections[3] != "6" {
		t.Errorf("the huge header: %q", f.sections)
	}
	multi, _ := got[1].structure.(*imap.BodyStructureMultiPart)
	if f := got[1]; f.sections[1] != "part" || f.envelope.Subject != "parts" || multi == nil || len(multi.Children) != 900 {
		t.Errorf("many parts: %q", f.sections)
	}
	_, err = c.fetch(s, seqs(3), &imap.FetchOptions{BinarySection: []*imap.FetchItemBinarySection{{Part: []int{1}, Peek: true}}})
	w.wantCode(err, imap.ResponseCodeUnknownCTE)
}

package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

func seqs(n ...uint32) imap.NumSet   { return imap.SeqSetNum(n...) }
func uids(n ...imap.UID) imap.NumSet { return imap.UIDSetNum(n...) }

func add(f ...imap.Flag) *imap.StoreFlags { return &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: f} }

func del(f ...imap.Flag) *imap.StoreFlags { return &imap.StoreFlags{Op: imap.StoreFlagsDel, Flags: f} }

func silently(f *imap.StoreFlags) *imap.StoreFlags { f.Silent = true; return f }

func TestSessionsAtTwoReplicasSeeEachOther(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	b, d := w.opened(1, "INBOX")
	c.appendTo(a, "INBOX", mail("one"))
	c.appendTo(a, "INBOX", mail("two"), imap.FlagFlagged, "Work")
	d.poll(b)
	d.want(`FLAGS (Work \Answered \Deleted \Draft \Flagged \Seen), 2 EXISTS`)
	c.poll(a)
	c.want(`FLAGS (Work \Answered \Deleted \Draft \Flagged \Seen), 2 EXISTS`)

	if got := d.store(b, seqs(1), add(imap.FlagSeen, "work")); got != `1 (Work \Seen)` {
		t.Errorf("STORE answered %s", got)
	}
	d.poll(b)
	d.want("")
	c.poll(a)
	c.want(`1 FLAGS (Work \Seen)`)

	d.store(b, seqs(1), silently(add(imap.FlagDeleted)))
	d.poll(b)
	d.want("")
	w.do(b.Expunge(t.Context(), d, nil))
	d.want("1 EXPUNGE")
	c.poll(a)
	c.want("1 EXPUNGE")
	if got := c.store(a, seqs(1), &imap.StoreFlags{Op: imap.StoreFlagsDel, Flags: []imap.Flag{imap.FlagFlagged}}); got != `1 (Work)` {
		t.Errorf("STORE answered %s", got)
	}
	if got := c.store(a, uids(2), &imap.StoreFlags{Op: imap.StoreFlagsSet, Flags: []imap.Flag{`\draft`, `\Recent`}}); got != `1 (\Draft)` {
		t.Errorf("STORE answered %s", got)
	}
}

// STORE answers with the flags as they are, and a silent one hides its own change but not another's.
func TestConcurrentFlagChangesAreTold(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	b, d := w.opened(1, "INBOX")
	c.appendTo(a, "INBOX", mail("one"))
	c.poll(a)
	d.poll(b)
	c.take()
	d.store(b, seqs(1), add(imap.FlagAnswered))
	if got := c.store(a, seqs(1), add(imap.FlagSeen)); got != `1 (\Answered \Seen)` {
		t.Errorf("STORE answered %s", got)
	}
	d.store(b, seqs(1), add(imap.FlagFlagged))
	c.store(a, seqs(1), silently(add(imap.FlagDraft)))
	c.want("")
	c.poll(a)
	c.want(`1 FLAGS (\Answered \Draft \Flagged \Seen)`)
}

// EXPUNGE is told at NOOP and by commands that may, never by FETCH, STORE and SEARCH; until then numbers
// stay, and what still can be had is served.
func TestExpungeIsToldOnlyWhenAllowed(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	for _, n := range []string{"one", "two", "three"} {
		c.appendTo(a, "INBOX", mail(n))
	}
	b, d := w.opened(1, "INBOX")
	c.poll(a)
	c.take()
	subject := &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}
	if _, err := d.fetch(b, seqs(1), subject); err != nil {
		t.Fatal(err)
	}
	c.store(a, seqs(1, 2), silently(add(imap.FlagDeleted)))
	w.do(a.Expunge(t.Context(), c, nil))
	c.want("2 EXPUNGE, 1 EXPUNGE")
	c.appendTo(a, "INBOX", mail("four"))

	w.do(b.Poll(t.Context(), d, false))
	d.want("4 EXISTS")
	got, err := d.fetch(b, seqs(1, 3, 4), subject)
	if err != nil || len(got) != 3 || got[1].uid != 3 || got[2].uid != 4 {
		t.Errorf("FETCH of a cached message that is gone: %d answers, %v", len(got), err)
	}
	w.cluster.gone[b.view.lost[2].Body] = true
	got, err = d.fetch(b, seqs(2, 3), subject)
	w.wantCode(err, codeExpungeIssued)
	if len(got) != 1 || got[0].uid != 3 {
		t.Errorf("FETCH answered %d messages", len(got))
	}
	if answer := d.store(b, seqs(2, 3), add(imap.FlagSeen)); !strings.Contains(answer, "EXPUNGEISSUED") {
		t.Errorf("STORE of a message that is gone answered %s", answer)
	}
	data, err := b.Search(t.Context(), false, &imap.SearchCriteria{}, nil)
	if err != nil || data.All.String() != "3:4" {
		t.Errorf("SEARCH found %v, %v", data, err)
	}
	d.want("")
	d.poll(b)
	d.want("2 EXPUNGE, 1 EXPUNGE")
	if got, err := d.fetch(b, seqs(1, 2), subject); err != nil || got[0].uid != 3 || got[1].uid != 4 {
		t.Errorf("after EXPUNGE: %v", err)
	}
}

func TestExamineChangesNothing(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	c.appendTo(a, "INBOX", mail("one"), imap.FlagDeleted)
	data := c.enter(a, "INBOX", true)
	if !a.ReadOnly() || len(data.PermanentFlags) != 0 || data.NumMessages != 1 {
		t.Fatalf("EXAMINE: %+v", data)
	}
	before := w.cluster.commands[command.KindStore]
	got, err := c.fetch(a, seqs(1), &imap.FetchOptions{Flags: true, BodySection: []*imap.FetchItemBodySection{{}}})
	if err != nil || flagText(got[0].flags) != `(\Deleted)` || got[0].sections[0] != mail("one") {
		t.Errorf("FETCH: %v", err)
	}
	if answer := c.store(a, seqs(1), add(imap.FlagSeen)); !strings.Contains(answer, "NOPERM") {
		t.Errorf("STORE answered %s", answer)
	}
	w.wantCode(a.Expunge(t.Context(), c, nil), imap.ResponseCodeNoPerm)
	_, err = a.Move(t.Context(), c, seqs(1), "Trash")
	w.wantCode(err, imap.ResponseCodeNoPerm)
	if w.cluster.commands[command.KindStore] != before {
		t.Error("something was stored")
	}
	if _, err := a.Copy(t.Context(), seqs(1), "Trash"); err != nil {
		t.Errorf("COPY from a read-only mailbox: %v", err)
	}
}

func TestFetchSetsSeenWithOneCommand(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	for n := range 5 {
		c.appendTo(a, "INBOX", mail(fmt.Sprint(n)))
	}
	c.poll(a)
	c.store(a, seqs(2), silently(add(imap.FlagSeen)))
	c.take()
	before := w.cluster.commands[command.KindStore]
	got, err := c.fetch(a, imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{
		BodySection: []*imap.FetchItemBodySection{{Specifier: imap.PartSpecifierText}}})
	if err != nil || len(got) != 5 {
		t.Fatalf("%d answers, %v", len(got), err)
	}
	for i, f := range got {
		if want := fmt.Sprintf("The text of %d.\r\n", i); len(f.sections) != 1 || f.sections[0] != want {
			t.Errorf("message %d: sections %q", i+1, f.sections)
		}
		if f.hasFlags != (i != 1) || f.hasFlags && flagText(f.flags) != `(\Seen)` {
			t.Errorf("message %d: flags %v", i+1, f.flags)
		}
	}
	if n := w.cluster.commands[command.KindStore] - before; n != 1 {
		t.Errorf("%d STOREs were ordered, want 1", n)
	}
	c.poll(a)
	c.want("")
}

func TestFetchServesFromTheSummary(t *testing.T) {
	w := newWorld(t, nil)
	a := w.login(0)
	text := mail("one")
	date := time.Date(2025, 12, 24, 18, 0, 0, 0, time.FixedZone("", 3600))
	_, err := a.Append(t.Context(), "INBOX", strings.NewReader(text), int64(len(text)), &imap.AppendOptions{Time: date})
	w.do(err)
	b, d := w.opened(1, "INBOX")
	w.replicas[1].records = 0
	got, err := d.fetch(b, uids(1), &imap.FetchOptions{
		Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}, RFC822Size: true,
		InternalDate: true, Flags: true, BodySection: []*imap.FetchItemBodySection{
			{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Subject"}, Peek: true},
			{Part: []int{7}, Peek: true},
		}})
	if err != nil || len(got) != 1 {
		t.Fatalf("%d answers, %v", len(got), err)
	}
	f := got[0]
	if f.uid != 1 || f.size != int64(len(text)) || !f.date.Equal(date) || f.envelope.Subject != "one" ||
		f.structure.MediaType() != "text/plain" || f.sections[0] != "Subject: one\r\n\r\n" || f.sections[1] != "" {
		t.Errorf("answer %+v", f)
	}
	if n := w.replicas[1].records; n != 1 {
		t.Errorf("%d records were read, want the summary only", n)
	}
}

// Bodies of every size come back byte for byte, whole and in parts: inline, by digest, and too large for
// the cache.
func TestBodiesOfAllSizes(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	b, d := w.opened(1, "INBOX")
	for i, size := range []int{1, 60 << 10, 70 << 10, 1 << 20, 9 << 20} {
		text := mail(fmt.Sprint(i)) + strings.Repeat("0123456789abcdef0123456789abcdef0123456789\r\n", 1+size/44)
		c.appendTo(a, "INBOX", text)
		at := int64(len(text) / 3)
		got, err := d.fetch(b, imap.UIDSet{{Start: 0, Stop: 0}}, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{
			{Peek: true},
			{Peek: true, Partial: &imap.SectionPartial{Offset: at, Size: 70_000}},
			{Peek: true, Partial: &imap.SectionPartial{Offset: int64(len(text)), Size: 10}},
			{Peek: true, Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"X-Not-There", "To"}},
		}, BinarySection: []*imap.FetchItemBinarySection{{Part: []int{1}, Peek: true}}})
		if err != nil || len(got) != 1 {
			t.Fatalf("%d bytes: %d answers, %v", len(text), len(got), err)
		}
		s := got[0].sections
		end := min(int64(len(text)), at+70_000)
		_, body, _ := strings.Cut(text, "\r\n\r\n")
		if s[0] != text || s[1] != text[at:end] || s[2] != "" || s[3] != "To: "+alice+"\r\n\r\n" || s[4] != body {
			t.Errorf("%d bytes: the sections differ", len(text))
		}
	}
}

func TestMoveAndCopyKeepFlagsAndKeywords(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	for _, n := range []string{"one", "two", "three"} {
		c.appendTo(a, "INBOX", mail(n), "$Label1", imap.FlagSeen)
	}
	c.poll(a)
	c.take()
	copied, err := a.Copy(t.Context(), imap.SeqSet{{Start: 2, Stop: 0}}, "Archive")
	if err != nil || copied.SourceUIDs.String() != "2:3" || copied.DestUIDs.String() != "1:2" {
		t.Fatalf("COPY: %+v, %v", copied, err)
	}
	_, err = a.Move(t.Context(), c, uids(1, 3, 9), "archive")
	w.wantCode(err, imap.ResponseCodeTryCreate)
	moved, err := a.Move(t.Context(), c, uids(1, 3, 9), "Archive")
	if err != nil || moved.SourceUIDs.String() != "1,3" || moved.DestUIDs.String() != "3:4" {
		t.Fatalf("MOVE: %+v, %v", moved, err)
	}
	c.want("3 EXPUNGE, 1 EXPUNGE")
	c.poll(a)
	c.want("")
	b, d := w.opened(1, "Archive")
	got, err := d.fetch(b, imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{Flags: true, UID: true, Envelope: true})
	if err != nil || len(got) != 4 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	for i, want := range []string{"two", "three", "one", "three"} {
		if got[i].envelope.Subject != want || flagText(got[i].flags) != `($Label1 \Seen)` {
			t.Errorf("message %d: %s %v", i+1, got[i].envelope.Subject, got[i].flags)
		}
	}
	if data, err := b.Copy(t.Context(), uids(77), "INBOX"); err != nil || len(data.SourceUIDs) != 0 {
		t.Errorf("COPY of nothing: %+v, %v", data, err)
	}
}

// UIDs and UIDVALIDITY are the same at every replica and are never given twice.
func TestUIDsAreStable(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	var validity uint32
	for range 3 {
		uid := c.appendTo(a, "INBOX", mail("x"), imap.FlagDeleted)
		b, d := w.opened(1, "INBOX")
		data := d.enter(b, "INBOX", false)
		if data.UIDNext != uid+1 || validity != 0 && data.UIDValidity != validity || data.NumMessages != 1 {
			t.Fatalf("after UID %d: %+v", uid, data)
		}
		validity = data.UIDValidity
		w.do(b.Expunge(t.Context(), d, &imap.UIDSet{{Start: uid, Stop: uid}}))
		d.want("1 EXPUNGE")
	}
}

func TestUIDExpungeLeavesOthers(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	for n := range 4 {
		c.appendTo(a, "INBOX", mail(fmt.Sprint(n)), imap.FlagDeleted)
	}
	c.poll(a)
	c.take()
	w.do(a.Expunge(t.Context(), c, &imap.UIDSet{{Start: 2, Stop: 3}}))
	c.want("3 EXPUNGE, 2 EXPUNGE")
	w.do(a.Expunge(t.Context(), nil, nil))
	if a.view.told != 0 {
		t.Errorf("%d messages are left after CLOSE", a.view.told)
	}
}

func TestADeletedMailboxBecomesEmpty(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "Junk")
	c.appendTo(a, "Junk", mail("one"))
	c.poll(a)
	c.take()
	b := w.login(1)
	w.do(b.Delete(t.Context(), "Junk"))
	c.poll(a)
	c.want("1 EXPUNGE")
	_, err := a.Copy(t.Context(), seqs(1), "INBOX")
	w.wantCode(err, imap.ResponseCodeNonExistent)
	w.wantCode(a.Expunge(t.Context(), c, nil), imap.ResponseCodeNonExistent)
	if _, err := a.Select(t.Context(), "INBOX", false); err != nil {
		t.Error(err)
	}
}

func TestNumbersThatNoMessageHas(t *testing.T) {
	w := newWorld(t, nil)
	a, c := w.opened(0, "INBOX")
	flags := &imap.FetchOptions{Flags: true}
	all := imap.SeqSet{{Start: 1, Stop: 0}}
	if got, err := c.fetch(a, all, flags); err != nil || len(got) != 0 {
		t.Errorf("FETCH 1:* of an empty mailbox: %v", err)
	}
	c.appendTo(a, "INBOX", mail("one"))
	c.appendTo(a, "INBOX", mail("two"))
	for _, set := range []imap.NumSet{seqs(3), imap.SeqSet{{Start: 1, Stop: 9}}} {
		if _, err := c.fetch(a, set, flags); err == nil || err != error(errBadSet) {
			t.Errorf("FETCH %s: %v", set, err)
		}
	}
	if got, err := c.fetch(a, imap.UIDSet{{Start: 7, Stop: 0}}, flags); err != nil || len(got) != 1 || got[0].uid != 2 {
		t.Errorf("UID FETCH 7:*: %v", err) // "*" is the last message, so the range is 2:7
	}
	if got, err := c.fetch(a, uids(9), flags); err != nil || len(got) != 0 {
		t.Errorf("UID FETCH 9: %v", err)
	}
	c.want("2 EXISTS")
}

package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// list runs a LIST and returns "name (attributes)" in order of name; + marks CHILDINFO.
func (w *world) list(s *Session, o *imap.ListOptions, patterns ...string) []string {
	w.Helper()
	var out []string
	err := s.List(w.Context(), "", patterns, o, func(d *imap.ListData) error {
		if d.Delim != '/' {
			w.Errorf("delimiter %q", d.Delim)
		}
		var attrs []string
		for _, a := range d.Attrs {
			attrs = append(attrs, strings.TrimPrefix(string(a), `\`))
		}
		slices.Sort(attrs)
		text := d.Mailbox + " (" + strings.Join(attrs, " ") + ")"
		if d.ChildInfo != nil {
			text += "+"
		}
		out = append(out, text)
		return nil
	})
	if err != nil {
		w.Error(err)
	}
	return out
}

func (w *world) wantList(got []string, want ...string) {
	w.Helper()
	if !slices.Equal(got, want) {
		w.Errorf("listed\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func (w *world) do(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) wantCode(err error, want imap.ResponseCode) {
	w.Helper()
	if code(err) != want {
		w.Errorf("error %v, want code %q", err, want)
	}
}

func TestANewAccountHasItsMailboxes(t *testing.T) {
	w := newWorld(t, nil)
	s := w.login(1)
	w.wantList(w.list(s, nil, "*"),
		`Archive (Archive HasNoChildren)`, `Drafts (Drafts HasNoChildren)`, `INBOX (HasNoChildren)`,
		`Junk (HasNoChildren Junk)`, `Sent (HasNoChildren Sent)`, `Trash (HasNoChildren Trash)`)
	if got := w.list(s, &imap.ListOptions{SelectSubscribed: true}, "*"); len(got) != 6 ||
		got[2] != `INBOX (HasNoChildren Subscribed)` {
		t.Errorf("subscribed: %v", got)
	}
	w.wantList(w.list(s, &imap.ListOptions{SelectSpecialUse: true}, "*t*"),
		`Drafts (Drafts HasNoChildren)`, `Sent (HasNoChildren Sent)`)
	w.wantList(w.list(s, nil), ` (Noselect)`)
	w.wantList(w.list(s, nil, ""), ` (Noselect)`)
	w.wantList(w.list(s, nil, "inbox"), `INBOX (HasNoChildren)`)
	w.wantList(w.list(s, nil, "iNb%"), `INBOX (HasNoChildren)`)
}

// What one session changes, sessions at the other replica see, in whatever order they learned the names.
func TestNamesAcrossReplicas(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.login(0), w.login(1)
	ctx := t.Context()
	if _, err := b.Select(ctx, "INBOX", false); err != nil { // b has a copy of the namespace now
		t.Fatal(err)
	}
	w.do(a.Create(ctx, "Work/2026/May", nil))
	if _, err := b.Select(ctx, "Work/2026/May", false); err != nil {
		t.Errorf("a name that the copy lacks: %v", err)
	}
	w.wantCode(b.Create(ctx, "Work/2026", nil), imap.ResponseCodeAlreadyExists)
	w.do(a.Rename(ctx, "Work", "Old/Work"))
	w.wantList(w.list(b, nil, "*Work*"), `Old/Work (HasChildren)`, `Old/Work/2026 (HasChildren)`,
		`Old/Work/2026/May (HasNoChildren)`)
	_, err := b.Select(ctx, "Work", false)
	w.wantCode(err, imap.ResponseCodeNonExistent)
	w.do(b.Delete(ctx, "Old/Work/2026"))
	w.wantList(w.list(a, nil, "Old/Work/*"), `Old/Work/2026 (HasChildren Noselect)`,
		`Old/Work/2026/May (HasNoChildren)`)
	_, err = a.Select(ctx, "Old/Work/2026", false)
	w.wantCode(err, imap.ResponseCodeNonExistent)
	w.wantCode(a.Delete(ctx, "Old/Work/2026"), imap.ResponseCodeHasChildren)
	w.do(a.Create(ctx, "Old/Work/2026", nil))
	w.wantList(w.list(b, nil, "Old/Work/%"), `Old/Work/2026 (HasChildren)`)
	w.do(b.Create(ctx, "Old/Work/2026/May/x/", nil))
	w.wantList(w.list(a, nil, "Old/Work/2026/M*"), `Old/Work/2026/May (HasChildren)`,
		`Old/Work/2026/May/x (HasNoChildren)`)
	w.do(a.Delete(ctx, "Old/Work/2026/May/x"))
	w.do(a.Delete(ctx, "Old/Work/2026/May"))
	w.wantList(w.list(b, nil, "Old/Work/2026*"), `Old/Work/2026 (HasNoChildren)`)
}

func TestManagingRefuses(t *testing.T) {
	w := newWorld(t, nil)
	s, ctx := w.login(0), t.Context()
	long := strings.Repeat("x", MaxComponentBytes+1)
	for _, c := range []struct {
		what string
		err  error
		want imap.ResponseCode
	}{
		{"create INBOX", s.Create(ctx, "inbox", nil), imap.ResponseCodeAlreadyExists},
		{"create Sent", s.Create(ctx, "Sent", nil), imap.ResponseCodeAlreadyExists},
		{"create nothing", s.Create(ctx, "", nil), imap.ResponseCodeCannot},
		{"create an empty level", s.Create(ctx, "a//b", nil), imap.ResponseCodeCannot},
		{"create at the root", s.Create(ctx, "/a", nil), imap.ResponseCodeCannot},
		{"create a pattern", s.Create(ctx, "a*", nil), imap.ResponseCodeCannot},
		{"create a control character", s.Create(ctx, "a\x07", nil), imap.ResponseCodeCannot},
		{"create invalid UTF-8", s.Create(ctx, "a\xff", nil), imap.ResponseCodeCannot},
		{"create a long level", s.Create(ctx, long, nil), imap.ResponseCodeCannot},
		{"create a deep name", s.Create(ctx, strings.Repeat("a/", command.MaxDepth)+"b", nil), imap.ResponseCodeCannot},
		{"create with two uses", s.Create(ctx, "x", &imap.CreateOptions{
			SpecialUse: []imap.MailboxAttr{imap.MailboxAttrAll, imap.MailboxAttrJunk}}), codeUseAttr},
		{"create with an unknown use", s.Create(ctx, "x", &imap.CreateOptions{
			SpecialUse: []imap.MailboxAttr{imap.MailboxAttrImportant}}), codeUseAttr},
		{"delete INBOX", s.Delete(ctx, "INBOX"), imap.ResponseCodeCannot},
		{"delete what is not there", s.Delete(ctx, "nothing"), imap.ResponseCodeNonExistent},
		{"rename what is not there", s.Rename(ctx, "nothing", "x"), imap.ResponseCodeNonExistent},
		{"rename onto another", s.Rename(ctx, "Sent", "Trash"), imap.ResponseCodeAlreadyExists},
		{"rename below itself", s.Rename(ctx, "Sent", "Sent/x"), imap.ResponseCodeCannot},
		{"rename to no name", s.Rename(ctx, "Sent", "a//b"), imap.ResponseCodeCannot},
		{"subscribe what is not there", s.Subscribe(ctx, "nothing"), imap.ResponseCodeNonExistent},
		{"unsubscribe what is not there", s.Unsubscribe(ctx, "a//b"), imap.ResponseCodeNonExistent},
	} {
		if code(c.err) != c.want {
			t.Errorf("%s: %v, want %s", c.what, c.err, c.want)
		}
	}
	_, err := s.Status(ctx, "nothing", nil)
	w.wantCode(err, imap.ResponseCodeNonExistent)
	w.do(s.Create(ctx, strings.Repeat("a/", command.MaxDepth-1)+"b", nil))
	w.do(s.Create(ctx, "Schräg & quer/ü", &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{imap.MailboxAttrAll}}))
	w.wantList(w.list(s, nil, "Schr*"), `Schräg & quer (HasChildren)`, `Schräg & quer/ü (All HasNoChildren)`)
}

func TestInboxHasOneTree(t *testing.T) {
	w := newWorld(t, nil)
	s, ctx := w.login(0), t.Context()
	w.do(s.Create(ctx, "inbox/Lists", nil))
	w.do(s.Create(ctx, "InBox/Lists/go", nil))
	w.wantList(w.list(s, nil, "iNBOX*"), `INBOX (HasChildren)`, `INBOX/Lists (HasChildren)`,
		`INBOX/Lists/go (HasNoChildren)`)
	w.wantList(w.list(s, nil, "INBOX/%"), `INBOX/Lists (HasChildren)`)
	_, err := s.Status(ctx, "inbox/lists", nil)
	w.wantCode(err, imap.ResponseCodeNonExistent) // only INBOX itself has no case
}

func TestSubscriptionsOutliveMailboxes(t *testing.T) {
	w := newWorld(t, nil)
	s, ctx := w.login(0), t.Context()
	w.do(s.Create(ctx, "a/b/c", nil))
	w.do(s.Subscribe(ctx, "a/b/c"))
	w.do(s.Delete(ctx, "a/b/c"))
	subscribed := &imap.ListOptions{SelectSubscribed: true}
	w.wantList(w.list(s, nil, "a*"), `a (HasChildren)`, `a/b (HasChildren)`)
	w.wantList(w.list(s, subscribed, "a*"), `a/b/c (HasNoChildren NonExistent Noselect Subscribed)`)
	w.wantList(w.list(s, &imap.ListOptions{SelectSubscribed: true, SelectRecursiveMatch: true}, "a/%"),
		`a/b (HasChildren)+`)
	w.wantList(w.list(s, &imap.ListOptions{SelectSubscribed: true, SelectRecursiveMatch: true}, "a", "a/b/c"),
		`a (HasChildren)+`, `a/b/c (HasNoChildren NonExistent Noselect Subscribed)`)
	w.wantCode(s.Subscribe(ctx, "a/b/c"), imap.ResponseCodeNonExistent)
	w.do(s.Unsubscribe(ctx, "a/b/c"))
	w.wantList(w.list(s, subscribed, "a*"))
	w.wantList(w.list(s, &imap.ListOptions{ReturnSubscribed: true, ReturnChildren: true}, "a/%", "Sent"),
		`Sent (HasNoChildren Sent Subscribed)`, `a/b (HasNoChildren)`)
}

func TestListReturnsStatusOfOneMoment(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	c.appendTo(s, "INBOX", mail("one"), imap.FlagSeen)
	c.appendTo(s, "INBOX", mail("two"))
	o := &imap.ListOptions{ReturnStatus: &imap.StatusOptions{
		NumMessages: true, NumUnseen: true, UIDNext: true, UIDValidity: true, Size: true, NumDeleted: true}}
	var got *imap.StatusData
	w.do(s.List(t.Context(), "", []string{"INBOX"}, o, func(d *imap.ListData) error { got = d.Status; return nil }))
	want, err := s.Status(t.Context(), "inbox", o.ReturnStatus)
	w.do(err)
	text := func(d *imap.StatusData) string {
		return fmt.Sprint(d.Mailbox, *d.NumMessages, *d.NumUnseen, d.UIDNext, d.UIDValidity, *d.Size, *d.NumDeleted)
	}
	if got == nil || text(got) != text(want) {
		t.Errorf("LIST says %+v, STATUS %+v", got, want)
	}
	if *want.NumMessages != 2 || *want.NumUnseen != 1 || want.UIDNext != 3 || *want.Size != 2*int64(len(mail("one"))) {
		t.Errorf("STATUS %s", text(want))
	}
	if want.NumRecent != nil || want.AppendLimit != nil || want.HighestModSeq != 0 {
		t.Error("STATUS tells what was not asked")
	}
}

// Another session may change the namespace between the resolution and the order: the state machine
// refuses, and the session resolves anew.
func TestCommandsAreTriedAnewWhenNamesChange(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.login(0), w.login(1)
	ctx := t.Context()
	w.do(b.Create(ctx, "target", nil))
	n := 0
	interfere := func(times int) {
		n = 0
		w.replicas[0].before = func(c command.Command) {
			if _, read := c.(*command.NamespaceRead); read || c.Kind() == command.KindAccountRead || n == times {
				return
			}
			n++
			w.do(b.Create(ctx, fmt.Sprintf("other%d", n), nil))
			w.do(b.Delete(ctx, fmt.Sprintf("other%d", n)))
		}
	}
	text := mail("retried")
	w.replicas[0].unsure = true // reads are ordered, like writes
	for what, f := range map[string]func() error{
		"select": func() error { _, err := a.Select(ctx, "target", false); return err },
		"create": func() error { return a.Create(ctx, "made", nil) },
		"append": func() error {
			_, err := a.Append(ctx, "target", strings.NewReader(text), int64(len(text)), nil)
			return err
		},
		"status": func() error { _, err := a.Status(ctx, "target", nil); return err },
	} {
		interfere(3)
		if err := f(); err != nil || n != 3 {
			t.Errorf("%s: %v after %d changes", what, err, n)
		}
	}
	if d, err := b.Status(ctx, "target", &imap.StatusOptions{NumMessages: true}); err != nil || *d.NumMessages != 1 {
		t.Errorf("after a retried APPEND: %+v, %v", d, err)
	}
	interfere(-1)
	w.wantCode(a.Create(ctx, "never", nil), imap.ResponseCodeInUse)
	if n != maxAttempts {
		t.Errorf("%d attempts", n)
	}
}

// A mailbox that was renamed while a command was on its way is not found by its old name, and a new one of
// that name is not taken for the old.
func TestARenamedMailboxIsNotMistaken(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.login(0), w.login(1)
	ctx := t.Context()
	w.do(a.Create(ctx, "letters", nil))
	done := false
	w.replicas[0].before = func(c command.Command) {
		if c.Kind() == command.KindAppend && !done {
			done = true
			w.do(b.Rename(ctx, "letters", "old letters"))
		}
	}
	text := mail("late")
	_, err := a.Append(ctx, "letters", strings.NewReader(text), int64(len(text)), nil)
	w.wantCode(err, imap.ResponseCodeTryCreate)
	d, err := b.Status(ctx, "old letters", &imap.StatusOptions{NumMessages: true})
	if err != nil || *d.NumMessages != 0 {
		t.Errorf("the message went to the renamed mailbox: %+v, %v", d, err)
	}
}

func TestRenamingInboxLeavesItEmpty(t *testing.T) {
	w := newWorld(t, nil)
	s, c := w.opened(0, "INBOX")
	other, d := w.opened(1, "INBOX")
	c.appendTo(s, "INBOX", mail("one"))
	d.poll(other)
	d.take()
	w.do(s.Rename(t.Context(), "INBOX", "Old/Inbox"))
	d.poll(other)
	d.want("1 EXPUNGE")
	if got := c.enter(s, "Old/Inbox", false); got.NumMessages != 1 || got.UIDNext != 2 {
		t.Errorf("the new mailbox: %+v", got)
	}
}

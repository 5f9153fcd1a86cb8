package state

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
)

// tree writes an account's names as paths: ids relative to firstMailbox, * subscribed, () placeholder.
func (c *client) tree(a command.AccountID) string {
	c.t.Helper()
	space := c.namespace(a)
	byID := map[command.MailboxID]command.Mailbox{}
	for _, m := range space.Mailboxes {
		byID[m.ID] = m
	}
	var lines []string
	for _, m := range space.Mailboxes {
		path := ""
		for at := m; ; at = byID[at.Parent] {
			path = string(at.Sealed) + path
			if at.Parent == 0 {
				break
			}
			path = "/" + path
		}
		line := fmt.Sprintf("%s=%d", path, m.ID-firstMailbox)
		if m.Placeholder {
			line = "(" + line + ")"
		}
		if m.Subscribed {
			line += "*"
		}
		if m.Counters.Messages > 0 {
			line += fmt.Sprintf("[%d]", m.Counters.Messages)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

func nameToken(name string) (t command.Token) {
	d := wire.Sum([]byte(name))
	copy(t[:], d[:])
	return t
}

func newName(parent command.MailboxID, name string) command.NewMailbox {
	return command.NewMailbox{Parent: parent, Token: nameToken(name), Sealed: []byte(name)}
}

func below(index int, name string) command.NewMailbox {
	return command.NewMailbox{ParentIndex: uint32(index), Token: nameToken(name), Sealed: []byte(name)}
}

// names runs scripts on an account with INBOX (0) and Trash (1): each step is a command without version.
func TestNames(t *testing.T) {
	create := func(list ...command.NewMailbox) command.Command { return &command.MailboxCreate{Mailboxes: list} }
	remove := func(id int) command.Command {
		return &command.MailboxDelete{Mailbox: firstMailbox + command.MailboxID(id)}
	}
	subscribe := func(id int, on bool) command.Command {
		return &command.MailboxSubscribe{Mailbox: firstMailbox + command.MailboxID(id), Subscribed: on}
	}
	rename := func(id int, parent command.MailboxID, name string, made ...command.NewMailbox) command.Command {
		c := &command.MailboxRename{Mailbox: firstMailbox + command.MailboxID(id), Parent: parent,
			Token: nameToken(name), Sealed: []byte(name), Create: made}
		if len(made) > 0 {
			c.Parent, c.ParentIndex = 0, uint32(len(made))
		}
		return c
	}
	const f = firstMailbox
	for _, s := range []struct {
		name  string
		steps []any // commands, a status that the one before must have, or the names expected
	}{
		{"create with parents", []any{
			create(newName(0, "a"), below(1, "b"), below(2, "c")), "INBOX=0* Trash=1* a/b/c=4 a/b=3 a=2",
			create(newName(f+3, "c")), command.StatusMailboxExists,
			create(newName(f+99, "d")), command.StatusNoMailbox,
			create(newName(0, "z"), newName(0, "z")), command.StatusMailboxExists,
			create(newName(f+3, "d")), "INBOX=0* Trash=1* a/b/c=4 a/b/d=5 a/b=3 a=2"}},
		{"delete with children leaves a placeholder, which may become a mailbox again", []any{
			create(newName(0, "a"), below(1, "b")),
			remove(2), "(a=2) INBOX=0* Trash=1* a/b=3",
			remove(2), command.StatusNoMailbox,
			create(newName(0, "a")), "INBOX=0* Trash=1* a/b=3 a=4",
			remove(4), remove(3), "INBOX=0* Trash=1*"}},
		{"a placeholder under a placeholder comes back with its parent", []any{
			create(newName(0, "a"), below(1, "b"), below(2, "c")),
			remove(2), remove(3), "(a/b=3) (a=2) INBOX=0* Trash=1* a/b/c=4",
			create(newName(0, "a"), below(1, "b")), "INBOX=0* Trash=1* a/b/c=4 a/b=6 a=5",
			remove(4), remove(6), remove(5), "INBOX=0* Trash=1*"}},
		{"a subscription keeps a name", []any{
			create(newName(0, "a")), subscribe(2, true), remove(2), "(a=2)* INBOX=0* Trash=1*",
			subscribe(2, false), "INBOX=0* Trash=1*",
			subscribe(2, false), command.StatusNoMailbox,
			remove(1), "(Trash=1)* INBOX=0*"}},
		{"a subscription keeps a placeholder", []any{
			create(newName(0, "a"), below(1, "b")), subscribe(2, true), remove(2), remove(3),
			"(a=2)* INBOX=0* Trash=1*",
			create(newName(0, "a")), "INBOX=0* Trash=1* a=4*"}},
		{"placeholders go as far up as nothing keeps them", []any{
			create(newName(0, "a"), below(1, "b"), below(2, "c")), remove(2), remove(3), remove(4),
			"INBOX=0* Trash=1*"}},
		{"a parent that the same command replaces", []any{
			create(newName(0, "a"), below(1, "b")), remove(2),
			create(newName(0, "a"), newName(f+2, "c")), command.StatusNoMailbox}},
		{"INBOX stays", []any{remove(0), command.StatusNotAllowed, subscribe(0, false), "INBOX=0 Trash=1*"}},
		{"rename with children", []any{
			create(newName(0, "a"), below(1, "b"), below(2, "c")),
			rename(3, 0, "x"), "INBOX=0* Trash=1* a=2 x/c=4 x=3",
			rename(3, f+4, "y"), command.StatusNotAllowed,
			rename(3, f+3, "y"), command.StatusNotAllowed,
			rename(3, 0, "a"), command.StatusMailboxExists,
			rename(3, 0, "x"), command.StatusMailboxExists,
			rename(9, 0, "y"), command.StatusNoMailbox,
			rename(4, 0, "z", newName(0, "p"), below(1, "q")), "INBOX=0* Trash=1* a=2 p/q/z=4 p/q=6 p=5 x=3"}},
		{"rename out of a placeholder removes it", []any{
			create(newName(0, "a"), below(1, "b")), remove(2), rename(3, 0, "b"), "INBOX=0* Trash=1* b=3"}},
		{"rename of a placeholder", []any{
			create(newName(0, "a"), below(1, "b")), remove(2), rename(2, 0, "c"), "(c=2) INBOX=0* Trash=1* c/b=3",
			rename(2, 0, "d", newName(0, "c")), command.StatusNotAllowed}},
		{"rename below its own former placeholder", []any{
			create(newName(0, "a"), below(1, "b")), remove(2),
			rename(3, 0, "c", newName(0, "a")), "INBOX=0* Trash=1* a/c=3 a=4"}},
		{"rename of INBOX moves its messages", []any{
			newAppend(accountID(0), f, 1), newAppend(accountID(0), f, 2), create(newName(f, "sub")),
			rename(0, 0, "old"), "INBOX/sub=2 INBOX=0* Trash=1* old=3[2]",
			newAppend(accountID(0), f, 3), rename(0, f, "older"),
			"INBOX/older=4[1] INBOX/sub=2 INBOX=0* Trash=1* old=3[2]"}},
	} {
		t.Run(s.name, func(t *testing.T) { runNames(t, s.steps) })
	}
}

func runNames(t *testing.T, steps []any) {
	c, a, _ := setUp(t)
	for i, step := range steps {
		cmd, ok := step.(command.Command)
		if !ok {
			continue
		}
		version := c.namespace(a).Version
		switch cmd := cmd.(type) {
		case *command.MailboxCreate:
			cmd.Account, cmd.NamespaceVersion = a, version
		case *command.MailboxDelete:
			cmd.Account, cmd.NamespaceVersion = a, version
		case *command.MailboxRename:
			cmd.Account, cmd.NamespaceVersion = a, version
		case *command.MailboxSubscribe:
			cmd.Account, cmd.NamespaceVersion = a, version
		}
		want := ""
		if i+1 < len(steps) {
			if status, ok := steps[i+1].(wire.Status); ok {
				c.refused(status, cmd)
				continue
			}
			want, _ = steps[i+1].(string)
		}
		c.do(cmd)
		if got := c.tree(a); want != "" && got != want {
			t.Fatalf("step %d:\n got %s\nwant %s", i, got, want)
		}
		checkWalk(t, c.m)
	}
}

func TestPlaceholdersHaveNoUse(t *testing.T) {
	c, a, inbox := setUp(t)
	c.do(&command.MailboxDelete{Account: a, NamespaceVersion: 1, Mailbox: inbox + 1})
	trash := c.namespace(a).Mailboxes[1]
	if !trash.Placeholder || trash.Use != command.UseNone || trash.Counters != (command.Counters{}) {
		t.Fatalf("%+v", trash)
	}
}

func TestNamespaceVersions(t *testing.T) {
	c, a, inbox := setUp(t)
	if v := c.namespace(a).Version; v != 1 {
		t.Fatalf("version %d", v)
	}
	ap := newAppend(a, inbox, 1)
	ap.NamespaceVersion = 2
	c.refused(command.StatusNamespaceChanged, ap)
	ap.NamespaceVersion = 1
	c.do(ap)
	c.refused(
		command.StatusNamespaceChanged,
		&command.MailboxDelete{Account: a, NamespaceVersion: 0, Mailbox: inbox + 1},
	)
	c.refused(command.StatusNamespaceChanged,
		&command.MailboxRead{Account: a, Mailbox: inbox, NamespaceVersion: 7, Limit: 1})
	c.do(&command.MailboxSubscribe{Account: a, NamespaceVersion: 1, Mailbox: inbox, Subscribed: true})
	if v := c.namespace(a).Version; v != 1 {
		t.Fatalf("version %d after a change of nothing", v)
	}
	c.do(&command.MailboxSubscribe{Account: a, NamespaceVersion: 1, Mailbox: inbox})
	if v := c.namespace(a).Version; v != 2 {
		t.Fatalf("version %d", v)
	}
}

func TestNamespaceLimits(t *testing.T) {
	for _, s := range []struct {
		name   string
		sealed []byte
	}{{"many names", []byte("n")}, {"long names", make([]byte, command.MaxSealedName)}} {
		t.Run(s.name, func(t *testing.T) {
			c, a, inbox := setUp(t)
			version, n := uint64(1), 2
			for {
				cmd := &command.MailboxCreate{Account: a, NamespaceVersion: version}
				for i := range command.MaxNewMailboxes {
					cmd.Mailboxes = append(cmd.Mailboxes, command.NewMailbox{Token: token(n + i), Sealed: s.sealed})
				}
				for r := c.try(cmd); r.Status != command.StatusOK; r = c.try(cmd) {
					if r.Status != command.StatusLimit {
						t.Fatalf("status %d", r.Status)
					}
					if cmd.Mailboxes = cmd.Mailboxes[:len(cmd.Mailboxes)-1]; len(cmd.Mailboxes) == 0 {
						break
					}
				}
				if len(cmd.Mailboxes) == 0 {
					break
				}
				n += len(cmd.Mailboxes)
				version++
			}
			payload := c.do(&command.NamespaceRead{Account: a})
			if len(payload) > wire.MaxResultBytes || n > command.MaxMailboxes {
				t.Fatalf("%d mailboxes in %d bytes", n, len(payload))
			}
			// At the limit a name may still change.
			c.do(&command.MailboxRename{Account: a, NamespaceVersion: version, Mailbox: inbox + 1, Token: token(9999),
				Sealed: []byte("T")})
			checkWalk(t, c.m)
		})
	}
}

func TestMailboxIDsAreExhaustedNotWrapped(t *testing.T) {
	s := openStore(t, t.TempDir()+"/state", kv.Options{})
	defer s.Close()
	m, err := Open(s, Genesis{FirstMailbox: 1<<32 - 3})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, m)
	c.do(newAccount(0))
	c.refused(command.StatusLimit, &command.MailboxCreate{Account: accountID(0), NamespaceVersion: 1,
		Mailboxes: []command.NewMailbox{newName(0, "a")}})
	c.refused(command.StatusLimit, newAccount(1))
	checkWalk(t, m)
}

// The digest of a fixed history: it changes only with the format version.
func TestGoldenRoot(t *testing.T) {
	c, a, inbox := setUp(t)
	ap := newAppend(a, inbox, 1)
	ap.Keywords = []command.KeywordDef{{Token: token(3), Sealed: []byte("k")}}
	c.do(ap)
	c.append(a, inbox, 2)
	c.do(&command.Copy{Account: a, Source: inbox, Target: inbox + 1, UIDs: rangesOf(1), Move: true})
	const want = "3011145db485d32a8599f0085c9d18f951883d17677b7aa653a6c776a2dbc5b0"
	root := c.m.Root()
	if got := fmt.Sprintf("%x", root[:]); got != want {
		t.Errorf("root %s, want %s", got, want)
	}
}

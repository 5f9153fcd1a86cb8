package mailtree

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/cache/content"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

const inbox = command.MailboxID(1000)

var account = command.AccountID{1}

// world is a mailbox of the real state machine, and its messages as a list.
type world struct {
	machine  *state.Machine
	sequence uint64
	reads    int // answers that were read
	messages int // messages in them
}

func newWorld(t testing.TB) *world {
	t.Helper()
	store, err := kv.Open(kv.Options{Path: filepath.Join(t.TempDir(), "store")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	machine, err := state.Open(store, state.Genesis{FirstMailbox: inbox})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{machine: machine}
	w.do(&command.AccountCreate{Account: account, Sealed: []byte{1}, WrappedKey: []byte{1}, QuotaBytes: 1 << 40,
		Mailboxes: []command.NewMailbox{{Token: command.Token{1}, Sealed: []byte{1}, Inbox: true}}})
	return w
}

func (w *world) do(c command.Command) []byte {
	w.sequence++
	q := wire.Request{ID: wire.RequestID{Generation: 1, Incarnation: 1, Sequence: w.sequence}, Keys: c.Keys(), Command: c.Append(nil)}
	if c.ReadOnly() {
		q.Flags = wire.FlagReadOnly
	}
	results, _, err := w.machine.Apply(w.machine.Applied()+1, []wire.Request{q})
	if err != nil || results[0].Status != command.StatusOK {
		panic(errors.Join(err, errors.New("a command failed")))
	}
	return results[0].Payload
}

func (w *world) append(n int, flags command.Flags, keywords ...command.KeywordDef) {
	for i := range n {
		body := []byte{byte(i), byte(i >> 8), 1}
		w.do(&command.Append{Account: account, Mailbox: inbox, Flags: flags, Keywords: keywords, Size: uint32(100 + i),
			Summary: []byte{byte(i), 2}, Body: body, BodyDigest: wire.Sum(body), BodySize: uint32(len(body))})
	}
}

func (w *world) copy(first, last command.UID) {
	w.do(&command.Copy{Account: account, Source: inbox, Target: inbox, UIDs: []command.UIDRange{{First: first, Last: last}}})
}

func (w *world) store(mode command.StoreMode, flags command.Flags, ranges ...command.UIDRange) {
	w.do(&command.Store{Account: account, Mailbox: inbox, UIDs: ranges, Mode: mode, Flags: flags, UnchangedSince: 1<<64 - 1})
}

func (w *world) expunge(ranges ...command.UIDRange) {
	w.store(command.StoreAdd, command.FlagDeleted, ranges...)
	w.do(&command.Expunge{Account: account, Mailbox: inbox, UIDs: ranges})
}

// peek is what a host says of a read.
func (w *world) peek(q *command.MailboxRead) command.MailboxParts {
	q.Account, q.Mailbox = account, inbox
	status, payload, _, ok, err := w.machine.Peek(q.Append(nil))
	if err != nil || !ok || status != command.StatusOK {
		panic(errors.Join(err, errors.New("a read failed")))
	}
	p, err := command.DecodeMailboxParts(slices.Clone(payload))
	if err != nil {
		panic(err)
	}
	return p
}

// all are the mailbox's messages, and its state.
func (w *world) all() (command.MailboxState, []command.Message) {
	var list []command.Message
	q := &command.MailboxRead{First: 1, Last: command.MaxUID, Limit: command.MaxReadMessages}
	for {
		p := w.peek(q)
		got := p.Messages()
		if list = append(list, got...); len(list) == int(p.State.Counters.Messages) {
			return p.State, list
		}
		q.First = list[len(list)-1].UID + 1
	}
}

// lookup asks until nothing is missing.
func lookup[T any](t failer, w *world, tree *Tree, limit uint32, ask func() (T, error)) T {
	t.Helper()
	for range 1000 {
		v, err := ask()
		var m *Missing
		if !errors.As(err, &m) {
			return v
		}
		p := w.peek(m.read(limit))
		w.reads++
		w.messages += len(p.Messages())
		if err := tree.Take(&p, m.Records); err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
	}
	t.Fatalf("a lookup does not end")
	panic("unreachable")
}

func (m *Missing) read(limit uint32) *command.MailboxRead {
	if m.Bare {
		limit = 0
	}
	return &command.MailboxRead{First: m.First, Last: m.Last, Since: m.Since, Limit: limit}
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// change does something to the mailbox that a client could.
func (w *world) change(t *rapid.T) {
	s, _ := w.all()
	next := uint32(s.Counters.UIDNext)
	uid := rapid.Uint32Range(1, next+20)
	spread := func() command.UIDRange {
		first := uid.Draw(t, "first")
		return command.UIDRange{First: command.UID(first), Last: command.UID(first + rapid.Uint32Range(0, 300).Draw(t, "more"))}
	}
	switch rapid.IntRange(0, 4).Draw(t, "change") {
	case 0:
		w.append(rapid.IntRange(1, 20).Draw(t, "n"), command.Flags(rapid.Uint8Max(uint8(command.AllFlags)).Draw(t, "flags")),
			command.KeywordDef{Token: command.Token{rapid.Byte().Draw(t, "keyword")}, Sealed: []byte{1}})
	case 1:
		if r := spread(); s.Counters.Messages < 20_000 {
			w.copy(r.First, r.Last)
		}
	case 2:
		w.store(command.StoreMode(rapid.Uint8Max(2).Draw(t, "mode")), command.Flags(rapid.Uint8Max(uint8(command.AllFlags)).Draw(t, "flags")), spread())
	default:
		w.expunge(spread())
	}
}

var newCaches = map[string]func() Cache{
	"keeps all":       func() Cache { return content.New(64 << 20) },
	"keeps little":    func() Cache { return content.New(32 << 10) },
	"keeps nothing":   func() Cache { return content.New(1) },
	"drops at random": func() Cache { return &forgetful{kept: map[wire.Digest][]byte{}} },
}

// forgetful drops every third part that it has when it is asked for it.
type forgetful struct {
	kept map[wire.Digest][]byte
	n    int
}

func (f *forgetful) Put(d wire.Digest, v []byte) { f.kept[d] = v }
func (f *forgetful) Get(d wire.Digest) ([]byte, bool) {
	if f.n++; f.n%3 == 0 {
		delete(f.kept, d)
	}
	v, ok := f.kept[d]
	return v, ok
}

package mailtree

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/cache/content"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
)

// Whatever a mailbox looks like, whatever is known of it and however much of that is dropped, lookups say what is there.
func TestLookupsAgreeWithAList(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		w.append(10, command.FlagSeen)
		for s, _ := w.all(); s.Counters.Messages < 500; s, _ = w.all() {
			w.copy(1, 500)
		}
		cache := newCaches[rapid.SampledFrom(slices.Sorted(maps.Keys(newCaches))).Draw(r, "cache")]()
		limit := rapid.SampledFrom([]uint32{pageUIDs, 1000, command.MaxReadMessages}).Draw(r, "limit")
		since := uint64(0)
		for range rapid.IntRange(1, 2).Draw(r, "rounds") {
			for range rapid.IntRange(0, 4).Draw(r, "changes") {
				w.change(r)
			}
			s, list := w.all()
			checkLookups(r, w, s, list, cache, limit, since)
			since = s.Counters.HighestModSeq
		}
	})
}

// The same in a mailbox with several levels, of which some parts are wanted and others not.
func TestLookupsInALargeMailbox(t *testing.T) {
	w := newWorld(t)
	w.append(30, command.FlagSeen)
	for s, _ := w.all(); s.Counters.Messages < 4800; s, _ = w.all() {
		w.copy(1, 4800)
	}
	w.store(command.StoreRemove, command.FlagSeen, command.UIDRange{First: 2, Last: 3}, command.UIDRange{First: 500, Last: 700},
		command.UIDRange{First: 4090, Last: 4100}, command.UIDRange{First: 4500, Last: 4500})
	w.expunge(command.UIDRange{First: 1024, Last: 1900}, command.UIDRange{First: 4700, Last: 4705})
	s, list := w.all()
	rapid.Check(t, func(r *rapid.T) {
		cache := newCaches[rapid.SampledFrom(slices.Sorted(maps.Keys(newCaches))).Draw(r, "cache")]()
		limit := rapid.SampledFrom([]uint32{pageUIDs, 1000, command.MaxReadMessages}).Draw(r, "limit")
		checkLookups(r, w, s, list, cache, limit, rapid.Uint64Max(50).Draw(r, "since"))
	})
}

// checkLookups makes all lookups once.
func checkLookups(t *rapid.T, w *world, s command.MailboxState, list []command.Message, cache Cache, limit uint32, since uint64) {
	t.Helper()
	tree := New(cache, inbox, s.Messages)
	uid := command.UID(rapid.Uint32Range(1, uint32(s.Counters.UIDNext)+300).Draw(t, "uid"))
	at, found := slices.BinarySearchFunc(list, uid, func(m command.Message, u command.UID) int { return int(m.UID) - int(u) })

	if rank := lookup(t, w, tree, limit, func() (uint32, error) { return tree.Rank(uid) }); rank != uint32(at) {
		t.Fatalf("%d messages below UID %d, want %d", rank, uid, at)
	}
	type one struct {
		e  Entry
		ok bool
	}
	ask := func(f func() (Entry, bool, error)) one {
		return lookup(t, w, tree, limit, func() (one, error) { e, ok, err := f(); return one{e, ok}, err })
	}
	want := one{}
	if at < len(list) {
		want = one{entryOf(&list[at]), true}
		want.e.Rank = uint32(at)
	}
	if got := ask(func() (Entry, bool, error) { return tree.At(uint32(at)) }); got != want {
		t.Fatalf("message %d is %+v, want %+v", at, got, want)
	}
	if !found {
		want = one{}
	}
	if got := ask(func() (Entry, bool, error) { return tree.Find(uid) }); got != want {
		t.Fatalf("UID %d is %+v, want %+v", uid, got, want)
	}
	first := slices.IndexFunc(list, func(m command.Message) bool { return m.Flags&command.FlagSeen == 0 })
	if got := ask(tree.FirstUnseen); got.ok != (first >= 0) || got.ok && (got.e.UID != list[first].UID || got.e.Rank != uint32(first)) {
		t.Fatalf("the first unseen message is %+v, want number %d", got, first)
	}
	record := lookup(t, w, tree, limit, func() (command.Message, error) {
		m, ok, err := tree.Record(uid, uid+command.UID(rapid.IntRange(0, 900).Draw(t, "ahead")))
		if err == nil && ok != found {
			t.Fatalf("a record of UID %d: %v", uid, ok)
		}
		return m, err
	})
	if found && record != list[at] {
		t.Fatalf("the record of UID %d is %+v", uid, record)
	}
	checkWalks(t, w, tree, limit, list, since)
}

func checkWalks(t *rapid.T, w *world, tree *Tree, limit uint32, list []command.Message, since uint64) {
	t.Helper()
	first := command.UID(rapid.Uint32Range(1, uint32(len(list))+100).Draw(t, "first"))
	for _, r := range []Range{
		{First: 1, Last: command.MaxUID},
		{First: first, Last: first + command.UID(rapid.IntRange(0, 500).Draw(t, "span"))},
		{First: first, Last: command.MaxUID, Since: since},
		{First: 1, Last: command.MaxUID, Since: rapid.Uint64Max(since).Draw(t, "since")},
		{First: first, Last: command.MaxUID, Unseen: true},
	} {
		var want, got []Entry
		for i := range list {
			m := &list[i]
			if m.UID >= r.First && m.UID <= r.Last && m.ModSeq > r.Since && (!r.Unseen || m.Flags&command.FlagSeen == 0) {
				e := entryOf(m)
				e.Rank = uint32(i)
				want = append(want, e)
			}
		}
		stop := rapid.IntRange(0, 40).Draw(t, "stop") * 50
		left := r
		lookup(t, w, tree, limit, func() (struct{}, error) {
			return struct{}{}, tree.Walk(&left, func(e *Entry) bool {
				got = append(got, *e)
				return stop == 0 || len(got) < stop
			})
		})
		if stop > 0 && len(want) > stop {
			want = want[:stop]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v visits %d messages, want %d", r, len(got), len(want))
		}
	}
}

// What a lookup reads does not grow with the mailbox, but for the height of its tree.
func TestLookupsReadAPath(t *testing.T) {
	w := newWorld(t)
	w.append(100, command.FlagSeen)
	for s, _ := w.all(); s.Counters.Messages < 40_000; s, _ = w.all() {
		w.copy(1, 20_000)
	}
	w.store(command.StoreRemove, command.FlagSeen, command.UIDRange{First: 31_111, Last: 31_111})
	s, _ := w.all()
	for name, ask := range map[string]func(tree *Tree) (any, error){
		"rank":         func(tree *Tree) (any, error) { return tree.Rank(25_000) },
		"find":         func(tree *Tree) (any, error) { _, ok, err := tree.Find(25_000); return ok, err },
		"at":           func(tree *Tree) (any, error) { _, ok, err := tree.At(25_000); return ok, err },
		"first unseen": func(tree *Tree) (any, error) { e, _, err := tree.FirstUnseen(); return e.UID, err },
		"record":       func(tree *Tree) (any, error) { _, ok, err := tree.Record(25_000, 0); return ok, err },
		"changed": func(tree *Tree) (any, error) {
			n := 0
			r := Range{First: 1, Last: command.MaxUID, Since: s.Counters.HighestModSeq - 1}
			return n, tree.Walk(&r, func(*Entry) bool { n++; return true })
		},
	} {
		tree := New(content.New(0), inbox, s.Messages)
		w.reads, w.messages = 0, 0
		got := lookup(t, w, tree, command.MaxReadMessages, func() (any, error) { return ask(tree) })
		if w.reads > verify.Height(40_000/command.MessagesPerLeaf)+1 || w.messages > command.MessagesPerLeaf {
			t.Errorf("%s (%v) took %d reads of %d messages", name, got, w.reads, w.messages)
		}
	}
}

// A lookup of what is known reads nothing, and another state of the mailbox but what differs.
func TestStatesShareWhatIsEqual(t *testing.T) {
	w := newWorld(t)
	w.append(100, command.FlagSeen)
	for range 6 {
		w.copy(1, 20_000)
	}
	cache := content.New(0)
	count := func() (n int) {
		s, _ := w.all()
		w.reads, w.messages = 0, 0
		tree := New(cache, inbox, s.Messages)
		left := Range{First: 1, Last: command.MaxUID}
		lookup(t, w, tree, command.MaxReadMessages, func() (int, error) {
			return 0, tree.Walk(&left, func(e *Entry) bool { n++; return true })
		})
		return n
	}
	if n := count(); n != 6400 || w.messages < n {
		t.Fatalf("%d messages, %d read", n, w.messages)
	}
	if n := count(); n != 6400 || w.reads != 0 {
		t.Fatalf("%d messages, %d reads of what is known", n, w.reads)
	}
	w.store(command.StoreAdd, command.FlagFlagged, command.UIDRange{First: 3000, Last: 3000})
	w.expunge(command.UIDRange{First: 5000, Last: 5003})
	if n := count(); n != 6396 || w.reads > 5 {
		t.Fatalf("%d messages, %d reads after a change", n, w.reads)
	}
}

// A liar's answer is refused, or brings nothing that is not there.
func TestLyingAnswers(t *testing.T) {
	w := newWorld(t)
	w.append(100, 0)
	for range 4 {
		w.copy(1, 1000)
	}
	s, list := w.all()
	old := w.peek(&command.MailboxRead{First: 1, Last: command.MaxUID, Limit: command.MaxReadMessages})
	w.store(command.StoreAdd, command.FlagSeen, command.UIDRange{First: 1, Last: 10})
	newer, _ := w.all()
	for name, lie := range map[string]func(p *command.MailboxParts){
		"a changed node":       func(p *command.MailboxParts) { p.Nodes[1].Node[5] ^= 1 },
		"a changed tally":      func(p *command.MailboxParts) { p.Nodes[0].Node[2+32+3]++ },
		"a rotten node":        func(p *command.MailboxParts) { p.Nodes[1].Node = p.Nodes[1].Node[:7] },
		"a node elsewhere":     func(p *command.MailboxParts) { p.Nodes[1].Place++ },
		"another level":        func(p *command.MailboxParts) { p.Nodes[0].Level++ },
		"a level beyond all":   func(p *command.MailboxParts) { p.Nodes[0].Level = 200 },
		"no top":               func(p *command.MailboxParts) { p.Nodes = p.Nodes[1:] },
		"a lower node first":   func(p *command.MailboxParts) { p.Nodes[0], p.Nodes[1] = p.Nodes[1], p.Nodes[0] },
		"nodes out of order":   func(p *command.MailboxParts) { p.Nodes[1], p.Nodes[3] = p.Nodes[3], p.Nodes[1] },
		"a changed flag":       func(p *command.MailboxParts) { p.Blocks[3].Records[12] ^= 1 },
		"a block without node": func(p *command.MailboxParts) { p.Nodes = p.Nodes[:1] },
		"a block of another":   func(p *command.MailboxParts) { p.Blocks[3].Index += 1000 },
		"a cut block":          func(p *command.MailboxParts) { p.Blocks[2].Records = p.Blocks[2].Records[:command.MessageBytes] },
		"nothing but a block":  func(p *command.MailboxParts) { p.Nodes = nil },
		"a state of before":    func(p *command.MailboxParts) { *p = old },
		"a node of another tree": func(p *command.MailboxParts) {
			p.Nodes[0].Node = verify.AppendNode(nil, &verify.Children{0: {Digest: wire.Digest{1}}})
		},
	} {
		tree := New(content.New(0), inbox, newer.Messages)
		p := w.peek(&command.MailboxRead{First: 1, Last: command.MaxUID, Limit: command.MaxReadMessages})
		lie(&p)
		if err := tree.Take(&p, true); !errors.Is(err, ErrUnfit) {
			t.Errorf("%s: %v", name, err)
		}
		n := lookup(t, w, tree, command.MaxReadMessages, func() (uint32, error) { return tree.Rank(command.MaxUID) })
		if int(n) != len(list) {
			t.Errorf("%s: %d messages", name, n)
		}
	}
	// What is left out is missing, and nothing else.
	tree := New(content.New(0), inbox, s.Messages)
	old.Blocks = slices.Delete(old.Blocks, 5, 7)
	if err := tree.Take(&old, false); err != nil {
		t.Fatal(err)
	}
	var m *Missing
	if _, _, err := tree.Find(5*command.MessagesPerLeaf + 1); !errors.As(err, &m) {
		t.Errorf("a message that was left out: %v", err)
	}
	if e, ok, err := tree.Find(command.MessagesPerLeaf + 1); err != nil || !ok || e.UID != command.MessagesPerLeaf+1 {
		t.Errorf("a message beside it: %+v, %v, %v", e, ok, err)
	}
}

// Take is total, and what it takes has the digest that names it.
func FuzzTake(f *testing.F) {
	w := newWorld(f)
	w.append(60, 0)
	w.copy(1, 60)
	w.copy(1, 120)
	w.copy(1, 240)
	s, _ := w.all()
	for _, q := range []command.MailboxRead{{First: 1, Last: 10, Limit: 100}, {First: 1, Last: command.MaxUID, Limit: 100}, {FirstUnseen: true}} {
		p := w.peek(&q)
		f.Add(p.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := command.DecodeMailboxParts(b)
		if err != nil {
			return
		}
		cache := &forgetful{kept: map[wire.Digest][]byte{}, n: 1 << 40}
		tree := New(cache, inbox, s.Messages)
		_ = tree.Take(&p, true)
		_ = tree.Walk(&Range{First: 1, Last: command.MaxUID}, func(e *Entry) bool {
			if e.UID >= s.Counters.UIDNext || e.Flags != 0 {
				t.Fatalf("a message that is not there: %+v", e)
			}
			return true
		})
	})
}

// A page is a few bytes a message, whatever is in it.
func TestPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Uint32Max(1<<24-1).Draw(t, "place")
		var list []command.Message
		for slot := range uint32(pageUIDs) {
			if u := at*pageUIDs + slot; u > 0 && rapid.IntRange(0, 3).Draw(t, "there") > 0 {
				list = append(list, command.Message{
					UID: command.UID(u), ModSeq: rapid.Uint64().Draw(t, "modseq"), Flags: command.Flags(rapid.Uint8Max(uint8(command.AllFlags)).Draw(t, "flags")),
					Keywords: rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64()).Draw(t, "keywords"), Size: rapid.Uint32().Draw(t, "size"),
				})
			}
		}
		p := openPage(at, appendPage(nil, at, list))
		for i := range list {
			if e, ok := p.next(); !ok || e != entryOf(&list[i]) {
				t.Fatalf("message %d of the page is %+v, want %+v", i, e, list[i])
			}
		}
		if e, ok := p.next(); ok || len(p.rest) > 0 {
			t.Fatalf("one too many: %+v", e)
		}
	})
	var list []command.Message
	for i := range pageUIDs {
		list = append(list, command.Message{UID: command.UID(pageUIDs + i), ModSeq: uint64(1e9 + i), Flags: 3, Keywords: 5, Size: uint32(40_000 + 1000*i)})
	}
	if n := len(appendPage(nil, 1, list)); n > 7*pageUIDs {
		t.Errorf("%s a message", fmt.Sprintf("%.1f bytes", float64(n)/pageUIDs))
	}
}

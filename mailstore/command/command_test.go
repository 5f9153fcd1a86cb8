package command

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/digesttree/verify"
)

var (
	genID = rapid.Custom(
		func(t *rapid.T) (id [16]byte) { copy(id[:], genFixed(16).Draw(t, "id")); return id },
	)
	genBox = rapid.Custom(
		func(t *rapid.T) MailboxID { return MailboxID(rapid.Uint32Min(1).Draw(t, "mailbox")) },
	)
	genFlags = rapid.Custom(
		func(t *rapid.T) Flags { return Flags(rapid.Uint8Max(uint8(AllFlags)).Draw(t, "flags")) },
	)
	genDigest = rapid.Custom(
		func(t *rapid.T) (d wire.Digest) { copy(d[:], genFixed(32).Draw(t, "digest")); return d },
	)
)

func genFixed(n int) *rapid.Generator[[]byte] { return rapid.SliceOfN(rapid.Byte(), n, n) }

// genBytes gives nil for no bytes, as decoders do.
func genBytes(min, max int) *rapid.Generator[[]byte] {
	return rapid.Map(rapid.SliceOfN(rapid.Byte(), min, min+min/2+max%40), func(b []byte) []byte {
		if len(b) == 0 {
			return nil
		}
		return b
	})
}

var genRanges = rapid.Custom(func(t *rapid.T) []UIDRange {
	var out []UIDRange
	next := uint64(1)
	for range rapid.IntRange(0, 5).Draw(t, "ranges") {
		first := next + uint64(rapid.Uint16().Draw(t, "gap"))
		last := first + uint64(rapid.Uint16().Draw(t, "length"))
		out = append(out, UIDRange{UID(first), UID(last)})
		next = last + 2
	}
	return out
})

var genKeywords = rapid.Custom(func(t *rapid.T) []KeywordDef {
	defs := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) KeywordDef {
		return KeywordDef{Token: genID.Draw(t, "token"), Sealed: genBytes(1, 30).Draw(t, "sealed")}
	}), 0, 4, func(d KeywordDef) Token { return d.Token }).Draw(t, "keywords")
	if len(defs) == 0 {
		return nil
	}
	return defs
})

func drawNewMailboxes(t *rapid.T, min int, inbox bool) []NewMailbox {
	var out []NewMailbox
	for i := range rapid.IntRange(min, 4).Draw(t, "new mailboxes") {
		m := NewMailbox{
			Token: genID.Draw(t, "token"), Sealed: genBytes(1, 30).Draw(t, "sealed"),
			Use:        SpecialUse(rapid.Uint8Max(uint8(UseAll)).Draw(t, "use")),
			Subscribed: rapid.Bool().Draw(t, "subscribed"),
		}
		switch {
		case inbox && i == 0:
			m.Inbox = true
		case i > 0 && rapid.Bool().Draw(t, "nested"):
			m.ParentIndex = uint32(rapid.IntRange(1, i).Draw(t, "parent index"))
		case !inbox:
			m.Parent = MailboxID(rapid.Uint32().Draw(t, "parent"))
		}
		out = append(out, m)
	}
	return out
}

func drawCommand(t *rapid.T) Command {
	a := AccountID(genID.Draw(t, "account"))
	u64 := rapid.Uint64()
	switch rapid.IntRange(0, 17).Draw(t, "kind") {
	case 0:
		return &AccountCreate{a, genBytes(1, 30).Draw(t, "sealed"), genBytes(1, 30).Draw(t, "key"),
			genBytes(0, 30).Draw(t, "verifiers"), u64.Draw(t, "quota"), drawNewMailboxes(t, 1, true)}
	case 1:
		return &AccountSetVerifiers{a, u64.Draw(t, "version"), genBytes(0, 30).Draw(t, "verifiers")}
	case 2:
		return &AccountEnable{a, rapid.Bool().Draw(t, "enabled")}
	case 3:
		return &AccountRemove{a}
	case 4:
		return &AccountRead{a}
	case 5:
		return &AccountList{a, rapid.Uint32Range(1, MaxAccountPage).Draw(t, "limit")}
	case 6:
		return &MailboxCreate{a, u64.Draw(t, "version"), drawNewMailboxes(t, 1, false)}
	case 7:
		return &MailboxDelete{a, u64.Draw(t, "version"), genBox.Draw(t, "mailbox")}
	case 8:
		c := &MailboxRename{a, u64.Draw(t, "version"), genBox.Draw(t, "mailbox"), drawNewMailboxes(t, 0, false),
			0, 0, genID.Draw(t, "token"), genBytes(1, 30).Draw(t, "sealed")}
		c.ParentIndex = uint32(rapid.IntRange(0, len(c.Create)).Draw(t, "parent index"))
		if c.ParentIndex == 0 {
			c.Parent = genBox.Draw(t, "parent")
		}
		return c
	case 9:
		return &MailboxSubscribe{a, u64.Draw(t, "version"), genBox.Draw(t, "mailbox"), rapid.Bool().Draw(t, "on")}
	case 10:
		return &NamespaceRead{a}
	case 11:
		c := &Append{Account: a, Mailbox: genBox.Draw(t, "mailbox"), NamespaceVersion: u64.Draw(t, "version"),
			Flags: genFlags.Draw(t, "flags"), Keywords: genKeywords.Draw(t, "keywords"),
			Size: rapid.Uint32().Draw(t, "size"), Summary: genBytes(1, 30).Draw(t, "summary")}
		if rapid.Bool().Draw(t, "inline") {
			c.Body = genBytes(1, 30).Draw(t, "body")
			c.BodyDigest, c.BodySize = wire.Sum(c.Body), uint32(len(c.Body))
		} else {
			c.BodyDigest = genDigest.Draw(t, "body")
			c.BodySize = rapid.Uint32Range(wire.InlineBodyBytes+1, wire.MaxBodyBytes).Draw(t, "body size")
		}
		return c
	case 12:
		return &Copy{a, genBox.Draw(t, "source"), genBox.Draw(t, "target"), u64.Draw(t, "version"),
			genRanges.Draw(t, "uids"), rapid.Bool().Draw(t, "move")}
	case 13:
		return &Store{a, genBox.Draw(t, "mailbox"), genRanges.Draw(t, "uids"),
			StoreMode(rapid.Uint8Max(2).Draw(t, "mode")), genFlags.Draw(t, "flags"),
			genKeywords.Draw(t, "keywords"), u64.Draw(t, "unchanged since")}
	case 14:
		c := &Expunge{Account: a, Mailbox: genBox.Draw(t, "mailbox"), All: rapid.Bool().Draw(t, "all")}
		if !c.All {
			c.UIDs = genRanges.Draw(t, "uids")
		}
		return c
	case 15:
		c := &MailboxRead{Account: a, Mailbox: genBox.Draw(t, "mailbox"), NamespaceVersion: u64.Draw(t, "version"),
			Since: u64.Draw(t, "since"), Limit: rapid.Uint32Max(MaxReadMessages).Draw(t, "limit"),
			FirstUnseen: rapid.Bool().Draw(t, "unseen"), Removed: u64.Draw(t, "removed"), Table: genDigest.Draw(t, "table")}
		if !c.FirstUnseen {
			c.First = UID(rapid.Uint32().Draw(t, "first"))
			c.Last = max(c.First, UID(rapid.Uint32().Draw(t, "last")))
		}
		return c
	case 16:
		return drawDeliver(t)
	}
	return &Ping{genBytes(0, 30).Draw(t, "data"), rapid.Bool().Draw(t, "as read")}
}

func TestCommandsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCommand(t)
		b := c.Append([]byte("before"))[len("before"):]
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if !reflect.DeepEqual(got, c) {
			t.Fatalf("decoded %+v, want %+v", got, c)
		}
		keys := c.Keys()
		if !slices.IsSortedFunc(keys, CompareKeys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
			t.Fatalf("keys %v", keys)
		}
		if n := rapid.IntRange(0, len(b)-1).Draw(t, "cut"); !errorIs(Decode(b[:n])) {
			t.Fatal("a cut command was decoded")
		}
		if !errorIs(Decode(append(slices.Clone(b), 0))) {
			t.Fatal("a longer command was decoded")
		}
	})
}

func errorIs(_ Command, err error) bool { return errors.Is(err, ErrInvalid) }

// golden vectors: what is voted on must never change within a version.
func TestGoldenCommands(t *testing.T) {
	a := AccountID{1, 2}
	account := "01020000000000000000000000000000"
	for _, g := range []struct {
		c    Command
		want string
	}{
		{&AccountEnable{a, true}, "0301" + account + "01"},
		{&AccountList{a, 2}, "0601" + account + "00000002"},
		{&MailboxDelete{a, 3, 4}, "1101" + account + "0000000000000003" + "00000004"},
		{&MailboxCreate{a, 3, []NewMailbox{{Parent: 5, Token: Token{9}, Sealed: []byte{7}, Use: UseSent,
			Subscribed: true}}}, "1001" + account + "0000000000000003" + "00000001" + "00000005" + "00000000" +
			"09000000000000000000000000000000" + "0000000107" + "02" + "01" + "00"},
		{&Store{a, 4, []UIDRange{{1, 2}, {4, 4}}, StoreAdd, FlagSeen | FlagDeleted,
			[]KeywordDef{{Token{8}, []byte{6}}}, math.MaxUint64}, "2201" + account + "00000004" + "00000002" +
			"0000000100000002" + "0000000400000004" + "01" + "09" + "00000001" +
			"08000000000000000000000000000000" + "0000000106" + "ffffffffffffffff"},
		{&Copy{a, 4, 5, 6, nil, true}, "2101" + account + "00000004" + "00000005" + "0000000000000006" +
			"00000000" + "01"},
		{&MailboxRead{a, 4, 0, 7, 8, 9, 10, false, 11, wire.Digest{12}}, "2501" + account + "00000004" + "0000000000000000" +
			"00000007" + "00000008" + "0000000000000009" + "0000000a" + "00" + "000000000000000b" + "0c" + strings.Repeat("00", 31)},
		{&Ping{[]byte{1, 2}, true}, "3001" + "000000020102" + "01"},
	} {
		if got := hex.EncodeToString(g.c.Append(nil)); got != g.want {
			t.Errorf("%T\n got %s\nwant %s", g.c, got, g.want)
		}
	}
	p := MailboxParts{
		State:    MailboxState{ID: 4, Account: a, Counters: Counters{Messages: 1, UIDNext: 3, HighestModSeq: 9}, Removed: 1},
		Expunged: []Tomb{{1, 8}},
		Nodes: []TreeNode{{0, 0, verify.AppendNode(nil, &verify.Children{0: {Digest: wire.Digest{1},
			Tally: verify.Tally{Messages: 1, Unseen: 0, ModSeq: 9}}})}},
		Blocks: []Block{{0, AppendMessage(nil, &Message{UID: 2, ModSeq: 9, Flags: FlagSeen, Keywords: 1, Size: 100, BodySize: 5})}},
	}
	none := strings.Repeat("00", 32)
	want := "01" + "00000004" + account + "00000001" + "00000000" + "00000000" + "0000000000000000" + "00000003" + "0000000000000009" +
		"00" + none + none + "0000000000000001" + none + none + "0000000000000000" + "0000000000000000" +
		"00000000" + "00000001" + "00000001" + "0000000000000008" +
		"00000001" + "00" + "00000000" + "00000032" + "0001" + "01" + strings.Repeat("00", 31) + "00000001" + "00000000" + "0000000000000009" +
		"00000001" + "0000005d" + "00000002" + "0000000000000009" + "01" + "0000000000000001" + "00000064" + none + none + "00000005"
	if got := hex.EncodeToString(p.Append(nil)); got != want {
		t.Errorf("MailboxParts\n got %s\nwant %s", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	a := AccountID{1}
	inline := bytes.Repeat([]byte{1}, wire.InlineBodyBytes+1)
	kw := make([]KeywordDef, MaxKeywords+1)
	for i := range kw {
		kw[i] = KeywordDef{Token{byte(i)}, []byte{1}}
	}
	many := make([]UIDRange, MaxRanges+1)
	for i := range many {
		many[i] = UIDRange{UID(2*i + 1), UID(2*i + 1)}
	}
	box := NewMailbox{Sealed: []byte{1}}
	create := func(list ...NewMailbox) Command { return &MailboxCreate{Account: a, Mailboxes: list} }
	account := func(key int, list ...NewMailbox) Command {
		return &AccountCreate{Account: a, Sealed: []byte{1}, WrappedKey: inline[:key], Mailboxes: list}
	}
	one := []byte{1}
	withBody := func(b []byte) Command {
		c := &Append{Account: a, Mailbox: 1, Summary: one, Body: b}
		c.BodySize, c.BodyDigest = uint32(len(b)), wire.Sum(b)
		return c
	}
	store := func(r ...UIDRange) Command { return &Store{Account: a, Mailbox: 1, UIDs: r} }
	app := func(change func(c *Append)) Command {
		c := &Append{
			Account:    a,
			Mailbox:    1,
			Summary:    []byte{1},
			Body:       []byte{1},
			BodyDigest: wire.Sum([]byte{1}),
			BodySize:   1,
		}
		if _, err := Decode(c.Append(nil)); err != nil {
			t.Fatal(err)
		}
		change(c)
		return c
	}
	for name, c := range map[string]Command{
		"UID 0":               store(UIDRange{0, 1}),
		"range backwards":     store(UIDRange{3, 2}),
		"ranges overlap":      store(UIDRange{1, 3}, UIDRange{3, 4}),
		"ranges adjacent":     store(UIDRange{1, 3}, UIDRange{4, 4}),
		"ranges unsorted":     store(UIDRange{5, 6}, UIDRange{1, 2}),
		"after the last UID":  store(UIDRange{1, 1<<32 - 1}, UIDRange{1, 2}),
		"too many ranges":     store(many...),
		"unknown flag":        &Store{Account: a, Mailbox: 1, Flags: AllFlags + 1},
		"unknown mode":        &Store{Account: a, Mailbox: 1, Mode: StoreRemove + 1},
		"mailbox 0":           &Store{Account: a},
		"keyword twice":       &Store{Account: a, Mailbox: 1, Keywords: []KeywordDef{kw[1], kw[1]}},
		"too many keywords":   &Store{Account: a, Mailbox: 1, Keywords: kw},
		"keyword sans name":   &Store{Account: a, Mailbox: 1, Keywords: []KeywordDef{{Token: Token{1}}}},
		"all and some":        &Expunge{Account: a, Mailbox: 1, All: true, UIDs: []UIDRange{{1, 1}}},
		"no summary":          app(func(c *Append) { c.Summary = nil }),
		"long summary":        app(func(c *Append) { c.Summary = inline }),
		"wrong digest":        app(func(c *Append) { c.BodyDigest[0]++ }),
		"wrong size":          app(func(c *Append) { c.BodySize++ }),
		"no body":             app(func(c *Append) { c.Body, c.BodySize, c.BodyDigest = nil, 0, wire.Sum(nil) }),
		"inline over limit":   withBody(inline),
		"both ways":           app(func(c *Append) { c.BodySize = wire.InlineBodyBytes + 1 }),
		"body over limit":     app(func(c *Append) { c.Body, c.BodySize = nil, wire.MaxBodyBytes+1 }),
		"backwards":           &MailboxRead{Account: a, Mailbox: 1, First: 2, Last: 1},
		"two ways at once":    &MailboxRead{Account: a, Mailbox: 1, First: 1, Last: 1, FirstUnseen: true},
		"too many messages":   &MailboxRead{Account: a, Mailbox: 1, Limit: MaxReadMessages + 1},
		"list too long":       &AccountList{Limit: MaxAccountPage + 1},
		"nothing to create":   create(),
		"another INBOX":       create(NewMailbox{Sealed: one, Inbox: true}),
		"parent comes later":  create(NewMailbox{Sealed: one, ParentIndex: 1}),
		"two parents":         create(box, NewMailbox{Sealed: one, ParentIndex: 1, Parent: 2}),
		"unknown use":         create(NewMailbox{Sealed: one, Use: UseAll + 1}),
		"no name":             create(NewMailbox{}),
		"too many at once":    create(slices.Repeat([]NewMailbox{box}, MaxNewMailboxes+1)...),
		"account sans INBOX":  account(1, box),
		"account sans key":    account(0, NewMailbox{Sealed: one, Inbox: true}),
		"long key":            account(MaxWrappedKey+1, NewMailbox{Sealed: one, Inbox: true}),
		"long verifiers":      &AccountSetVerifiers{Account: a, Verifiers: inline[:MaxSealedVerifiers+1]},
		"ping over the limit": &Ping{Data: inline},
	} {
		if _, err := Decode(c.Append(nil)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, k := range []Kind{0, 36, KindFence, KindTick, KindDeliver, KindMembership, 255} {
		if _, err := Decode([]byte{byte(k), Version}); !errors.Is(err, ErrInvalid) {
			t.Errorf("kind %d: %v", k, err)
		}
	}
	if _, err := Decode([]byte{byte(KindAccountRead), Version + 1, 15: 0, 17: 0}); !errors.Is(err, ErrInvalid) {
		t.Errorf("another version: %v", err)
	}
}

func TestLargestCommandFits(t *testing.T) {
	body := bytes.Repeat([]byte{1}, wire.InlineBodyBytes)
	c := &Append{Mailbox: 1, Summary: body, Body: body, BodyDigest: wire.Sum(body), BodySize: uint32(len(body))}
	for i := range MaxKeywords {
		c.Keywords = append(c.Keywords, KeywordDef{Token{byte(i)}, body[:MaxSealedName]})
	}
	if _, err := Decode(c.Append(nil)); err != nil {
		t.Fatal(err)
	}
	if c.Bodies() != nil {
		t.Fatal("an inline body is listed")
	}
	c.Body, c.BodySize = nil, wire.InlineBodyBytes+1
	if got := Bodies(c); len(got) != 1 || got[0] != c.BodyDigest {
		t.Fatalf("bodies %v", got)
	}
}

func FuzzDecode(f *testing.F) {
	for i := range 40 {
		f.Add(rapid.Custom(drawCommand).Example(i).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Decode(b)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(c.Append(nil), b) {
			t.Fatalf("%+v has two encodings", c)
		}
	})
}

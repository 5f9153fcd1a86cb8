package state

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
)

// setUp gives a machine with account 0: INBOX has id firstMailbox, Trash the next.
func setUp(t *testing.T) (*client, command.AccountID, command.MailboxID) {
	c := newClient(t, newMachine(t, kv.Options{}))
	c.do(newAccount(0))
	return c, accountID(0), firstMailbox
}

func (c *client) append(a command.AccountID, id command.MailboxID, n int) command.Appended {
	c.t.Helper()
	return must[command.Appended](c.t)(command.DecodeAppended(c.do(newAppend(a, id, n))))
}

func rangesOf(uids ...command.UID) (out []command.UIDRange) {
	for _, u := range uids {
		out = addUID(out, u)
	}
	return out
}

const noCondition = math.MaxUint64

func TestUIDsAndModSeqsRise(t *testing.T) {
	c, a, inbox := setUp(t)
	for i := 1; i <= 5; i++ {
		got := c.append(a, inbox, i)
		if got != (command.Appended{UID: command.UID(i), ModSeq: uint64(i + 1)}) {
			t.Fatalf("append %d: %+v", i, got)
		}
	}
	c.do(&command.Store{Account: a, Mailbox: inbox, UIDs: rangesOf(4, 5), Mode: command.StoreAdd,
		Flags: command.FlagDeleted, UnchangedSince: noCondition})
	gone := must[command.Expunged](t)(command.DecodeExpunged(c.do(
		&command.Expunge{Account: a, Mailbox: inbox, UIDs: rangesOf(1, 5)})))
	if !reflect.DeepEqual(gone, command.Expunged{UIDs: rangesOf(5), ModSeq: 8}) {
		t.Fatalf("expunged %+v", gone)
	}
	if got := c.append(a, inbox, 9); got != (command.Appended{UID: 6, ModSeq: 9}) {
		t.Fatalf("a UID was used again: %+v", got)
	}
	page := c.read(a, inbox, 6)
	if !reflect.DeepEqual(page.Expunged, rangesOf(5)) || len(page.Messages) != 2 || page.Horizon {
		t.Fatalf("changes since 6: %+v", page)
	}
	want := command.Counters{Messages: 5, Unseen: 5, Deleted: 1, Size: 101 + 102 + 103 + 104 + 109,
		UIDNext: 7, HighestModSeq: 9}
	if page.Counters != want {
		t.Fatalf("counters %+v, want %+v", page.Counters, want)
	}
	checkWalk(t, c.m)
}

func TestStoreConditionsAndNoChange(t *testing.T) {
	c, a, inbox := setUp(t)
	for i := range 3 {
		c.append(a, inbox, i)
	}
	kw := []command.KeywordDef{{Token: token(7), Sealed: []byte("seven")}}
	store := func(s command.Store) command.Stored {
		t.Helper()
		s.Account, s.Mailbox = a, inbox
		return must[command.Stored](t)(command.DecodeStored(c.do(&s)))
	}
	got := store(
		command.Store{UIDs: rangesOf(1, 2, 3), Mode: command.StoreAdd, Flags: command.FlagSeen, UnchangedSince: 3},
	)
	if !reflect.DeepEqual(got, command.Stored{ModSeq: 5, Modified: rangesOf(3)}) {
		t.Fatalf("%+v", got)
	}
	got = store(
		command.Store{
			UIDs:           rangesOf(1, 9),
			Mode:           command.StoreAdd,
			Flags:          command.FlagSeen,
			UnchangedSince: noCondition,
		},
	)
	if got.ModSeq != 5 || got.Modified != nil {
		t.Fatalf("a store that changed nothing: %+v", got)
	}
	store(
		command.Store{
			UIDs:           rangesOf(3),
			Mode:           command.StoreReplace,
			Flags:          command.FlagDraft,
			Keywords:       kw,
			UnchangedSince: noCondition,
		},
	)
	store(command.Store{UIDs: rangesOf(3), Mode: command.StoreRemove, Keywords: []command.KeywordDef{
		{Token: token(8), Sealed: []byte("not in the table")}}, UnchangedSince: noCondition})
	page := c.read(a, inbox, 5)
	if len(page.Messages) != 1 || page.Messages[0].Flags != command.FlagDraft ||
		page.Messages[0].Keywords != 1 ||
		page.Messages[0].ModSeq != 6 ||
		!reflect.DeepEqual(page.Keywords, kw) {
		t.Fatalf("%+v", page)
	}
	checkWalk(t, c.m)
}

func TestCopyAndMove(t *testing.T) {
	c, a, inbox := setUp(t)
	trash := inbox + 1
	for i := range 4 {
		ap := newAppend(a, inbox, i)
		ap.Keywords = []command.KeywordDef{{Token: token(i), Sealed: []byte{byte(i + 1)}}}
		c.do(ap)
	}
	copied := func(b []byte) command.Copied { return must[command.Copied](t)(command.DecodeCopied(b)) }
	got := copied(c.do(&command.Copy{Account: a, Source: inbox, Target: trash, UIDs: rangesOf(2, 4, 99)}))
	if !reflect.DeepEqual(got, command.Copied{Source: rangesOf(2, 4), Target: rangesOf(1, 2)}) {
		t.Fatalf("%+v", got)
	}
	got = copied(c.do(&command.Copy{Account: a, Source: inbox, Target: trash, UIDs: rangesOf(1), Move: true}))
	if !reflect.DeepEqual(got, command.Copied{Source: rangesOf(1), Target: rangesOf(3)}) {
		t.Fatalf("%+v", got)
	}
	got = copied(c.do(&command.Copy{Account: a, Source: inbox, Target: inbox, UIDs: rangesOf(2), Move: true}))
	if !reflect.DeepEqual(got, command.Copied{Source: rangesOf(2), Target: rangesOf(5)}) {
		t.Fatalf("%+v", got)
	}
	page := c.read(a, trash, 0)
	names := ""
	for _, m := range page.Messages {
		for i, def := range page.Keywords {
			if m.Keywords&(1<<i) != 0 {
				names += fmt.Sprint(m.UID, ":", def.Token[0], " ")
			}
		}
	}
	if names != "1:1 2:3 3:0 " {
		t.Fatalf("keywords in the target: %s", names)
	}
	if p := c.read(a, inbox, 1); len(p.Messages) != 3 || !reflect.DeepEqual(p.Expunged, rangesOf(1, 2)) {
		t.Fatalf("source: %+v", p)
	}
	checkWalk(t, c.m)
	if got = copied(
		c.do(&command.Copy{Account: a, Source: inbox, Target: trash, UIDs: rangesOf(77)}),
	); got.Source != nil {
		t.Fatalf("copied what is not there: %+v", got)
	}
	c.refused(command.StatusNoMailbox, &command.Copy{Account: a, Source: inbox, Target: 9999, UIDs: rangesOf(3)})
}

func TestRecordsLiveAsLongAsMessages(t *testing.T) {
	c, a, inbox := setUp(t)
	c.m.grace = 3
	ap := newAppend(a, inbox, 1)
	large := newAppend(a, inbox, 2)
	large.Body, large.BodySize, large.BodyDigest = nil, wire.InlineBodyBytes+1, wire.Digest{9}
	c.do(ap)
	c.do(large)
	c.do(&command.Copy{Account: a, Source: inbox, Target: inbox + 1, UIDs: rangesOf(1, 2), Move: true})
	c.do(&command.Copy{Account: a, Source: inbox + 1, Target: inbox, UIDs: rangesOf(1, 2)})
	remove := func(m command.MailboxID) {
		t.Helper()
		c.do(
			&command.Store{
				Account:        a,
				Mailbox:        m,
				UIDs:           rangesOf(1, 2, 3, 4),
				Flags:          command.FlagDeleted,
				UnchangedSince: noCondition,
			},
		)
		c.do(&command.Expunge{Account: a, Mailbox: m, All: true})
		checkWalk(t, c.m)
	}
	content := func(d wire.Digest) string {
		t.Helper()
		v, _, err := c.m.store.Get(SmallKey(d))
		if err != nil {
			t.Fatal(err)
		}
		return string(v)
	}
	unused := func() (list []wire.Digest) {
		if err := c.m.store.Flush(); err != nil {
			t.Fatal(err)
		}
		list, err := Unused(c.m.store, nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	remove(inbox)
	if content(ap.BodyDigest) != string(ap.Body) || content(wire.Sum(ap.Summary)) != string(ap.Summary) ||
		len(unused()) != 0 {
		t.Fatal("a record went before its last message")
	}
	remove(inbox + 1)
	if content(ap.BodyDigest) != string(ap.Body) {
		t.Fatal("no grace for who still shows the message")
	}
	for range 3 {
		c.do(&command.Ping{})
	}
	if content(ap.BodyDigest) != "" || content(wire.Sum(ap.Summary)) != "" {
		t.Fatal("a record stayed after its last message")
	}
	if !reflect.DeepEqual(unused(), []wire.Digest{{9}}) {
		t.Fatalf("unused bodies %v", unused())
	}
	c.do(large)
	if len(unused()) != 0 {
		t.Fatal("a body in use is listed as unused")
	}
}

func TestExpungeHorizon(t *testing.T) {
	c, a, inbox := setUp(t)
	const n = command.ExpungeHorizon + 100
	for from := 0; from < n; from += 500 {
		var requests []wire.Request
		for i := from; i < min(n, from+500); i++ {
			ap := newAppend(a, inbox, i%7)
			ap.Flags = command.FlagDeleted
			c.id.Sequence++
			requests = append(requests, request(c.id, ap))
		}
		apply(t, c.m, requests...)
	}
	high := uint64(n + 1)
	c.do(&command.Expunge{Account: a, Mailbox: inbox, UIDs: []command.UIDRange{{First: 1, Last: 50}}})
	c.do(&command.Expunge{Account: a, Mailbox: inbox, UIDs: []command.UIDRange{{First: 51, Last: n - 60}}})
	if p := c.read(a, inbox, high); !p.Horizon || p.Expunged != nil {
		t.Fatalf("before the horizon: %+v", p.Expunged)
	}
	if p := c.read(
		a,
		inbox,
		high+1,
	); p.Horizon ||
		!reflect.DeepEqual(p.Expunged, []command.UIDRange{{First: 51, Last: n - 60}}) {
		t.Fatalf("after the horizon: %v, %+v", p.Horizon, p.Expunged)
	}
	gone := must[command.Expunged](
		t,
	)(
		command.DecodeExpunged(c.do(&command.Expunge{Account: a, Mailbox: inbox, All: true})),
	)
	if command.CountUIDs(gone.UIDs) != 60 || gone.More {
		t.Fatalf("%+v", gone)
	}
	checkWalk(t, c.m)
}

func TestAccounts(t *testing.T) {
	c, a, inbox := setUp(t)
	c.refused(command.StatusAccountExists, newAccount(0))
	c.refused(command.StatusNoAccount, newAppend(accountID(5), inbox, 1))
	c.refused(command.StatusAccountChanged, &command.AccountSetVerifiers{Account: a, Version: 9})
	c.do(&command.AccountSetVerifiers{Account: a, Version: 1, Verifiers: []byte("argon")})
	c.do(newAccount(1))
	c.refused(command.StatusNoMailbox, newAppend(accountID(1), inbox, 1)) // another account's mailbox
	c.append(a, inbox, 1)
	c.do(&command.AccountEnable{Account: a})
	c.refused(command.StatusDisabled, newAppend(a, inbox, 1))
	c.refused(command.StatusDisabled, &command.NamespaceRead{Account: a})
	got := must[command.AccountRecord](t)(command.DecodeAccountRecord(c.do(&command.AccountRead{Account: a})))
	want := command.AccountRecord{
		Account:    a,
		Version:    3,
		Sealed:     []byte("sealed address"),
		WrappedKey: []byte("wrapped key"),
		Verifiers:  []byte("argon"),
		QuotaBytes: command.DefaultQuotaBytes,
		UsedBytes:  101,
		Messages:   1,
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v", got)
	}
	c.do(&command.AccountRemove{Account: a})
	c.refused(command.StatusNoAccount, &command.AccountRead{Account: a})
	checkWalk(t, c.m)
	p := must[command.NamespaceChange](t)(command.DecodeNamespaceChange(c.do(newAccount(0))))
	if p.Created[0] != firstMailbox+4 {
		t.Fatalf("a mailbox id was used again: %v", p.Created)
	}
	list := must[command.AccountPage](t)(command.DecodeAccountPage(c.do(&command.AccountList{Limit: 1})))
	if len(list.Accounts) != 1 || list.Accounts[0].Account != a || !list.More ||
		list.Accounts[0].WrappedKey != nil {
		t.Fatalf("%+v", list)
	}
	list = must[command.AccountPage](
		t,
	)(
		command.DecodeAccountPage(c.do(&command.AccountList{After: a, Limit: 9})),
	)
	if len(list.Accounts) != 1 || list.Accounts[0].Account != accountID(1) || list.More {
		t.Fatalf("%+v", list)
	}
	checkWalk(t, c.m)
}

// What a removed mailbox leaves is swept completely, a bounded piece per order.
func TestSweep(t *testing.T) {
	c, _, _ := setUp(t)
	c.m.grace = 1
	b := accountID(1)
	c.do(newAccount(1))
	box := firstMailbox + command.MailboxID(2)
	for i := range 20 {
		var requests []wire.Request
		for j := range 300 {
			ap := newAppend(b, box, i*300+j)
			ap.Flags = command.Flags(j) & command.AllFlags
			c.id.Sequence++
			requests = append(requests, request(c.id, ap))
		}
		apply(t, c.m, requests...)
	}
	c.do(&command.Expunge{Account: b, Mailbox: box, All: true})
	c.do(&command.AccountRemove{Account: b})
	root := c.m.Root()
	for range 20 {
		c.do(&command.Ping{})
		if ops := c.m.LastOps(); ops.Scanned > 2*sweepPerOrder+500 {
			t.Fatalf("an order swept %+v", ops)
		}
		checkWalk(t, c.m)
	}
	if root == c.m.Root() {
		t.Fatal("pings are not remembered")
	}
	view, err := c.m.store.View()
	if err != nil {
		t.Fatal(err)
	}
	defer view.Discard()
	view.Scan(nil, nil, func(key, v []byte) bool {
		for _, p := range append([]byte{prefixSweep, prefixBlob, prefixRefs, prefixGrace}, sweepSpaces...) {
			if key[0] == p {
				t.Errorf("left: %c %x", key[0], key[1:])
			}
		}
		return true
	})
}

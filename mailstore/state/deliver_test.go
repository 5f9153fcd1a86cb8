package state

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
)

// newDeliver is a message n for accounts, whose INBOXes are boxes.
func newDeliver(n int, accounts []int, box func(a int) command.MailboxID) *command.Deliver {
	content := newAppend(command.AccountID{}, 1, n)
	c := &command.Deliver{Size: content.Size, Body: content.Body, BodyDigest: content.BodyDigest, BodySize: content.BodySize}
	slices.Sort(accounts)
	for _, a := range slices.Compact(accounts) {
		c.Recipients = append(c.Recipients, command.DeliverTo{
			Account: accountID(a), Mailbox: box(a), Summary: fmt.Appendf(nil, "summary %d for %d", n, a)})
	}
	return c
}

func (g *generator) deliver() command.Command {
	var accounts []int
	for range 1 + g.rnd.IntN(3) {
		accounts = append(accounts, g.rnd.IntN(3))
	}
	c := newDeliver(g.rnd.IntN(40), accounts, func(a int) command.MailboxID {
		if _, ids := g.known(accountID(a)); len(ids) > 0 && g.rnd.IntN(10) > 0 {
			return ids[0]
		}
		return firstMailbox
	})
	if g.rnd.IntN(8) == 0 {
		c.Body, c.BodySize = nil, wire.InlineBodyBytes+1
		c.BodyDigest = wire.Sum(append([]byte("large "), c.BodyDigest[:]...))
	}
	return c
}

// boxesOf makes accounts 0 to n-1 and returns where their INBOXes are.
func boxesOf(c *client, n int) func(a int) command.MailboxID {
	for a := range n {
		c.do(newAccount(a))
	}
	return func(a int) command.MailboxID { return firstMailbox + command.MailboxID(2*a) }
}

func TestDeliverReachesAllOrNobody(t *testing.T) {
	c := newClient(t, newMachine(t, kv.Options{}))
	box := boxesOf(c, 3)
	delivered := func(d *command.Deliver) command.Delivered {
		t.Helper()
		return must[command.Delivered](t)(command.DecodeDelivered(c.do(d)))
	}
	c.append(accountID(1), box(1), 5)
	got := delivered(newDeliver(1, []int{0, 1, 2}, box))
	if want := []command.DeliveredTo{{UID: 1}, {UID: 2}, {UID: 1}}; !reflect.DeepEqual(got.Recipients, want) {
		t.Fatalf("delivered %+v", got)
	}
	for a := range 3 {
		page := c.read(accountID(a), box(a), 0)
		if m := page.Messages[len(page.Messages)-1]; m.Flags != 0 || m.Summary != wire.Sum(fmt.Appendf(nil, "summary 1 for %d", a)) {
			t.Fatalf("account %d has %+v", a, m)
		}
	}
	checkWalk(t, c.m)

	full := newAccount(3)
	full.QuotaBytes = 120
	c.do(full)
	c.do(&command.AccountEnable{Account: accountID(2)})
	for _, r := range []struct {
		name   string
		status wire.Status
		change func(d *command.Deliver)
	}{
		{"unknown", command.StatusNoAccount, func(d *command.Deliver) { d.Recipients[1].Account = accountID(99) }},
		{"another's mailbox", command.StatusNoMailbox, func(d *command.Deliver) { d.Recipients[1].Mailbox = box(0) }},
		{"disabled", command.StatusDisabled, func(d *command.Deliver) { d.Recipients[1].Account = accountID(2) }},
		{"over quota", command.StatusOverQuota, func(d *command.Deliver) {
			d.Recipients[1] = command.DeliverTo{Account: accountID(3), Mailbox: box(3), Summary: []byte{1}}
			d.Size = 121
		}},
	} {
		d := newDeliver(2, []int{0, 1}, box)
		r.change(d)
		before := dump(t, c.m)
		got := delivered(d)
		if want := []command.DeliveredTo{{}, {Status: r.status}}; !reflect.DeepEqual(got.Recipients, want) {
			t.Errorf("%s: %+v", r.name, got)
		}
		if dump(t, c.m) != before {
			t.Errorf("%s: something was stored", r.name)
		}
	}
}

// A repeated request stores nothing and gets the first one's result.
func TestDeliverOnceByRequestID(t *testing.T) {
	c := newClient(t, newMachine(t, kv.Options{}))
	box := boxesOf(c, 2)
	c.id.Sequence++
	q := request(c.id, newDeliver(1, []int{0, 1}, box))
	first, _ := apply(t, c.m, q, q)
	again, infos := apply(t, c.m, q)
	if !reflect.DeepEqual(first[0].Payload, again[0].Payload) || !infos[0].Repeated || len(first[1].Payload) == 0 {
		t.Fatalf("first %+v, again %+v, %+v", first, again, infos)
	}
	for a := range 2 {
		if n := c.read(accountID(a), box(a), 0).Counters.Messages; n != 1 {
			t.Fatalf("account %d has %d messages", a, n)
		}
	}
}

// The one body lives as long as any recipient has the message.
func TestDeliveredBodyIsShared(t *testing.T) {
	c := newClient(t, newMachine(t, kv.Options{}))
	c.m.grace = 0
	box := boxesOf(c, 2)
	d := newDeliver(1, []int{0, 1}, box)
	c.do(d)
	remove := func(a int) {
		c.do(&command.Store{Account: accountID(a), Mailbox: box(a), UIDs: rangesOf(1), Flags: command.FlagDeleted,
			UnchangedSince: noCondition})
		c.do(&command.Expunge{Account: accountID(a), Mailbox: box(a), All: true})
		c.do(&command.Ping{})
	}
	held := func() bool { _, ok, err := c.m.store.Get(SmallKey(d.BodyDigest)); return ok && err == nil }
	remove(0)
	if !held() {
		t.Fatal("the body went with the first of two")
	}
	remove(1)
	if held() {
		t.Fatal("nobody has the message, but its body stays")
	}
	checkWalk(t, c.m)
}

// Random deliveries agree with lists: all recipients get one message each, or none gets any.
func TestDeliverAgreesWithLists(t *testing.T) {
	dir, runs := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		s := openStore(t, filepath.Join(dir, fmt.Sprint(runs)), kv.Options{FlushOrders: 5})
		defer s.Close()
		c := newClient(t, openMachine(t, s))
		box := boxesOf(c, 4)
		var sizes [4][]uint32
		enabled := [4]bool{true, true, true, true}
		for i := range rapid.IntRange(1, 20).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "switch") == 0 {
				a := rapid.IntRange(0, 3).Draw(t, "account")
				enabled[a] = !enabled[a]
				c.do(&command.AccountEnable{Account: accountID(a), Enabled: enabled[a]})
			}
			to := rapid.SliceOfNDistinct(rapid.IntRange(0, 3), 1, 4, rapid.ID).Draw(t, "to")
			d := newDeliver(i, to, box)
			got := must[command.Delivered](t)(command.DecodeDelivered(c.do(d)))
			all := !slices.ContainsFunc(to, func(a int) bool { return !enabled[a] })
			for j, a := range to { // newDeliver sorted it
				want := command.DeliveredTo{}
				if !enabled[a] {
					want.Status = command.StatusDisabled
				}
				if all {
					sizes[a] = append(sizes[a], d.Size)
					want.UID = command.UID(len(sizes[a]))
				}
				if got.Recipients[j] != want {
					t.Fatalf("to %v: %+v, want %+v at %d", to, got, want, j)
				}
			}
		}
		for a := range 4 {
			c.do(&command.AccountEnable{Account: accountID(a), Enabled: true})
			page := c.read(accountID(a), box(a), 0)
			var have []uint32
			for _, m := range page.Messages {
				have = append(have, m.Size)
			}
			if !slices.Equal(have, sizes[a]) {
				t.Fatalf("account %d has %v, want %v", a, have, sizes[a])
			}
		}
		checkWalk(t, c.m)
	})
}

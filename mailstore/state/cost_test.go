package state

import (
	"errors"
	"fmt"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
	"troxymail/mailstore/kv"
)

// fill appends messages to INBOX of account 0, many in an order.
func (c *client) fill(n int, body []byte) {
	c.t.Helper()
	for n > 0 {
		var requests []wire.Request
		for range min(n, 1000) {
			ap := newAppend(accountID(0), firstMailbox, n)
			if body != nil {
				ap.Body, ap.BodySize, ap.BodyDigest = body, uint32(len(body)), wire.Sum(body)
			}
			c.id.Sequence++
			requests = append(requests, request(c.id, ap))
			n--
		}
		apply(c.t, c.m, requests...)
	}
}

// A change, an append and a delta read cost the same whatever the mailbox's size, but for the height of
// its tree.
func TestCostDoesNotGrowWithTheMailbox(t *testing.T) {
	measure := func(size int) map[string]kv.Ops {
		c := newClient(t, newMachine(t, kv.Options{}))
		c.do(newAccount(0))
		c.fill(size, nil)
		a := accountID(0)
		ops := map[string]kv.Ops{}
		for _, step := range []struct {
			name string
			c    command.Command
		}{
			{"store", &command.Store{Account: a, Mailbox: firstMailbox, UIDs: rangesOf(5), Flags: command.FlagDeleted,
				UnchangedSince: noCondition}},
			{"append", newAppend(a, firstMailbox, 1)},
			{"delta read", &command.MailboxRead{
				Account: a, Mailbox: firstMailbox, First: 1, Last: command.MaxUID, Since: uint64(size + 2), Limit: 100,
			}},
			{"expunge", &command.Expunge{Account: a, Mailbox: firstMailbox, All: true}},
		} {
			c.do(step.c)
			ops[step.name] = c.m.LastOps()
		}
		return ops
	}
	small, large := measure(48), measure(20_000)
	for name, s := range small {
		l := large[name]
		extra := 2 * (verify.Height(20_000/command.MessagesPerLeaf) - verify.Height(48/command.MessagesPerLeaf))
		if l.Scanned > s.Scanned+command.MessagesPerLeaf || l.Gets > s.Gets+extra || l.Puts > s.Puts+extra ||
			l.Written > 2*s.Written+4096 {
			t.Errorf("%s: %+v in a small mailbox, %+v in a large one", name, s, l)
		}
	}
}

func TestDamagedRecordsFailTheOrder(t *testing.T) {
	c, a, inbox := setUp(t)
	c.fill(20, nil)
	if err := c.m.store.Restore(uidKey(prefixMessage, inbox, 3), []byte("short")); err != nil {
		t.Fatal(err)
	}
	root := c.m.Root()
	q := request(wire.RequestID{Origin: 2, Generation: 1, Incarnation: 1, Sequence: 1},
		&command.Store{Account: a, Mailbox: inbox, UIDs: rangesOf(1), Flags: 1, UnchangedSince: noCondition})
	if _, _, err := c.m.Apply(c.m.Applied()+1, []wire.Request{q}); !errors.Is(err, ErrDamaged) {
		t.Fatalf("error %v", err)
	}
	if c.m.Root() != root {
		t.Fatal("a failed order changed the root")
	}
	if _, err := c.m.Walk(); !errors.Is(err, ErrDamaged) {
		t.Fatalf("error %v", err)
	}
}

func TestWalkFindsContradictions(t *testing.T) {
	a, inbox := accountID(0), command.MailboxID(firstMailbox)
	for name, damage := range map[string]struct{ key, value []byte }{
		"index of deleted": {uidKey(prefixDeleted, inbox, 1), present},
		"index of names":   {byNameKey(a, 0, token(1)), []byte{0, 0, 0, 9}},
		"references":       {digestKey(prefixRefs, wire.Digest{1}), []byte{0, 0, 0, 1}},
		"usage":            {accountKey(prefixUsage, a), usage{bytes: 1}.encode()},
	} {
		c := newClient(t, newMachine(t, kv.Options{}))
		c.do(newAccount(0))
		c.fill(3, nil)
		if err := c.m.store.Restore(damage.key, damage.value); err != nil {
			t.Fatal(err)
		}
		if _, err := c.m.Walk(); !errors.Is(err, ErrInconsistent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func benchmarkMachine(b *testing.B, messages int) *client {
	c := newClient(b, newMachine(b, kv.Options{}))
	c.do(newAccount(0))
	c.fill(messages, nil)
	if err := c.m.store.Flush(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	return c
}

// One order of 16 requests each; the numbers are per request.
func BenchmarkApply(b *testing.B) {
	a, n := accountID(0), 0
	body := func() []byte {
		n++
		return append(make([]byte, 10<<10), fmt.Sprint(n)...)
	}
	for _, bench := range []struct {
		name string
		next func(i int) command.Command
	}{
		{"append 10 KiB", func(int) command.Command {
			ap := newAppend(a, firstMailbox, n)
			ap.Body = body()
			ap.BodySize, ap.BodyDigest = uint32(len(ap.Body)), wire.Sum(ap.Body)
			return ap
		}},
		{"store", func(i int) command.Command {
			return &command.Store{Account: a, Mailbox: firstMailbox, UIDs: rangesOf(command.UID(1 + i*7919%100_000)),
				Flags: command.Flags(1 << (i % 5)), UnchangedSince: noCondition}
		}},
		{"delta read", func(int) command.Command {
			return &command.MailboxRead{Account: a, Mailbox: firstMailbox, First: 1, Last: command.MaxUID, Since: 100_000 - 20, Limit: 1000}
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			c := benchmarkMachine(b, 100_000)
			for i := 0; i < b.N; {
				requests := make([]wire.Request, 0, 16)
				for ; len(requests) < cap(requests) && i < b.N; i++ {
					c.id.Sequence++
					requests = append(requests, request(c.id, bench.next(i)))
				}
				apply(b, c.m, requests...)
			}
		})
	}
}

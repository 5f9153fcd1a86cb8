package state

import (
	"reflect"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
)

func TestRepeatsGiveTheSameResult(t *testing.T) {
	c, a, inbox := setUp(t)
	id := wire.RequestID{Origin: 2, Generation: 1, Incarnation: 1, Sequence: 7}
	q := request(id, newAppend(a, inbox, 1))
	first, infos := apply(t, c.m, q, q)
	if !reflect.DeepEqual(first[0], first[1]) || infos[0].Repeated || !infos[1].Repeated {
		t.Fatalf("within an order: %+v %+v", first, infos)
	}
	order := c.m.Applied()
	c.append(a, inbox, 2)
	again, infos := apply(t, c.m, q)
	if !reflect.DeepEqual(again[0], first[0]) ||
		infos[0] != (Info{Order: order, Depends: order, Repeated: true}) {
		t.Fatalf("later: %+v %+v", again, infos)
	}
	cached, at, ok, err := c.m.Cached(id)
	if err != nil || !ok || at != order || !reflect.DeepEqual(cached, first[0]) {
		t.Fatalf("cached: %+v %d %v %v", cached, at, ok, err)
	}
	for _, other := range []wire.RequestID{
		{Origin: 2, Generation: 1, Incarnation: 1, Sequence: 8},
		{Origin: 2, Generation: 1, Incarnation: 2, Sequence: 7},
		{Origin: 3, Generation: 1, Incarnation: 1, Sequence: 7},
		{Origin: 2, Generation: 2, Incarnation: 1, Sequence: 7},
		{Origin: 2, Generation: 1, Incarnation: 1, Sequence: 7 + Window},
	} {
		if _, _, ok, err := c.m.Cached(other); ok || err != nil {
			t.Errorf("%v is cached (%v)", other, err)
		}
	}
	if n := c.read(a, inbox, 0).Counters.Messages; n != 2 {
		t.Fatalf("%d messages", n)
	}
	checkWalk(t, c.m)
}

func TestWindow(t *testing.T) {
	m := newMachine(t, kv.Options{})
	id := wire.RequestID{Origin: 1, Generation: 3, Incarnation: 2}
	do := func(sequence uint64, data int) (wire.Status, Info) {
		t.Helper()
		id.Sequence = sequence
		results, infos := apply(t, m, request(id, &command.Ping{Data: make([]byte, data)}))
		return results[0].Status, infos[0]
	}
	want := func(got wire.Status, want wire.Status) {
		t.Helper()
		if got != want {
			t.Fatalf("status %d, want %d", got, want)
		}
	}
	status, _ := do(0, 1)
	want(status, command.StatusInvalid)
	status, _ = do(Window, 1)
	want(status, command.StatusOK)
	status, _ = do(1, MaxKeptPayload) // 4095 behind the newest: the last one that still executes
	want(status, command.StatusOK)
	status, info := do(1, MaxKeptPayload)
	if want(status, command.StatusOK); !info.Repeated {
		t.Fatal("executed twice")
	}
	status, _ = do(2, MaxKeptPayload+1)
	want(status, command.StatusOK)
	status, info = do(2, MaxKeptPayload+1)
	if want(status, command.StatusDuplicate); !info.Repeated {
		t.Fatal("a result that is not kept must not be made again")
	}
	status, _ = do(Window+2, 1)
	want(status, command.StatusOK)
	status, _ = do(1, 1)
	want(status, command.StatusDuplicate)
	status, _ = do(2, 1)
	want(status, command.StatusDuplicate)
	status, _ = do(3, 1)
	want(status, command.StatusOK)
	checkWalk(t, m)
}

func TestIncarnations(t *testing.T) {
	m := newMachine(t, kv.Options{})
	do := func(generation, incarnation uint32, want wire.Status) Info {
		t.Helper()
		id := wire.RequestID{Origin: 1, Generation: generation, Incarnation: incarnation, Sequence: 5}
		results, infos := apply(t, m, request(id, &command.Ping{}))
		if results[0].Status != want {
			t.Fatalf("%v: status %d, want %d", id, results[0].Status, want)
		}
		checkWalk(t, m)
		return infos[0]
	}
	do(1, 3, command.StatusOK)
	apply(t, m, request(wire.RequestID{Origin: 1, Generation: 1, Incarnation: 3, Sequence: 9}, &command.Ping{}))
	do(1, 2, command.StatusFenced)
	if do(1, 4, command.StatusOK).Repeated {
		t.Fatal("a new incarnation's sequence is taken for the former one's")
	}
	if _, n := keptReplies(t, m); n != 1 {
		t.Fatalf("%d results are kept, 1 is of the new incarnation", n)
	}
	do(1, 3, command.StatusFenced)
	do(2, 1, command.StatusOK)
	do(1, 9, command.StatusFenced)
	read := request(
		wire.RequestID{Origin: 1, Generation: 3, Incarnation: 1, Sequence: 1},
		&command.Ping{AsRead: true},
	)
	apply(t, m, read)
	if !do(2, 1, command.StatusOK).Repeated {
		t.Fatal("a read of a new incarnation cleared the window")
	}
}

func TestReadsAreNotRemembered(t *testing.T) {
	c, a, inbox := setUp(t)
	q := request(wire.RequestID{Origin: 2, Generation: 1, Incarnation: 1, Sequence: 1},
		&command.MailboxRead{Account: a, Mailbox: inbox, First: 1, Last: 100, Limit: 100})
	root := c.m.Root()
	before, _ := apply(t, c.m, q)
	if c.m.Root() != root {
		t.Fatal("a read changed the state")
	}
	c.append(a, inbox, 1)
	after, infos := apply(t, c.m, q)
	if reflect.DeepEqual(before, after) || infos[0].Repeated {
		t.Fatal("a read was answered from memory")
	}
}

// Depends is the order that must be durable for what a result shows.
func TestDepends(t *testing.T) {
	c, a, inbox := setUp(t)
	created := c.m.Applied()
	depends := func(cmd command.Command) uint64 {
		t.Helper()
		c.id.Sequence++
		_, infos := apply(t, c.m, request(c.id, cmd))
		return infos[0].Depends
	}
	want := func(cmd command.Command, want uint64) {
		t.Helper()
		if got := depends(cmd); got != want {
			t.Errorf("%T depends on %d, want %d", cmd, got, want)
		}
	}
	readInbox := &command.MailboxRead{Account: a, Mailbox: inbox, Limit: 1}
	readTrash := &command.MailboxRead{Account: a, Mailbox: inbox + 1, Limit: 1}
	want(readInbox, created)
	want(&command.Ping{}, c.m.Applied()+1)
	want(&command.Ping{AsRead: true}, 0)
	c.append(a, inbox, 1)
	appended := c.m.Applied()
	want(readInbox, appended)
	want(readTrash, created)
	want(&command.NamespaceRead{Account: a}, appended)
	want(&command.AccountRead{Account: a}, appended)
	want(&command.AccountList{Limit: 1}, appended)
	c.do(&command.AccountEnable{Account: a})
	disabled := c.m.Applied()
	want(readTrash, disabled)
	c.do(&command.AccountRemove{Account: a})
	removed := c.m.Applied()
	want(readInbox, removed)
	want(&command.AccountRead{Account: a}, removed)
	c.do(newAccount(1))
	c.do(&command.MailboxDelete{Account: accountID(1), NamespaceVersion: 1, Mailbox: firstMailbox + 3})
	deleted := c.m.Applied()
	want(&command.MailboxRead{Account: accountID(1), Mailbox: firstMailbox + 3, Limit: 1}, deleted)
}

// One key has one digest per order, and reads show what it covers.
func TestTouchedIsTheEndOfTheOrder(t *testing.T) {
	c, a, inbox := setUp(t)
	id := func(n uint64) wire.RequestID {
		return wire.RequestID{Origin: 2, Generation: 1, Incarnation: 1, Sequence: n}
	}
	read := &command.MailboxRead{Account: a, Mailbox: inbox, First: 1, Last: 100, Limit: 100}
	results, _ := apply(t, c.m, request(id(1), read), request(id(2), newAppend(a, inbox, 1)),
		request(id(3), newAppend(a, inbox, 2)), request(id(4), read))
	box := func(r wire.Result) wire.Digest {
		for _, k := range r.Touched {
			if k.Key == command.MailboxKey(a, inbox) {
				return k.Digest
			}
		}
		t.Fatal("the mailbox is not among the touched")
		return wire.Digest{}
	}
	for i := range results {
		if box(results[i]) != box(results[0]) {
			t.Fatalf("request %d has another digest", i)
		}
	}
	if !reflect.DeepEqual(results[0].Payload, results[3].Payload) {
		t.Fatal("two reads of one order differ")
	}
	parts := must[command.MailboxParts](t)(command.DecodeMailboxParts(results[0].Payload))
	if n := len(parts.Messages()); n != 2 || parts.State.Digest() != box(results[0]) {
		t.Fatalf("%d messages shown, or another state than is touched", n)
	}
	next, _ := apply(t, c.m, request(id(5), read))
	if box(next[0]) != box(results[0]) {
		t.Fatal("the digest changed without a change")
	}
}

// Touched names exactly the keys of the command, and zero for what does not exist.
func TestTouchedKeys(t *testing.T) {
	m := newMachine(t, kv.Options{})
	g := newGenerator(9, m)
	for range 300 {
		requests := g.order()
		results, _ := apply(t, m, requests...)
		for i, r := range results {
			var keys []wire.Key
			for _, k := range r.Touched {
				keys = append(keys, k.Key)
				if r.Status == command.StatusNoAccount && k.Key.Kind != wire.KeyCluster && len(requests) == 1 &&
					k.Digest != (wire.Digest{}) {
					t.Fatalf("%v has a digest without an account", k.Key)
				}
			}
			switch r.Status {
			case command.StatusInvalid, command.StatusFenced, command.StatusDuplicate:
				if keys != nil {
					t.Fatalf("status %d touched %v", r.Status, keys)
				}
			default:
				if !reflect.DeepEqual(keys, requests[i].Keys) {
					t.Fatalf("touched %v, keys %v", keys, requests[i].Keys)
				}
			}
		}
	}
}

func TestRequestsThatDoNotFitTheirCommand(t *testing.T) {
	c, a, inbox := setUp(t)
	large := newAppend(a, inbox, 1)
	large.Body, large.BodySize = nil, wire.InlineBodyBytes+1
	for name, change := range map[string]func(q *wire.Request){
		"keys":     func(q *wire.Request) { q.Keys = nil },
		"more":     func(q *wire.Request) { q.Keys = append(q.Keys, command.ClusterKey()) },
		"read":     func(q *wire.Request) { q.Flags = wire.FlagReadOnly },
		"bodies":   func(q *wire.Request) { q.Bodies = nil },
		"command":  func(q *wire.Request) { q.Command = append(q.Command, 0) },
		"empty":    func(q *wire.Request) { q.Command = nil },
		"sequence": func(q *wire.Request) { q.ID.Sequence = 0 },
	} {
		q := request(wire.RequestID{Origin: 2, Generation: 1, Incarnation: 1, Sequence: 1}, large)
		change(&q)
		root := c.m.Root()
		results, _ := apply(t, c.m, q)
		if results[0].Status != command.StatusInvalid || c.m.Root() != root {
			t.Errorf("%s: status %d", name, results[0].Status)
		}
	}
}

func TestOrdersFollowEachOther(t *testing.T) {
	m := newMachine(t, kv.Options{})
	for _, order := range []uint64{0, 2, 1 << 63} {
		if _, _, err := m.Apply(order, nil); err == nil {
			t.Errorf("order %d was applied first", order)
		}
	}
	if _, err := Open(m.store, Genesis{FirstMailbox: firstMailbox + 1}); err == nil {
		t.Error("another genesis was accepted")
	}
	if _, err := Open(m.store, Genesis{}); err == nil {
		t.Error("mailbox id 0 was accepted")
	}
}

func FuzzApply(f *testing.F) {
	s := openStore(f, f.TempDir()+"/state", kv.Options{})
	f.Cleanup(func() { s.Close() })
	m := openMachine(f, s)
	c := newClient(f, m)
	c.do(newAccount(0))
	g := newGenerator(4, m)
	for range 60 {
		for _, q := range g.order() {
			f.Add(q.Command)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		q := wire.Request{ID: wire.RequestID{Generation: 1, Incarnation: 1, Sequence: m.Applied()}, Command: b}
		if cmd, err := command.Decode(b); err == nil {
			q = request(q.ID, cmd)
		}
		before := m.Root()
		results, _ := apply(t, m, q)
		if results[0].Status == command.StatusInvalid && m.Root() != before {
			t.Fatal("an invalid command changed the state")
		}
		if cmd, err := command.Decode(b); err == nil && cmd.ReadOnly() && m.Root() != before {
			t.Fatal("a read changed the state")
		}
	})
}

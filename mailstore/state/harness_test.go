package state

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
)

const firstMailbox = 1000

var testCluster = wire.Sum([]byte("test cluster"))

// testing.TB and rapid.T both are one.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func openStore(t failer, path string, o kv.Options) *kv.Store {
	t.Helper()
	o.Path, o.Cluster = path, testCluster
	s, err := kv.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	s.SetDurable(math.MaxUint64)
	return s
}

func openMachine(t failer, s *kv.Store) *Machine {
	t.Helper()
	m, err := Open(s, Genesis{FirstMailbox: firstMailbox})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newMachine(t testing.TB, o kv.Options) *Machine {
	s := openStore(t, filepath.Join(t.TempDir(), "state"), o)
	t.Cleanup(func() { s.Close() })
	return openMachine(t, s)
}

func request(id wire.RequestID, c command.Command) wire.Request {
	q := wire.Request{ID: id, Keys: c.Keys(), Bodies: command.Bodies(c), Command: c.Append(nil)}
	if c.ReadOnly() {
		q.Flags = wire.FlagReadOnly
	}
	return q
}

func apply(t failer, m *Machine, requests ...wire.Request) ([]wire.Result, []Info) {
	t.Helper()
	results, infos, err := m.Apply(m.Applied()+1, requests)
	if err != nil {
		t.Fatal(err)
	}
	return results, infos
}

// client gives sequences to the commands of one origin.
type client struct {
	t  failer
	m  *Machine
	id wire.RequestID
}

func newClient(t failer, m *Machine) *client {
	return &client{t: t, m: m, id: wire.RequestID{Origin: 1, Generation: 1, Incarnation: 1}}
}

// try executes one command as an order of its own.
func (c *client) try(cmd command.Command) wire.Result {
	c.t.Helper()
	c.id.Sequence++
	results, _ := apply(c.t, c.m, request(c.id, cmd))
	return results[0]
}

// do executes a command that must succeed, and returns its payload.
func (c *client) do(cmd command.Command) []byte {
	c.t.Helper()
	r := c.try(cmd)
	if r.Status != command.StatusOK {
		c.t.Fatalf("%T: status %d", cmd, r.Status)
	}
	return r.Payload
}

func (c *client) refused(want wire.Status, cmd command.Command) {
	c.t.Helper()
	before := dump(c.t, c.m)
	if r := c.try(cmd); r.Status != want || len(r.Payload) != 0 {
		c.t.Fatalf("%T: status %d, want %d", cmd, r.Status, want)
	}
	if after := dump(c.t, c.m); after != before {
		c.t.Fatalf("%T was refused but changed the state", cmd)
	}
}

// dump digests all of the store but the origin table, roots and progress.
func dump(t failer, m *Machine) wire.Digest {
	t.Helper()
	b, err := m.store.View()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Discard()
	passed := []byte{prefixOrigin, prefixReply, treeOrigins, treeReplies, prefixSweep, prefixGrace}
	var all []byte
	b.Scan(nil, nil, func(key, v []byte) bool {
		switch {
		case slices.Contains(passed, key[0]):
		case string(key) == string(keyRoot), strings.HasPrefix(string(key), string(keyRootAt)):
		default:
			all = binary.BigEndian.AppendUint32(append(all, key...), uint32(len(v)))
			all = append(all, v...)
		}
		return true
	})
	return wire.Sum(all)
}

func must[T any](t failer) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (c *client) namespace(a command.AccountID) command.Namespace {
	c.t.Helper()
	return must[command.Namespace](c.t)(command.DecodeNamespace(c.do(&command.NamespaceRead{Account: a})))
}

// page is what changed in a mailbox since a MODSEQ.
type page struct {
	Counters command.Counters
	Keywords []command.KeywordDef
	Messages []command.Message
	Expunged []command.UIDRange
	Horizon  bool // Expunged is not complete
}

func (c *client) parts(q *command.MailboxRead) command.MailboxParts {
	c.t.Helper()
	return must[command.MailboxParts](c.t)(command.DecodeMailboxParts(c.do(q)))
}

func (c *client) read(a command.AccountID, id command.MailboxID, since uint64) page {
	c.t.Helper()
	q := &command.MailboxRead{Account: a, Mailbox: id, First: 1, Last: command.MaxUID, Since: since, Limit: command.MaxReadMessages}
	p := c.parts(q)
	out := page{Counters: p.State.Counters, Keywords: p.Keywords, Horizon: p.State.Forgot > since}
	for _, m := range p.Messages() {
		if m.ModSeq > since {
			out.Messages = append(out.Messages, m)
		}
	}
	if since == 0 || out.Horizon {
		return out
	}
	q.Removed = p.State.Removed - min(p.State.Removed, command.ExpungeHorizon)
	p = c.parts(q)
	uids := map[command.UID]bool{}
	for _, e := range p.Expunged {
		if e.ModSeq > since {
			uids[e.UID] = true
		}
	}
	for _, u := range sortedKeys(uids) {
		out.Expunged = addUID(out.Expunged, u)
	}
	return out
}

func checkWalk(t failer, m *Machine) {
	t.Helper()
	root, err := m.Walk()
	if err != nil {
		t.Fatal(err)
	}
	if root != m.Root() {
		t.Fatalf("order %d: kept root %v, recomputed %v", m.Applied(), m.Root(), root)
	}
}

func accountID(n int) command.AccountID { return command.AccountID{0: byte(n), 15: 0xaa} }

func token(n int) command.Token { return command.Token{0: byte(n), 1: byte(n >> 8)} }

func newAccount(n int) *command.AccountCreate {
	return &command.AccountCreate{
		Account: accountID(n), Sealed: []byte("sealed address"), WrappedKey: []byte("wrapped key"),
		Mailboxes: []command.NewMailbox{
			{Token: token(0), Sealed: []byte("INBOX"), Subscribed: true, Inbox: true},
			{Token: token(1), Sealed: []byte("Trash"), Use: command.UseTrash, Subscribed: true},
		},
	}
}

func newAppend(a command.AccountID, id command.MailboxID, n int) *command.Append {
	body := binary.BigEndian.AppendUint32([]byte("body "), uint32(n))
	return &command.Append{
		Account: a, Mailbox: id, Size: uint32(100 + n%50), Summary: append([]byte("summary "), body...),
		Body: body, BodyDigest: wire.Sum(body), BodySize: uint32(len(body)),
	}
}

// generator makes a log of orders that covers all commands, many of which succeed: it knows the ids and
// versions of the machine that it is given, which applies each order after it is made.
type generator struct {
	rnd  *rand.Rand
	m    *Machine
	ids  [3]wire.RequestID
	past []wire.Request
}

func newGenerator(seed uint64, m *Machine) *generator {
	g := &generator{rnd: rand.New(rand.NewPCG(seed, 1)), m: m}
	for i := range g.ids {
		g.ids[i] = wire.RequestID{Origin: wire.ReplicaID(i), Generation: 1, Incarnation: 1}
	}
	return g
}

func (g *generator) order() []wire.Request {
	requests := make([]wire.Request, g.rnd.IntN(6))
	for i := range requests {
		requests[i] = g.request()
	}
	return requests
}

func (g *generator) request() wire.Request {
	if len(g.past) > 0 && g.rnd.IntN(12) == 0 {
		return g.past[g.rnd.IntN(len(g.past))]
	}
	id := &g.ids[g.rnd.IntN(len(g.ids))]
	switch g.rnd.IntN(300) {
	case 0:
		id.Incarnation, id.Sequence = id.Incarnation+1, 0
	case 1:
		id.Sequence += Window
	}
	id.Sequence++
	q := request(*id, g.command())
	if g.rnd.IntN(40) == 0 {
		q.Command = q.Command[:g.rnd.IntN(len(q.Command))]
	}
	g.past = append(g.past, q)
	return q
}

func (g *generator) command() command.Command {
	a := accountID(g.rnd.IntN(3))
	version, ids := g.known(a)
	if version == 0 && g.rnd.IntN(3) > 0 {
		return newAccount(int(a[0]))
	}
	pick := func() command.MailboxID {
		if len(ids) == 0 || g.rnd.IntN(20) == 0 {
			return firstMailbox + command.MailboxID(g.rnd.IntN(50))
		}
		return ids[g.rnd.IntN(len(ids))]
	}
	parent := func() command.MailboxID {
		if g.rnd.IntN(2) == 0 {
			return 0
		}
		return pick()
	}
	name := func() command.Token { return token(g.rnd.IntN(12)) }
	sealed := []byte{'n', byte(g.rnd.IntN(256))}
	switch n := g.rnd.IntN(100); {
	case n < 30:
		c := newAppend(a, pick(), g.rnd.IntN(40))
		c.Flags, c.Keywords = g.flags(), g.keywords()
		if n < 4 {
			c.Body, c.BodySize = nil, wire.InlineBodyBytes+1
			c.BodyDigest = wire.Sum(append([]byte("large "), c.BodyDigest[:]...))
		}
		return c
	case n < 34:
		return g.deliver()
	case n < 45:
		since := uint64(math.MaxUint64)
		if g.rnd.IntN(4) == 0 {
			since = uint64(g.rnd.IntN(40))
		}
		return &command.Store{Account: a, Mailbox: pick(), UIDs: g.ranges(),
			Mode: command.StoreMode(g.rnd.IntN(3)), Flags: g.flags(), Keywords: g.keywords(), UnchangedSince: since}
	case n < 55:
		if g.rnd.IntN(2) == 0 {
			return &command.Expunge{Account: a, Mailbox: pick(), All: true}
		}
		return &command.Expunge{Account: a, Mailbox: pick(), UIDs: g.ranges()}
	case n < 65:
		return &command.Copy{Account: a, Source: pick(), Target: pick(), UIDs: g.ranges(),
			Move: g.rnd.IntN(2) == 0, NamespaceVersion: version * uint64(g.rnd.IntN(2))}
	case n < 73:
		c := &command.MailboxCreate{Account: a, NamespaceVersion: version, Mailboxes: []command.NewMailbox{
			{Parent: parent(), Token: name(), Sealed: sealed, Subscribed: g.rnd.IntN(3) == 0}}}
		if g.rnd.IntN(3) == 0 {
			c.Mailboxes = append(c.Mailboxes,
				command.NewMailbox{ParentIndex: 1, Token: name(), Sealed: sealed, Subscribed: true})
		}
		return c
	case n < 78:
		return &command.MailboxDelete{Account: a, NamespaceVersion: version, Mailbox: pick()}
	case n < 85:
		c := &command.MailboxRename{Account: a, NamespaceVersion: version, Mailbox: pick(), Parent: parent(),
			Token: name(), Sealed: sealed}
		if g.rnd.IntN(3) == 0 {
			c.Create = []command.NewMailbox{{Parent: c.Parent, Token: name(), Sealed: sealed}}
			c.Parent, c.ParentIndex = 0, 1
		}
		return c
	case n < 89:
		return &command.MailboxSubscribe{Account: a, NamespaceVersion: version, Mailbox: pick(),
			Subscribed: g.rnd.IntN(2) == 0}
	case n < 92:
		return &command.MailboxRead{Account: a, Mailbox: pick(), Since: uint64(g.rnd.IntN(30)), First: 1,
			Last: command.UID(1 + g.rnd.IntN(50)), Limit: uint32(g.rnd.IntN(40)), Removed: uint64(g.rnd.IntN(5))}
	case n < 94:
		return &command.NamespaceRead{Account: a}
	case n < 95:
		return &command.AccountRead{Account: a}
	case n < 96:
		return &command.AccountList{Limit: uint32(1 + g.rnd.IntN(3))}
	case n < 97:
		return &command.AccountEnable{Account: a, Enabled: g.rnd.IntN(4) > 0}
	case n < 98:
		return &command.AccountSetVerifiers{Account: a, Version: uint64(g.rnd.IntN(4)), Verifiers: sealed}
	case n < 99 && g.rnd.IntN(4) == 0:
		return &command.AccountRemove{Account: a}
	}
	return &command.Ping{Data: make([]byte, g.rnd.IntN(2*MaxKeptPayload)), AsRead: g.rnd.IntN(2) == 0}
}

func (g *generator) known(a command.AccountID) (version uint64, ids []command.MailboxID) {
	b, err := g.m.store.View()
	if err != nil {
		return 0, nil
	}
	defer b.Discard()
	t := newTxn(b, 0)
	e := t.account(a)
	if e == nil {
		return 0, nil
	}
	for _, n := range t.names(a) {
		ids = append(ids, n.ID)
	}
	return e.space.Version, ids
}

func (g *generator) flags() command.Flags {
	return command.Flags(g.rnd.IntN(int(command.AllFlags) + 1))
}

func (g *generator) keywords() []command.KeywordDef {
	if g.rnd.IntN(3) > 0 {
		return nil
	}
	n := g.rnd.IntN(70)
	defs := []command.KeywordDef{{Token: token(n), Sealed: []byte{'k', byte(n)}}}
	if n%2 == 0 {
		defs = append(defs, command.KeywordDef{Token: token(n + 100), Sealed: []byte{'K', byte(n)}})
	}
	return defs
}

func (g *generator) ranges() []command.UIDRange {
	var out []command.UIDRange
	u := command.UID(1)
	for range g.rnd.IntN(4) {
		u += command.UID(g.rnd.IntN(6))
		r := command.UIDRange{First: u, Last: u + command.UID(g.rnd.IntN(12))}
		out = append(out, r)
		u = r.Last + 2
	}
	return out
}

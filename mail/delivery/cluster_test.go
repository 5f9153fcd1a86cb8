package delivery

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/seal"
	"troxymail/mail/accounts"
	"troxymail/mail/auth"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

// cluster is the real state machine over a real store, fed in order under one lock.
type cluster struct {
	mu       sync.Mutex
	store    *kv.Store
	machine  *state.Machine
	sequence uint64
	bodies   map[wire.Digest][]byte
	commands map[command.Kind]int
	largest  int  // command, in bytes
	down     bool // no quorum answers
	lost     bool // writes are executed, answers do not come
	before   func(command.Command)
}

func (c *cluster) Do(_ context.Context, cmd command.Command) (accounts.Outcome, error) {
	if c.before != nil {
		c.before(cmd)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return accounts.Outcome{}, fmt.Errorf("test: %w", ErrUnavailable)
	}
	c.sequence++
	q := wire.Request{
		ID:   wire.RequestID{Origin: 1, Generation: 1, Incarnation: 1, Sequence: c.sequence},
		Keys: cmd.Keys(), Bodies: command.Bodies(cmd), Command: cmd.Append(nil),
	}
	if cmd.ReadOnly() {
		q.Flags = wire.FlagReadOnly
	}
	c.largest = max(c.largest, len(q.Command))
	for _, d := range q.Bodies {
		if c.bodies[d] == nil {
			return accounts.Outcome{}, fmt.Errorf("test: a body is named and not stored")
		}
	}
	results, _, err := c.machine.Apply(c.machine.Applied()+1, []wire.Request{q})
	if err != nil {
		return accounts.Outcome{}, err
	}
	c.store.SetDurable(c.machine.Applied())
	c.commands[cmd.Kind()]++
	if c.lost && !cmd.ReadOnly() {
		return accounts.Outcome{}, fmt.Errorf("test: %w", ErrUnavailable)
	}
	return accounts.Outcome{Order: c.machine.Applied(), Status: results[0].Status, Payload: results[0].Payload}, nil
}

func (c *cluster) StoreBody(_ context.Context, sealed []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return fmt.Errorf("test: %w", ErrUnavailable)
	}
	c.bodies[wire.Sum(sealed)] = bytes.Clone(sealed)
	return nil
}

func (c *cluster) record(t *testing.T, d wire.Digest) []byte {
	t.Helper()
	if b := c.bodies[d]; b != nil {
		return b
	}
	b, ok, err := c.store.Get(state.SmallKey(d))
	if err != nil || !ok {
		t.Fatalf("no record: %v", err)
	}
	return b
}

// world is a cluster with a courier and an administrator.
type world struct {
	*testing.T
	cluster *cluster
	keys    seal.Keys
	courier *Courier
	admin   *accounts.Admin
}

func newWorld(t *testing.T, addresses ...string) *world {
	t.Helper()
	store, err := kv.Open(kv.Options{Path: filepath.Join(t.TempDir(), "store")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	machine, err := state.Open(store, state.Genesis{FirstMailbox: 1000})
	if err != nil {
		t.Fatal(err)
	}
	group, err := seal.NewGroupKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a, err := auth.New(auth.Options{Params: auth.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}, Iterations: 4096, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, keys: seal.NewKeys(group, [32]byte{1}), cluster: &cluster{
		store: store, machine: machine, bodies: map[wire.Digest][]byte{}, commands: map[command.Kind]int{},
	}}
	w.courier, err = New(Options{Cluster: w.cluster, Keys: w.keys, Domain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	w.admin = &accounts.Admin{Cluster: w.cluster, Keys: w.keys, Auth: a, Rand: rand.Reader}
	for _, address := range addresses {
		w.create(address, 0)
	}
	return w
}

func (w *world) create(address string, quota uint64) {
	w.Helper()
	if err := w.admin.Create(w.Context(), address, "a password", quota); err != nil {
		w.Fatal(err)
	}
}

func at(local string) Address { return Address{Local: local, Domain: "example.org"} }

func (w *world) find(a Address) *Recipient {
	w.Helper()
	r, err := w.courier.Find(w.Context(), a, 0)
	if err != nil {
		w.Fatalf("%v: %v", a, err)
	}
	return r
}

// inbox opens all messages of an account's INBOX, as a session would.
func (w *world) inbox(address string) []string {
	w.Helper()
	id := accounts.ID(w.keys, address)
	record, err := w.courier.read(w.Context(), id)
	if err != nil || record == nil {
		w.Fatalf("%s: %v", address, err)
	}
	vault, err := accounts.OpenVault(w.keys, rand.Reader, record)
	if err != nil {
		w.Fatal(err)
	}
	box, err := w.courier.readInbox(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	out, err := w.cluster.Do(w.Context(), &command.MailboxRead{Account: id, Mailbox: box, First: 1, Last: command.MaxUID, Limit: 1000})
	if err != nil {
		w.Fatal(err)
	}
	parts, err := command.DecodeMailboxParts(out.Payload)
	if err != nil {
		w.Fatal(err)
	}
	var all []string
	for _, m := range parts.Messages() {
		plain, err := vault.OpenSummary([32]byte(m.Body), w.cluster.record(w.T, m.Summary))
		if err != nil {
			w.Fatal(err)
		}
		key, shared, _ := accounts.SplitSummary(plain)
		raw, err := seal.OpenSharedRange(key, w.cluster.record(w.T, m.Body), 0, int(m.Size))
		if err != nil || !shared {
			w.Fatalf("shared %v: %v", shared, err)
		}
		all = append(all, string(raw))
	}
	return all
}

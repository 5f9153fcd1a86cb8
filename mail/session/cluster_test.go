package session

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
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

const (
	alice    = "alice.canary@example.org"
	password = "canary-password-of-alice"
)

// cluster is the real state machine over a real store, fed in order under one lock: what a group of
// replicas agrees on. It keeps every byte that a host would see.
type cluster struct {
	mu       sync.Mutex
	store    *kv.Store
	machine  *state.Machine
	order    uint64
	bodies   map[wire.Digest][]byte
	exposed  bytes.Buffer
	watchers map[*watcher]bool
	commands map[command.Kind]int
	gone     map[wire.Digest]bool // records that no host has any more
}

type watcher struct {
	keys []wire.Key
	hint chan struct{}
}

// replica is the cluster as one enclave reaches it.
type replica struct {
	*cluster
	id       wire.ReplicaID
	sequence uint64
	down     bool // no quorum answers
	records  int  // records that were read
	onRecord func(n int)
	lost     bool                  // commands are executed, answers do not come
	before   func(command.Command) // called before a command is ordered, without the lock
	after    func(command.Command) // called after one was ordered, without the lock

	unsure  bool                              // nothing can be validated
	behind  func(keys []wire.KeyVersion)      // what validations find; nil for the truth
	peeking func(command.Command, *Seen) bool // what the host makes of peeks; nil for the truth
	moving  func(command.Command)             // called before a peek, without the lock
	peeked  int                               // peeks
}

// digestOf returns a key's digest as it is voted; the lock is held.
func (c *cluster) digestOf(k wire.Key) wire.Digest {
	var read command.Command
	var digest func(b []byte) wire.Digest
	switch a := command.AccountID(k.Account); k.Kind {
	case wire.KeyAccount:
		read, digest = &command.AccountRead{Account: a}, digestBy(command.DecodeAccountState, (*command.AccountState).Digest)
	case wire.KeyNamespace:
		read, digest = &command.NamespaceRead{Account: a}, digestBy(command.DecodeNamespaceState, (*command.NamespaceState).Digest)
	default:
		_, payload, _, _, err := c.machine.Peek((&command.MailboxRead{Account: a, Mailbox: command.MailboxID(k.Mailbox)}).Append(nil))
		if err != nil || payload == nil {
			return wire.Digest{}
		}
		return digestBy(command.DecodeMailboxParts, func(p *command.MailboxParts) wire.Digest { return p.State.Digest() })(payload)
	}
	_, _, evidence, _, err := c.machine.Peek(read.Append(nil))
	if err != nil || evidence == nil {
		return wire.Digest{}
	}
	return digest(evidence)
}

func digestBy[T any](decode func([]byte) (T, error), digest func(*T) wire.Digest) func(b []byte) wire.Digest {
	return func(b []byte) wire.Digest {
		state, err := decode(b)
		if err != nil {
			panic(err)
		}
		return digest(&state)
	}
}

func (r *replica) Validate(_ context.Context, keys []wire.Key) ([]wire.KeyVersion, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down || r.unsure {
		return nil, false
	}
	versions := make([]wire.KeyVersion, len(keys))
	for i, k := range keys {
		versions[i] = wire.KeyVersion{Key: k, Digest: r.digestOf(k), Version: r.order}
	}
	if r.behind != nil {
		r.behind(versions)
	}
	return versions, true
}

func (r *replica) Peek(_ context.Context, c command.Command) (Seen, bool) {
	if r.moving != nil {
		r.moving(c)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	status, payload, evidence, ok, err := r.machine.Peek(c.Append(nil))
	if err != nil {
		return Seen{}, false
	}
	r.peeked++
	seen := Seen{Status: status, Payload: bytes.Clone(payload), Evidence: bytes.Clone(evidence)}
	if ok && r.peeking != nil {
		ok = r.peeking(c, &seen)
	}
	return seen, ok
}
func (c *cluster) replica(id wire.ReplicaID) *replica { return &replica{cluster: c, id: id} }

func (r *replica) Do(ctx context.Context, c command.Command) (Outcome, error) {
	if r.before != nil {
		r.before(c)
	}
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	if r.after != nil {
		defer r.after(c)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return Outcome{}, fmt.Errorf("test: %w", ErrUnavailable)
	}
	r.sequence++
	q := wire.Request{
		ID:   wire.RequestID{Origin: r.id, Generation: 1, Incarnation: 1, Sequence: r.sequence},
		Keys: c.Keys(), Bodies: command.Bodies(c), Command: c.Append(nil),
	}
	if c.ReadOnly() {
		q.Flags = wire.FlagReadOnly
	}
	if len(q.Command) > wire.MaxCommandBytes {
		return Outcome{}, fmt.Errorf("test: a command of %d bytes", len(q.Command))
	}
	for _, d := range q.Bodies {
		if r.bodies[d] == nil {
			return Outcome{}, fmt.Errorf("test: a body is named and not stored")
		}
	}
	r.order++
	results, _, err := r.machine.Apply(r.order, []wire.Request{q})
	if err != nil {
		return Outcome{}, err
	}
	r.store.SetDurable(r.order)
	r.exposed.Write(q.Command)
	r.exposed.Write(results[0].Payload)
	r.commands[c.Kind()]++
	if !c.ReadOnly() {
		r.hint(q.Keys)
	}
	if r.lost && !c.ReadOnly() {
		return Outcome{}, fmt.Errorf("test: %w", ErrUnavailable)
	}
	return Outcome{Order: r.order, Status: results[0].Status, Payload: results[0].Payload, Touched: results[0].Touched}, nil
}

func (c *cluster) hint(keys []wire.Key) {
	for w := range c.watchers {
		for _, k := range keys {
			for _, own := range w.keys {
				if k != own {
					continue
				}
				select {
				case w.hint <- struct{}{}:
				default:
				}
			}
		}
	}
}

func (r *replica) Record(_ context.Context, d wire.Digest, size uint32) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return nil, fmt.Errorf("test: %w", ErrUnavailable)
	}
	if r.records++; r.onRecord != nil {
		r.onRecord(r.records)
	}
	if r.gone[d] {
		return nil, fmt.Errorf("test: %w", ErrGone)
	}
	if b := r.bodies[d]; b != nil {
		return bytes.Clone(b), nil
	}
	b, ok, err := r.store.Get(state.SmallKey(d))
	if err != nil || !ok {
		return nil, fmt.Errorf("test: %w", ErrGone)
	}
	if size != 0 && len(b) != int(size) {
		return nil, fmt.Errorf("test: a record of %d bytes, asked for %d", len(b), size)
	}
	return bytes.Clone(b), nil
}

func (r *replica) StoreBody(_ context.Context, sealed []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return fmt.Errorf("test: %w", ErrUnavailable)
	}
	r.bodies[wire.Sum(sealed)] = bytes.Clone(sealed)
	r.exposed.Write(sealed)
	return nil
}

func (r *replica) Watch(keys []wire.Key) (<-chan struct{}, func()) {
	w := &watcher{keys: keys, hint: make(chan struct{}, 1)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers[w] = true
	return w.hint, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.watchers, w)
	}
}

func newCluster(t testing.TB) *cluster {
	t.Helper()
	store, err := kv.Open(kv.Options{Path: filepath.Join(t.TempDir(), "store")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	machine, err := state.Open(store, state.Genesis{FirstMailbox: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{
		store: store, machine: machine, order: machine.Applied(), bodies: make(map[wire.Digest][]byte),
		watchers: make(map[*watcher]bool), commands: make(map[command.Kind]int),
		gone: make(map[wire.Digest]bool),
	}
}

// world is a cluster with two enclaves and alice's account.
type world struct {
	testing.TB
	cluster  *cluster
	replicas [2]*replica
	servers  [2]*Server
	options  [2]Options
	admin    *accounts.Admin
}

// peer is where the tests' clients come from.
var peer = netip.MustParseAddr("192.0.2.7")

func newWorld(t testing.TB, change func(*Options)) *world {
	t.Helper()
	group, err := seal.NewGroupKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := seal.NewKeys(group, [32]byte{1})
	a, err := auth.New(auth.Options{Params: auth.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}, Iterations: 4096, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, cluster: newCluster(t)}
	for i := range w.servers {
		w.replicas[i] = w.cluster.replica(wire.ReplicaID(i))
		o := Options{Cluster: w.replicas[i], Reader: w.replicas[i], Keys: keys, Auth: a}
		if change != nil {
			change(&o)
		}
		w.options[i] = o
		if w.servers[i], err = New(o); err != nil {
			t.Fatal(err)
		}
	}
	w.admin = &accounts.Admin{Cluster: w.cluster.replica(2), Keys: keys, Auth: a, Rand: rand.Reader}
	if err := w.admin.Create(t.Context(), alice, password, 0); err != nil {
		t.Fatal(err)
	}
	return w
}

// login returns a session of alice at replica i.
func (w *world) login(i int) *Session {
	w.Helper()
	s, err := w.servers[i].Login(w.Context(), peer, alice, password)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = s.Close() })
	return s
}

// opened returns a session of alice at replica i with a selected mailbox, and its client.
func (w *world) opened(i int, mailbox string) (*Session, *client) {
	w.Helper()
	s := w.login(i)
	c := &client{TB: w.TB}
	c.enter(s, mailbox, false)
	return s, c
}

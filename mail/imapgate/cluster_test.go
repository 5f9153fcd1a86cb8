package imapgate

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/seal"
	"troxymail/mail/accounts"
	"troxymail/mail/auth"
	"troxymail/mail/session"
	mailcommand "troxymail/mailstore/command"
	"troxymail/mailstore/kv"
	mailstate "troxymail/mailstore/state"
)

// cluster is the real state machine on a real store, fed by several enclaves in one order.
type cluster struct {
	mu       sync.Mutex
	store    *kv.Store
	machine  *mailstate.Machine
	order    uint64
	bodies   map[wire.Digest][]byte
	watchers map[chan struct{}]bool
}

// enclave is the cluster as one replica's enclave reaches it.
type enclave struct {
	*cluster
	id       wire.ReplicaID
	sequence uint64
}

func (e *enclave) Do(_ context.Context, c mailcommand.Command) (session.Outcome, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sequence++
	q := wire.Request{
		ID:   wire.RequestID{Origin: e.id, Generation: 1, Incarnation: 1, Sequence: e.sequence},
		Keys: c.Keys(), Bodies: mailcommand.Bodies(c), Command: c.Append(nil),
	}
	if c.ReadOnly() {
		q.Flags = wire.FlagReadOnly
	}
	e.order++
	results, _, err := e.machine.Apply(e.order, []wire.Request{q})
	if err != nil {
		return session.Outcome{}, err
	}
	e.store.SetDurable(e.order)
	if !c.ReadOnly() {
		for hint := range e.watchers {
			select {
			case hint <- struct{}{}:
			default:
			}
		}
	}
	return session.Outcome{Order: e.order, Status: results[0].Status, Payload: results[0].Payload, Touched: results[0].Touched}, nil
}

func (e *enclave) Record(_ context.Context, d wire.Digest, _ uint32) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b := e.bodies[d]; b != nil {
		return bytes.Clone(b), nil
	}
	b, ok, err := e.store.Get(mailstate.SmallKey(d))
	if err != nil || !ok {
		return nil, errors.Join(err, session.ErrGone)
	}
	return bytes.Clone(b), nil
}

func (e *enclave) StoreBody(_ context.Context, sealed []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bodies[wire.Sum(sealed)] = bytes.Clone(sealed)
	return nil
}

func (e *enclave) Watch([]wire.Key) (<-chan struct{}, func()) {
	hint := make(chan struct{}, 1)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watchers[hint] = true
	return hint, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.watchers, hint)
	}
}

// onCluster makes the session servers of two enclaves, with the fake's account.
func onCluster(t *testing.T) [2]*session.Server {
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
	machine, err := mailstate.Open(store, mailstate.Genesis{FirstMailbox: 1000})
	if err != nil {
		t.Fatal(err)
	}
	group, err := seal.NewGroupKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := seal.NewKeys(group, [32]byte{1})
	a, err := auth.New(auth.Options{Params: auth.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}, Iterations: 4096, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{
		store: store, machine: machine, order: machine.Applied(),
		bodies: make(map[wire.Digest][]byte), watchers: make(map[chan struct{}]bool),
	}
	var servers [2]*session.Server
	for i := range servers {
		e := &enclave{cluster: c, id: wire.ReplicaID(i)}
		if servers[i], err = session.New(session.Options{Cluster: e, Keys: keys, Auth: a, Limits: session.Limits{SessionsPerAccount: 1 << 20}}); err != nil {
			t.Fatal(err)
		}
	}
	admin := &accounts.Admin{Cluster: &enclave{cluster: c, id: 2}, Keys: keys, Auth: a, Rand: rand.Reader}
	if err := admin.Create(t.Context(), fakeUser, fakePassword, 0); err != nil {
		t.Fatal(err)
	}
	return servers
}

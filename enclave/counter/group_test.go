package counter

import (
	"errors"

	"pgregory.net/rapid"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

var founding = wire.Founding{Generation: 1, Digest: wire.Sum([]byte("founding"))}

func group(t rapid.TB, n int) quorum.Config {
	g, err := quorum.New(n)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func config(t rapid.TB, n int, self wire.ReplicaID) Config {
	return Config{Group: group(t, n), Self: self, Key: [32]byte{7}}
}

// active returns a set of a group of three that is ACTIVE in view 0.
func active(t rapid.TB, self wire.ReplicaID) *Set {
	s := New(config(t, 3, self))
	s.Activate(founding)
	return s
}

// states returns the ACTIVE states of a group of n in view 0.
func states(t rapid.TB, n int) []*State {
	list := make([]*State, n)
	for i := range list {
		list[i] = NewState(config(t, n, wire.ReplicaID(i)))
		list[i].Activate(founding)
	}
	return list
}

func at(v, o uint64) wire.Position { return wire.Position{View: v, Order: o} }

func batch(name string) wire.Digest { return wire.Sum([]byte(name)) }

func want(t rapid.TB, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: %v, want %v", what, err, target)
	}
}

func must[T any](t rapid.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// prepare lets the leader of its view propose the next batches.
func prepare(t rapid.TB, s *State, names ...string) []wire.Certificate {
	t.Helper()
	var out []wire.Certificate
	for _, n := range names {
		out = append(out, must[wire.Certificate](t)(s.Prepare(at(s.current.View, s.current.Order+1), batch(n))))
	}
	return out
}

// commit lets a follower vote for all of prepares.
func commit(t rapid.TB, s *State, prepares ...wire.Certificate) {
	t.Helper()
	for i := range prepares {
		must[wire.Certificate](t)(s.Commit(&prepares[i]))
	}
}

// wants returns REQ-VCs of some states for view.
func wants(t rapid.TB, view uint64, of ...*State) []wire.ReqVC {
	t.Helper()
	var out []wire.ReqVC
	for _, s := range of {
		out = append(out, must[wire.ReqVC](t)(s.ReqVC(view)))
	}
	return out
}

// leave lets states go to view, with the REQ-VCs of f+1 of them.
func leave(t rapid.TB, view uint64, of ...*State) []wire.ViewChange {
	t.Helper()
	reqs := wants(t, view, of...)
	var out []wire.ViewChange
	for _, s := range of {
		out = append(out, must[wire.ViewChange](t)(s.ViewChange(view, reqs)))
	}
	return out
}

// batches names what a disclosure holds from order first on.
func holds(d wire.Disclosure, names ...string) bool {
	if len(d.Entries) != len(names) {
		return false
	}
	for i, n := range names {
		b := batch(n)
		if n == "" {
			b = emptyBatch
		}
		if d.Entries[i].Order != d.Stable.Order+1+uint64(i) || d.Entries[i].Batch != b {
			return false
		}
	}
	return true
}

// checkpoints returns what states attest of an order.
func checkpoints(t rapid.TB, order uint64, root string, of ...*State) []wire.Checkpoint {
	t.Helper()
	var out []wire.Checkpoint
	for _, s := range of {
		out = append(out, must[wire.Checkpoint](t)(s.Checkpoint(order, batch(root))))
	}
	return out
}

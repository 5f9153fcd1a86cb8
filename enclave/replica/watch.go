package replica

import (
	"slices"
	"sync"

	"troxymail/bftcore/wire"
)

// watches tells sessions that a key they look at may have changed. It is the one state that the owner
// goroutine shares with sessions, behind its own lock.
type watches struct {
	mu    sync.Mutex
	byKey map[wire.Key]map[chan struct{}]struct{} // guarded by mu
}

func (t *watches) init() { t.byKey = map[wire.Key]map[chan struct{}]struct{}{} }

// Watch returns a channel that receives (coalesced) when one of keys was written, as this replica's host
// reports it, as this enclave's own commands turn out, or as others' hosts reported to theirs: a hint, to be followed by a
// read. cancel ends it; call it once.
func (r *Replica) Watch(keys []wire.Key) (changes <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	keys = slices.Clone(keys) // cancel must find what add put in
	r.watches.add(c, keys)
	return c, func() { r.watches.remove(c, keys) }
}

func (t *watches) add(c chan struct{}, keys []wire.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		set := t.byKey[k]
		if set == nil {
			set = map[chan struct{}]struct{}{}
			t.byKey[k] = set
		}
		set[c] = struct{}{}
	}
}

func (t *watches) remove(c chan struct{}, keys []wire.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		delete(t.byKey[k], c)
		if len(t.byKey[k]) == 0 {
			delete(t.byKey, k)
		}
	}
}

// keys returns what is watched, each key once.
func (t *watches) keys() []wire.Key {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := make([]wire.Key, 0, len(t.byKey))
	for k := range t.byKey {
		keys = append(keys, k)
	}
	return keys
}

// fire tells all who watch one of keys.
func (t *watches) fire(keys []wire.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		for c := range t.byKey[k] {
			select {
			case c <- struct{}{}:
			default: // it was told already and has not looked yet
			}
		}
	}
}

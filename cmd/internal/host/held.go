package host

import (
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

// held is the store with the state machine over it. A state that was taken over from peers comes with a store
// of its own: whoever holds the former one gets kv.ErrClosed and asks again.
type held struct {
	store   *kv.Store
	machine *state.Machine
}

// store and machine are the present ones.
func (h *Host) store() *kv.Store { return h.held.Load().store }

func (h *Host) machine() *state.Machine { return h.held.Load().machine }

// present is the present store to package blob.
type present struct{ h *Host }

func (p present) Get(key []byte) ([]byte, bool, error) { return p.h.store().Get(key) }

func (p present) Restore(key, value []byte) error { return p.h.store().Restore(key, value) }

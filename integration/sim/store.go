package sim

import (
	"encoding/binary"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// store is the state machine of a host: a chain over what was executed. It executes each request id once.
type store struct {
	applied uint64
	chain   wire.Digest
	done    map[wire.RequestID]outcome
	kept    snapshot // what its file holds
}

// outcome is the reply to a request.
type outcome struct {
	order  uint64
	result wire.Digest
}

// snapshot is a store as it stands on disk. The file is never ahead of the synced log.
type snapshot struct {
	applied uint64
	chain   wire.Digest
	done    map[wire.RequestID]outcome
}

func newStore() *store { return &store{done: map[wire.RequestID]outcome{}} }

// apply executes a batch and returns the outcome of each request in it.
func (s *store) apply(b bftcore.Batch) []outcome {
	s.applied = b.Order
	link := append([]byte(nil), s.chain[:]...)
	link = binary.BigEndian.AppendUint64(link, b.Order)
	link = append(link, b.Digest[:]...)
	s.chain = wire.Sum(link)
	out := make([]outcome, len(b.Requests))
	for i := range b.Requests {
		q := &b.Requests[i]
		if o, ok := s.done[q.ID]; ok && !q.ReadOnly() {
			out[i] = o
			continue
		}
		out[i] = outcome{order: b.Order, result: wire.Sum(append(s.chain[:], q.Header...))}
		if !q.ReadOnly() {
			s.done[q.ID] = out[i]
		}
	}
	return out
}

// save writes the store's file as it is now.
func (s *store) save() {
	done := make(map[wire.RequestID]outcome, len(s.done))
	for id, o := range s.done {
		done[id] = o
	}
	s.kept = snapshot{applied: s.applied, chain: s.chain, done: done}
}

// restart goes back to the file.
func (s *store) restart() {
	done := make(map[wire.RequestID]outcome, len(s.kept.done))
	for id, o := range s.kept.done {
		done[id] = o
	}
	s.applied, s.chain, s.done = s.kept.applied, s.kept.chain, done
}

package node

import (
	"context"

	"troxymail/bftcore/wire"
)

// Repair fetches a record from peers that this host should have and found missing or damaged, and puts it
// back. False when no peer delivered it in time, or ctx ended. Safe for concurrent use while Run runs.
func (n *Node) Repair(ctx context.Context, d wire.Digest) bool {
	return n.await(ctx, func(s *bodyState, done chan bool) {
		a := s.lack(d)
		a.damaged = true
		a.repairs = append(a.repairs, done)
	})
}

// Fetch gets a large body from peers that this host never had: of a state that it took over. False when no peer
// delivered it in time, or ctx ended. Safe for concurrent use while Run runs.
func (n *Node) Fetch(ctx context.Context, d wire.Digest) bool {
	return n.await(ctx, func(s *bodyState, done chan bool) {
		a := s.lack(d)
		a.fetches = append(a.fetches, done)
	})
}

func (n *Node) await(ctx context.Context, ask func(s *bodyState, done chan bool)) bool {
	done := make(chan bool, 1)
	n.bodies.lanes.put(laneHost, 0, func(s *bodyState) { ask(s, done) })
	select {
	case ok := <-done:
		return ok
	case <-n.bodies.finished:
		return false
	case <-ctx.Done():
		return false
	}
}

package node

import (
	"context"

	"troxymail/bftcore/wire"
)

// Repair fetches a record from peers that this host should have and found missing or damaged, and puts it
// back. False when no peer delivered it in time, or ctx ended. Safe for concurrent use while Run runs.
func (n *Node) Repair(ctx context.Context, d wire.Digest) bool {
	done := make(chan bool, 1)
	n.bodies.do(func(s *bodyState) {
		a := s.lack(d)
		a.damaged = true
		a.repairs = append(a.repairs, done)
	})
	select {
	case ok := <-done:
		return ok
	case <-n.bodies.finished:
		return false
	case <-ctx.Done():
		return false
	}
}

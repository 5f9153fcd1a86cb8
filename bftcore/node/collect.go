package node

import (
	"context"

	"troxymail/bftcore/wire"
)

// maxPins bounds the bodies that are pinned. When there are more, none is removed any more until the next start:
// to forget a pin could lose a body that was promised.
const maxPins = 1 << 16

// pin keeps a large body until an executed request names it: it was confirmed to its origin, or is about to be
// voted for. Never by age: only its execution says that the state machine knows of it.
func (s *bodyState) pin(d wire.Digest) {
	if s.pins == nil {
		s.pins = map[wire.Digest]struct{}{}
	}
	if len(s.pins) < maxPins {
		s.pins[d] = struct{}{}
		return
	}
	s.pinned = true
}

// Collect removes a large body that no message refers to, unless it is pinned. Safe for concurrent use while Run
// runs.
func (n *Node) Collect(ctx context.Context, d wire.Digest) bool {
	done := make(chan bool, 1)
	n.bodies.lanes.put(laneHost, 0, func(s *bodyState) {
		_, pinned := s.pins[d]
		if pinned || s.pinned || s.missing[d] != nil {
			done <- false
			return
		}
		if err := s.n.o.Bodies.Remove(d); err != nil {
			s.n.diskErrors.Add(1)
			s.n.o.Logger.Error("body.not_removed", "cause", err.Error())
			done <- false
			return
		}
		done <- true
	})
	select {
	case ok := <-done:
		return ok
	case <-n.bodies.finished:
	case <-ctx.Done():
	}
	return false
}

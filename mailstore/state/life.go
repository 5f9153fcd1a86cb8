package state

import "troxymail/bftcore/wire"

// Life is what decides whether a request of an origin, a replica's enclave, may still execute: the newest incarnation of
// which a writing request executed, and how far that came. The zero Life is that of an origin nobody heard of. A pure
// rule, which the model checker applies too.
//
// It follows from what was executed alone. Which incarnations there are is known to enclaves at different times, so who
// refused a request by that would differ from the others; the first command of a new incarnation, its FENCE, is ordered
// like any other, and so all refuse the same behind it.
type Life struct {
	Generation  uint32
	Incarnation uint32
	Highest     uint64 // sequence
}

// Standing is how a request stands to its origin's Life.
type Standing uint8

// The standings of a request.
const (
	CurrentIncarnation Standing = iota
	NewIncarnation
	FormerIncarnation // its session is gone, and somebody was told of what came after: it must not execute any more
	BeforeWindow      // too old to know whether it executed
)

// Standing tells how id stands to what executed before it.
func (l Life) Standing(id wire.RequestID) Standing {
	switch {
	case id.Generation > l.Generation, id.Generation == l.Generation && id.Incarnation > l.Incarnation:
		return NewIncarnation
	case id.Generation < l.Generation || id.Incarnation < l.Incarnation:
		return FormerIncarnation
	case l.Highest >= Window && id.Sequence <= l.Highest-Window:
		return BeforeWindow
	}
	return CurrentIncarnation
}

// After returns the Life once a writing request that is not of a former incarnation executes: a new one's forgets all
// sequences of those before.
func (l Life) After(id wire.RequestID) Life {
	if l.Standing(id) == NewIncarnation {
		l = Life{Generation: id.Generation, Incarnation: id.Incarnation}
	}
	l.Highest = max(l.Highest, id.Sequence)
	return l
}

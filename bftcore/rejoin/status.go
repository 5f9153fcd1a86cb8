package rejoin

import "troxymail/bftcore/wire"

// Phase is how far an attempt to come back is.
type Phase uint8

// The phases.
const (
	Done     Phase = 0 // ACTIVE
	Asking   Phase = 1 // peers are asked how they stand
	Granting Phase = 2 // f+1 ACTIVE others are asked for a number
	Founding Phase = 3 // all others are not ACTIVE: COLD-STATEs are collected
	Joining  Phase = 4 // JOINs are collected
)

// Status is for people.
type Status struct {
	Phase Phase
	// Waiting are the replicas without which the attempt cannot end: in a founding every one that said nothing
	// lately, or not yet what is needed of it; and whoever speaks of a batch that nobody has shown.
	Waiting []wire.ReplicaID
	// Since is when the last step was made.
	Since Time
	// Silent are the peers that said nothing lately, Down those that say that their enclaves are not ACTIVE either.
	Silent, Down []wire.ReplicaID
}

// Status tells how far the driver is, and for whom it waits.
func (d *Driver) Status() Status {
	if d.active {
		return Status{}
	}
	s := Status{Phase: Asking, Since: d.since}
	a := &d.attempt
	switch {
	case a.join != nil:
		s.Phase = Joining
	case a.cold != nil:
		s.Phase = Founding
	case a.request != nil:
		s.Phase = Granting
	}
	for i := range d.peers {
		p := &d.peers[i]
		silent := p.heard == 0 || d.now > p.heard+awayAfter
		switch {
		case wire.ReplicaID(i) == d.cfg.Self:
		case silent:
			s.Silent = append(s.Silent, wire.ReplicaID(i))
		case p.info == nil:
			s.Down = append(s.Down, wire.ReplicaID(i))
		}
		switch {
		case wire.ReplicaID(i) == d.cfg.Self, !d.takesPart(wire.ReplicaID(i)):
		case silent, s.Phase == Joining && p.join == nil, s.Phase == Founding && (p.cold == nil || d.withholds(p)),
			s.Phase == Granting && (p.info == nil || d.withholds(p)),
			s.Phase == Asking && p.info == nil && p.statement == nil:
			s.Waiting = append(s.Waiting, wire.ReplicaID(i))
		}
	}
	return s
}

package counter

import (
	"fmt"
	"sort"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// Prepare certifies digest as this leader's proposal at pos. It follows the NEW-VIEW that this enclave made:
// an order that it selected gets the batch that it selected.
func (s *State) Prepare(pos wire.Position, digest wire.Digest) (wire.Certificate, error) {
	if s.cfg.Group.Leader(pos.View) != s.cfg.Self {
		return wire.Certificate{}, ErrRole
	}
	if err := s.next(pos, digest); err != nil {
		return wire.Certificate{}, err
	}
	s.certified(pos, digest)
	return s.certificate(wire.CertPrepare, pos, digest), nil
}

// Commit certifies this follower's vote for an authentic PREPARE. A PREPARE of an incarnation that this
// enclave knows to be dead is refused: its COMMIT could not be counted beside it.
func (s *State) Commit(p *wire.Certificate) (wire.Certificate, error) {
	leader := s.cfg.Group.Leader(p.New.View)
	switch {
	case leader == s.cfg.Self:
		return wire.Certificate{}, ErrRole
	case s.standing != wire.Active:
		return wire.Certificate{}, ErrInactive
	case p.Kind != wire.CertPrepare || p.Replica != leader || !quorum.Consistent(quorum.WitnessOf(p), s.own()):
		return wire.Certificate{}, ErrPrepare
	}
	if err := s.next(p.New, p.Digest); err != nil {
		return wire.Certificate{}, err
	}
	s.certified(p.New, p.Digest)
	return s.certificate(wire.CertCommit, p.New, p.Digest), nil
}

// next is the rule of the normal case: in the view that began here, the order after the last one of its pillar, within
// the window, and the batch that the view's beginning selected.
func (s *State) next(pos wire.Position, digest wire.Digest) error {
	if err := s.active(pos.View, pos.Order); err != nil {
		return err
	}
	switch {
	case pos.Order == 0:
		return ErrRange
	case pos.View < s.recovery:
		return ErrMute
	case pos.View != s.current.View || !s.inView:
		return fmt.Errorf("%w: at %v, asked for %v", ErrView, s.current, pos)
	case s.passed(pos.Order) && s.contradicts(pos.Order, digest):
		return ErrDigest
	case !s.due(pos.Order):
		return fmt.Errorf("%w: at %v, asked for %v", ErrPosition, s.current, pos)
	case pos.Order > s.stable.Order+wire.MaxEntries && !s.cfg.NoCheckpoints:
		return ErrWindow
	}
	if pos.Order <= s.selected && s.chosen(pos.Order) != digest {
		return ErrDigest
	}
	return nil
}

// chosen is the batch that the view's beginning selected for an order: what is remembered there.
func (s *State) chosen(order uint64) wire.Digest {
	if i, ok := s.find(order); ok {
		return s.entries[i].Batch
	}
	return wire.Digest{}
}

// contradicts reports whether another batch is remembered at an order that this enclave is past. No correct host asks
// for one, however late or often it asks, unless its enclave certified there by itself meanwhile (package replica, own).
func (s *State) contradicts(order uint64, digest wire.Digest) bool {
	i, ok := s.find(order)
	return ok && s.entries[i].Batch != digest
}

// certified moves the order's counter and remembers the entry with the rank that it now has.
func (s *State) certified(pos wire.Position, digest wire.Digest) {
	s.move(pos.Order)
	s.record(wire.Entry{Order: pos.Order, Rank: wire.Rank{Generation: s.founding.Generation, View: pos.View}, Batch: digest})
}

// record puts e in its place, instead of what was there.
func (s *State) record(e wire.Entry) {
	if n := len(s.entries); n == 0 || s.entries[n-1].Order < e.Order {
		if n == wire.MaxEntries { // only with NoCheckpoints
			s.entries = s.entries[1:]
		}
		s.entries = append(s.entries, e)
		return
	}
	i, ok := s.find(e.Order)
	if ok {
		s.entries[i] = e
		return
	}
	if len(s.entries) == wire.MaxEntries { // only with NoCheckpoints, and several pillars
		if i == 0 {
			return
		}
		s.entries, i = s.entries[1:], i-1
	}
	s.entries = append(s.entries, wire.Entry{})
	copy(s.entries[i+1:], s.entries[i:])
	s.entries[i] = e
}

// find returns the index of the entry of order, or where it would stand.
func (s *State) find(order uint64) (int, bool) {
	if len(s.entries) > 0 {
		// Mostly there are no gaps.
		if i := order - s.entries[0].Order; order >= s.entries[0].Order && i < uint64(len(s.entries)) && s.entries[i].Order == order {
			return int(i), true
		}
	}
	i := sort.Search(len(s.entries), func(i int) bool { return s.entries[i].Order >= order })
	return i, i < len(s.entries) && s.entries[i].Order == order
}

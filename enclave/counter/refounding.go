package counter

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/refound"
)

// A founding by fewer than a founding takes, when machines are gone for good. The members give COLD-STATEs for each
// other alone, like for any founding; each enclave shows an administrator what their bundle makes (Propose); the
// administrator orders exactly that (Order); only then does a JOIN of the members follow. What such a founding gives
// up, and why at least f+1 members are needed, is told in package rr.
//
// The order is the one thing that State believes without seeing why: Set has checked that the administrator signed
// it for this genesis, this bundle and its members. Bound to the bundle's digest it cannot be used twice, or for
// another set of frontiers that a host would rather have: every nonce in the bundle was drawn by a member after its
// last certificate (M3), and a member that gives up draws another. A COLD-STATE for other members, an Abandon and
// Found make it nothing.

// Propose plans the founding by the senders of COLD-STATEs, all that the own one names, when they are fewer than a
// founding takes, for an administrator to see. Nothing is founded.
func (s *State) Propose(states []wire.ColdState) error {
	b, err := s.beginning(states)
	switch {
	case err != nil:
		return err
	case len(states) < s.cfg.Model.Refounding() || len(states) >= s.cfg.Model.N:
		return ErrQuorum
	}
	if s.plan != nil && s.plan.Founding == b.founding {
		return nil // it may have been ordered already
	}
	p := refound.New(s.cfg.Group.N(), b.founding, b.selection.End(), b.states)
	s.plan, s.ordered = &p, wire.Founding{}
	return nil
}

// Plan returns what Propose planned, nil for nothing. It stays what it is.
func (s *State) Plan() *refound.Plan { return s.plan }

// Order lets the planned founding go on: an administrator ordered it. ErrOrder when f is not the planned one.
func (s *State) Order(f wire.Founding) error {
	if s.standing != wire.InFounding {
		return ErrStanding
	}
	if s.plan == nil || s.plan.Founding != f {
		return ErrOrder
	}
	s.ordered = f
	return nil
}

// Propose plans a founding by fewer than a founding takes, from the COLD-STATEs of its members.
func (s *Set) Propose(states [][]byte) (Said, error) {
	return Said{}, s.state.Propose(stated(s, states, wire.DecodeColdState, func(m *wire.ColdState) *wire.Certificate { return &m.Certificate }))
}

// Plan returns what was planned, nil for nothing.
func (s *Set) Plan() *refound.Plan { return s.state.plan }

// Order takes an administrator's order, from wherever it comes. Errors: ErrForged for what is no order; those of
// refound.Order.Verify; ErrOrder when nothing is planned; ErrStanding.
func (s *Set) Order(raw []byte) error {
	o, err := refound.Decode(raw)
	if err != nil {
		return ErrForged
	}
	p := s.state.plan
	if p == nil {
		p = &refound.Plan{}
	}
	if err := o.Verify(s.state.cfg.Admin, s.state.cfg.Genesis, p); err != nil {
		return err
	}
	return s.state.Order(o.Founding)
}

package counter

import (
	"slices"

	"troxymail/bftcore/wire"
)

// Frontier is the whole ordering state, for the host's log: unchanged, it is what Restore takes.
func (s *State) Frontier() wire.Frontier {
	m := wire.Frontier{Disclosure: s.Disclosure(), InView: s.inView, Selected: s.selected, NewView: s.newView, LastActive: s.lastActive}
	if s.cfg.Pillars > 1 {
		m.Pillars, m.Ahead = uint16(s.cfg.Pillars), slices.Clone(s.ahead)
	}
	m.Certificate = s.certificate(wire.CertFrontier, s.current, m.BodyDigest())
	return m
}

// Restore gives a state in BOOT the evidence of its host's log: the newest Frontier, nil for none, and the own
// PREPAREs and COMMITs after it, those of each pillar rising. All of them are authentic. The enclave is RECOVERING
// afterwards: how new the evidence is, is the host's word, so it serves for a founding only. It cannot leave out the
// middle: the positions of a pillar have no gaps.
func (s *State) Restore(f *wire.Frontier, own []wire.Certificate) error {
	if s.standing != wire.Booted {
		return ErrStanding
	}
	r := s.Clone()
	if f != nil {
		if err := r.resume(f); err != nil {
			return err
		}
	} else if len(own) > 0 {
		return ErrFrontier // every certificate comes after the frontier of its incarnation's beginning
	}
	for i := range own {
		if err := r.repeat(&own[i]); err != nil {
			return err
		}
	}
	r.standing = wire.Recovering
	*s = *r
	return nil
}

// resume takes over what a Frontier of this replica says.
func (s *State) resume(f *wire.Frontier) error {
	c := &f.Certificate
	if c.Kind != wire.CertFrontier || c.Replica != s.cfg.Self || len(c.Vector) != s.cfg.Group.N() ||
		max(1, int(f.Pillars)) != s.cfg.Pillars {
		return ErrFrontier
	}
	s.founding, s.lastActive, s.number, s.current = c.Founding, f.LastActive, c.Incarnation, c.New
	copy(s.vector, c.Vector)
	s.recovery, s.base = c.RecoveryView, c.Base
	s.inView, s.selected, s.newView = f.InView, f.Selected, f.NewView
	s.stable = f.Disclosure.Stable
	s.entries = append([]wire.Entry(nil), f.Disclosure.Entries...)
	s.ahead = slices.Clone(f.Ahead)
	return nil
}

// repeat moves the state by one own certificate.
func (s *State) repeat(c *wire.Certificate) error {
	if c.Kind != wire.CertPrepare && c.Kind != wire.CertCommit || c.Replica != s.cfg.Self || c.Founding != s.founding ||
		c.Incarnation != s.number || !s.inView || c.New.View != s.current.View || !s.due(c.New.Order) {
		return ErrFrontier
	}
	if c.New.Order > s.stable.Order+wire.MaxEntries && !s.cfg.NoCheckpoints {
		return ErrFrontier // a frontier with a later checkpoint is hidden: there is no room for what is between
	}
	for i, known := range c.Vector {
		s.vector[i] = max(s.vector[i], known)
	}
	s.lastActive = s.founding // only an ACTIVE enclave certifies
	s.certified(c.New, c.Digest)
	return nil
}

// Continue makes a restored state ACTIVE as it was. UNSAFE against a host that shows old evidence: it makes
// the enclave certify twice at one position. It stands in until enclaves come back by recovery and founding.
func (s *State) Continue() error {
	if s.standing != wire.Recovering || s.number == 0 {
		return ErrStanding
	}
	s.standing, s.lastActive = wire.Active, s.founding
	return nil
}

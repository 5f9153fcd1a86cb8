package counter

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

// Tag of the MAC over a certificate's statement.
const macTag = "troxymail/certificate/v1"

// Set is State and authentication: what comes in is decoded and its MACs checked, what goes out gets its MAC.
// One owner; not safe for concurrent use.
type Set struct {
	state   *State
	auth    *mac.Authenticator
	commits commits
	scratch []byte
}

// New returns a Set that certifies nothing until it is made ACTIVE.
func New(cfg Config) *Set {
	return &Set{state: NewState(cfg), auth: mac.New(cfg.Key, macTag)}
}

// Activate makes the set ACTIVE as incarnation 1 of a founding, in view 0: for tests and oracles.
func (s *Set) Activate(f wire.Founding) { s.state.Activate(f) }

// State returns the rules' state, which stays the set's: for looking at it.
func (s *Set) State() *State { return s.state }

// Incarnation returns who the set speaks for; its Number is 0 before it is ACTIVE.
func (s *Set) Incarnation() wire.Incarnation { return s.state.Incarnation() }

// Vector returns a copy of the incarnation vector.
func (s *Set) Vector() []uint32 { return s.state.Vector() }

// Active reports whether the set certifies.
func (s *Set) Active() bool { return s.state.standing == wire.Active }

// Position returns the view, and the order up to which every counter is.
func (s *Set) Position() wire.Position { return s.state.current }

// CertifyPrepare certifies digest as this leader's proposal at pos.
func (s *Set) CertifyPrepare(pos wire.Position, digest wire.Digest) (wire.Certificate, error) {
	c, err := s.state.Prepare(pos, digest)
	return s.sealed(c, err)
}

// CertifyCommit certifies this follower's vote for the batch of a PREPARE, whose MAC it checks.
func (s *Set) CertifyCommit(prepare *wire.Certificate) (wire.Certificate, error) {
	if s.Active() && !s.Verify(prepare) {
		return wire.Certificate{}, ErrPrepare
	}
	return s.CommitVerified(prepare)
}

// CommitVerified is CertifyCommit for a PREPARE that Verify accepted since the last change of standing.
func (s *Set) CommitVerified(prepare *wire.Certificate) (wire.Certificate, error) {
	c, err := s.state.Commit(prepare)
	return s.sealed(c, err)
}

// AttestStored states that the host stored a large body and read it back.
func (s *Set) AttestStored(body wire.Digest) (wire.Certificate, error) {
	if !s.Active() {
		return wire.Certificate{}, ErrInactive
	}
	return s.sealed(s.state.certificate(wire.CertBodyStored, wire.Position{}, body), nil)
}

// Verify reports whether c is authentic and of the present founding: an older founding's certificates are
// evidence inside a founding's bundle only, and while the enclave is not ACTIVE its host has nothing to
// execute. A certificate of an incarnation that is known to be dead is authentic still (it may be part of an
// old commit); whether it may be counted beside others is for quorum.Consistent to say, which every quorum asks.
func (s *Set) Verify(c *wire.Certificate) bool {
	if !s.Active() || c.Founding != s.state.founding || c.Kind > wire.CertBodyStored || !s.authentic(c) {
		return false
	}
	s.state.Heard(c)
	s.saw(c)
	return true
}

// authentic reports whether an enclave of this group made c, in whatever founding.
func (s *Set) authentic(c *wire.Certificate) bool {
	if !s.state.cfg.fits(c) {
		return false
	}
	s.scratch = c.AppendStatement(s.scratch[:0])
	return s.auth.Verify(s.scratch, c.MAC)
}

// fits reports whether c is of this epoch, counts for its own pillar, and names a replica of this group.
func (cfg *Config) fits(c *wire.Certificate) bool {
	return c.Epoch == cfg.Epoch && c.Counts(cfg.Pillars) && int(c.Replica) < cfg.Group.N() && len(c.Vector) == cfg.Group.N()
}

// seal gives a certificate its MAC.
func (s *Set) seal(c *wire.Certificate) {
	s.scratch = c.AppendStatement(s.scratch[:0])
	c.MAC = s.auth.Sum(s.scratch)
}

func (s *Set) sealed(c wire.Certificate, err error) (wire.Certificate, error) {
	if err != nil {
		return wire.Certificate{}, err
	}
	s.seal(&c)
	s.saw(&c)
	return c, nil
}

// saw notes a certificate that was made or verified here.
func (s *Set) saw(c *wire.Certificate) {
	s.commits.saw(s.state.Incarnation(), s.state.cfg.Group.Size(), c)
}

// Frontier returns the record of the whole ordering state.
func (s *Set) Frontier() []byte {
	m := s.state.Frontier()
	s.seal(&m.Certificate)
	return m.Append(nil)
}

// Restore gives the set the evidence of its host's log: the newest Frontier (empty for none) and the own
// certificates after it. ErrForged when the Frontier does not decode or anything is not authentic; else the
// errors of State.Restore.
func (s *Set) Restore(frontier []byte, own []wire.Certificate) error {
	var f *wire.Frontier
	if len(frontier) > 0 {
		m, err := wire.DecodeFrontier(frontier)
		if err != nil || !s.authentic(&m.Certificate) {
			return ErrForged
		}
		f = &m
	}
	for i := range own {
		if !s.authentic(&own[i]) {
			return ErrForged
		}
	}
	return s.state.Restore(f, own)
}

// Continue makes a restored set ACTIVE as it was. UNSAFE: see State.Continue.
func (s *Set) Continue() error { return s.state.Continue() }

// ResumeLog makes the set ACTIVE as its host's log shows: from the newest Frontier (empty for none) and the own
// certificates after it; without a Frontier from those of the founding's beginning, or with one pillar from the newest
// alone. UNSAFE like Continue.
func (s *Set) ResumeLog(f wire.Founding, frontier []byte, own []wire.Certificate) error {
	switch {
	case len(frontier) > 0:
		if err := s.Restore(frontier, own); err != nil {
			return err
		}
		return s.Continue()
	case len(own) == 0:
		return s.ResumeUnsafe(f, nil)
	case own[0].New.View > 0 || own[0].New.Order > uint64(s.state.cfg.Pillars):
		if s.state.cfg.Pillars > 1 {
			return ErrFrontier // it is the newest of one pillar, and nothing of the others
		}
		return s.ResumeUnsafe(f, &own[len(own)-1])
	}
	s.Activate(f)
	for i := range own {
		if !s.Verify(&own[i]) || s.state.repeat(&own[i]) != nil {
			s.state.standing = wire.Booted
			return ErrFrontier
		}
	}
	return nil
}

// ResumeUnsafe makes the set ACTIVE and continues from one certificate, the newest that the host's log holds
// (nil: none), without the entries before it. UNSAFE like Continue; for a core without view changes.
func (s *Set) ResumeUnsafe(f wire.Founding, newest *wire.Certificate) error {
	s.Activate(f)
	if newest == nil {
		return nil
	}
	c := newest
	if c.Replica != s.state.cfg.Self || c.Kind != wire.CertPrepare && c.Kind != wire.CertCommit || !s.Verify(c) {
		s.state.standing = wire.Booted // an attestation is authentic too, but says nothing of the counter
		return ErrFrontier
	}
	s.state.number, s.state.recovery, s.state.base = c.Incarnation, c.RecoveryView, c.Base
	for i, known := range c.Vector {
		s.state.vector[i] = max(s.state.vector[i], known)
	}
	s.state.current = wire.Position{View: c.New.View, Order: c.New.Order - 1}
	s.state.certified(c.New, c.Digest)
	return nil
}

package counter

import (
	"errors"
	"fmt"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

// Errors of certification. Each says which rule a request of the host would have broken.
var (
	// ErrInactive is returned before the enclave is ACTIVE.
	ErrInactive = errors.New("counter: the enclave is not active")
	// ErrPosition is returned for a position at or below the counter, or one that would leave a gap.
	ErrPosition = errors.New("counter: position is not the next")
	// ErrRole is returned when a follower asks for a PREPARE or the leader for a COMMIT.
	ErrRole = errors.New("counter: not this replica's part in that view")
	// ErrMute is returned for a view in which a former incarnation may have acted.
	ErrMute = errors.New("counter: mute in views up to the recovery view")
	// ErrRange is returned for a number above wire.MaxNumber.
	ErrRange = errors.New("counter: number out of range")
	// ErrFrontier is returned by ResumeUnsafe for a certificate that is not this replica's.
	ErrFrontier = errors.New("counter: not a certificate of this replica in this founding")
)

// Tag of the MAC over a certificate's statement.
const macTag = "troxymail/certificate/v1"

// Config is who the enclave is.
type Config struct {
	Group  quorum.Config
	Self   wire.ReplicaID
	Epoch  uint32
	Key    [32]byte // the group's certificate key
	Pillar uint16
}

// Set is the trusted counter. One owner; not safe for concurrent use.
type Set struct {
	cfg      Config
	auth     *mac.Authenticator
	active   bool
	founding wire.Founding
	number   uint32
	vector   []uint32
	current  wire.Position
	newView  uint64
	recovery uint64 // 0: none, else 1 + the highest view that the recovery read
	base     wire.Digest
	scratch  []byte
}

// New returns a Set that certifies nothing until it is made ACTIVE.
func New(cfg Config) *Set {
	return &Set{cfg: cfg, auth: mac.New(cfg.Key, macTag)}
}

// Activate makes the set ACTIVE as incarnation 1 of a founding with its counter at [0|0].
func (s *Set) Activate(f wire.Founding) {
	s.founding, s.number, s.active = f, 1, true
	s.current, s.newView, s.recovery, s.base = wire.Position{}, 0, 0, wire.Digest{}
	s.vector = make([]uint32, s.cfg.Group.N())
	for i := range s.vector {
		s.vector[i] = 1
	}
}

// ResumeUnsafe makes the set ACTIVE and continues from the newest certificate that the host's log holds
// (nil: none). UNSAFE against a lying host: a host that shows an older certificate of its own makes the
// enclave certify a second digest at a position that it has used. It stands in until enclaves read their
// counters from their peers; until then the project promises nothing when a host sets its folder back.
func (s *Set) ResumeUnsafe(f wire.Founding, frontier *wire.Certificate) error {
	s.Activate(f)
	if frontier == nil {
		return nil
	}
	if frontier.Replica != s.cfg.Self || frontier.Kind > wire.CertNewView || !s.Verify(frontier) {
		s.active = false // an attestation is authentic too, but says nothing of the counter
		return ErrFrontier
	}
	s.current, s.number = frontier.New, frontier.Incarnation
	s.recovery, s.base = frontier.RecoveryView, frontier.Base
	s.newView = frontier.New.View // the NEW-VIEW of that view may have been made
	for i, known := range frontier.Vector {
		s.vector[i] = max(s.vector[i], known)
	}
	return nil
}

// Incarnation returns who the set speaks for; its Number is 0 before it is ACTIVE.
func (s *Set) Incarnation() wire.Incarnation {
	return wire.Incarnation{Founding: s.founding, Replica: s.cfg.Self, Number: s.number}
}

// Vector returns a copy of the incarnation vector.
func (s *Set) Vector() []uint32 { return append([]uint32(nil), s.vector...) }

// Active reports whether the set certifies.
func (s *Set) Active() bool { return s.active }

// Position returns the counter's value.
func (s *Set) Position() wire.Position { return s.current }

// CertifyPrepare certifies digest as this leader's proposal at pos.
func (s *Set) CertifyPrepare(pos wire.Position, digest wire.Digest) (wire.Certificate, error) {
	if s.cfg.Group.Leader(pos.View) != s.cfg.Self {
		return wire.Certificate{}, ErrRole
	}
	return s.advance(wire.CertPrepare, pos, digest)
}

// CertifyCommit certifies digest as this follower's vote at pos.
func (s *Set) CertifyCommit(pos wire.Position, digest wire.Digest) (wire.Certificate, error) {
	if s.cfg.Group.Leader(pos.View) == s.cfg.Self {
		return wire.Certificate{}, ErrRole
	}
	return s.advance(wire.CertCommit, pos, digest)
}

// advance makes an independent certificate at the next position.
func (s *Set) advance(kind wire.CertKind, pos wire.Position, digest wire.Digest) (wire.Certificate, error) {
	switch {
	case !s.active:
		return wire.Certificate{}, ErrInactive
	case pos.View > wire.MaxNumber || pos.Order > wire.MaxNumber || pos.Order == 0:
		return wire.Certificate{}, ErrRange
	case pos.View < s.recovery:
		return wire.Certificate{}, ErrMute
	case !s.current.Less(pos), !s.next(pos):
		return wire.Certificate{}, fmt.Errorf("%w: at %v, asked for %v", ErrPosition, s.current, pos)
	}
	s.current = pos
	return s.seal(kind, pos, wire.Position{}, digest), nil
}

// next reports whether pos leaves no gap: the order after the last one in its view, and order 1 where no
// view change decided where the view begins.
func (s *Set) next(pos wire.Position) bool {
	if pos.View != s.current.View {
		return true
	}
	return s.current.Order == 0 && pos.View > 0 || pos.Order == s.current.Order+1
}

// CertifyViewChange certifies digest as this replica's VIEW-CHANGE to view, with the previous value.
func (s *Set) CertifyViewChange(view uint64, digest wire.Digest) (wire.Certificate, error) {
	switch {
	case !s.active:
		return wire.Certificate{}, ErrInactive
	case view > wire.MaxNumber:
		return wire.Certificate{}, ErrRange
	case view < s.recovery:
		return wire.Certificate{}, ErrMute
	case view <= s.current.View:
		return wire.Certificate{}, ErrPosition
	}
	previous := s.current
	s.current = wire.Position{View: view}
	return s.seal(wire.CertViewChange, s.current, previous, digest), nil
}

// CertifyNewView certifies digest as this leader's NEW-VIEW: once a view.
func (s *Set) CertifyNewView(view uint64, digest wire.Digest) (wire.Certificate, error) {
	switch {
	case !s.active:
		return wire.Certificate{}, ErrInactive
	case s.cfg.Group.Leader(view) != s.cfg.Self:
		return wire.Certificate{}, ErrRole
	case view <= s.newView || s.current.View != view:
		return wire.Certificate{}, ErrPosition
	}
	s.newView = view
	return s.seal(wire.CertNewView, wire.Position{View: view}, wire.Position{}, digest), nil
}

// Attest states digest without moving the counter: for CertCheckpoint and later kinds.
func (s *Set) Attest(kind wire.CertKind, at wire.Position, digest wire.Digest) (wire.Certificate, error) {
	if !s.active {
		return wire.Certificate{}, ErrInactive
	}
	if kind < wire.CertCheckpoint {
		return wire.Certificate{}, ErrRole
	}
	return s.seal(kind, at, wire.Position{}, digest), nil
}

func (s *Set) seal(kind wire.CertKind, pos, previous wire.Position, digest wire.Digest) wire.Certificate {
	c := wire.Certificate{
		Kind: kind, Epoch: s.cfg.Epoch, Founding: s.founding, Replica: s.cfg.Self,
		Incarnation: s.number, Vector: s.Vector(), Counter: s.cfg.Pillar,
		New: pos, Previous: previous, RecoveryView: s.recovery, Base: s.base, Digest: digest,
	}
	s.scratch = c.AppendStatement(s.scratch[:0])
	c.MAC = s.auth.Sum(s.scratch)
	return c
}

// Verify reports whether c is authentic and of this group, epoch and founding. A newer incarnation than
// known is noted: only enclaves can mint one. A certificate of an incarnation that is known to be dead is
// authentic still (it may be part of an old commit); whether it may be counted beside others is for
// quorum.Consistent to say, which every quorum asks.
func (s *Set) Verify(c *wire.Certificate) bool {
	if !s.active || c.Founding != s.founding || c.Epoch != s.cfg.Epoch || c.Counter != s.cfg.Pillar ||
		int(c.Replica) >= s.cfg.Group.N() || len(c.Vector) != s.cfg.Group.N() {
		return false
	}
	s.scratch = c.AppendStatement(s.scratch[:0])
	if !s.auth.Verify(s.scratch, c.MAC) {
		return false
	}
	s.vector[c.Replica] = max(s.vector[c.Replica], c.Incarnation)
	return true
}

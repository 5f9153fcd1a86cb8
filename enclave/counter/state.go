package counter

import (
	"crypto/ed25519"
	"errors"
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/refound"
	"troxymail/enclave/rr"
)

// Errors of the rules. Each says which rule a request of the host would have broken.
var (
	// ErrInactive is returned while the enclave is not ACTIVE, by rules that need it.
	ErrInactive = errors.New("counter: the enclave is not active")
	// ErrStanding is returned by a rule of recovery or founding for an enclave that stands otherwise.
	ErrStanding = errors.New("counter: the enclave does not stand so")
	// ErrPosition is returned for a position that is not the next of its pillar.
	ErrPosition = errors.New("counter: position is not the next")
	// ErrRole is returned when a follower asks for a PREPARE or NEW-VIEW, or the leader for a COMMIT.
	ErrRole = errors.New("counter: not this replica's part in that view")
	// ErrMute is returned for a view in which a former incarnation may have acted.
	ErrMute = errors.New("counter: mute in views up to the recovery view")
	// ErrView is returned for a view that did not begin here, or that is past.
	ErrView = errors.New("counter: not in that view")
	// ErrDigest is returned for a batch, or a root, other than the one that the view's beginning selected or that this
	// enclave certified at that order. Only a host that lies or is damaged asks for it.
	ErrDigest = errors.New("counter: another digest is settled for that order")
	// ErrWindow is returned for an order too far above the stable checkpoint.
	ErrWindow = errors.New("counter: too far above the stable checkpoint")
	// ErrRange is returned for a number above its bound: it is never wrapped.
	ErrRange = errors.New("counter: number out of range")
	// ErrQuorum is returned when too few messages fit: authentic, of distinct replicas, consistent.
	ErrQuorum = errors.New("counter: not a quorum")
	// ErrPrepare is returned for a PREPARE that is not the leader's, or of an incarnation known to be dead.
	ErrPrepare = errors.New("counter: not a PREPARE of the view's leader")
	// ErrNonce is returned for a message that names another attempt than the present one.
	ErrNonce = errors.New("counter: of another attempt")
	// ErrFrontier is returned for evidence of the host's log that is not this enclave's, or has a gap.
	ErrFrontier = errors.New("counter: not this replica's frontier")
	// ErrOrder is returned for an administrator's order that is not for the founding that is planned here.
	ErrOrder = errors.New("counter: the administrator's order is for another founding than the one that is planned here")
	// ErrForged is returned for a message that does not decode or that no enclave of the group made.
	ErrForged = errors.New("counter: not authentic")
)

// Config is who the enclave is.
type Config struct {
	Group quorum.Config
	Self  wire.ReplicaID
	Epoch uint32
	Key   [32]byte // the group's certificate key; State has no use for it
	Model rr.Model // how many it takes to return, and to found the group; zero for rr.Majority
	// Pillars is how many counters there are, each for the orders of one parallel instance; 0 for one.
	Pillars int
	// Genesis is the hash of the genesis and Admin the administrator's key that it pins: for orders to found the group
	// without some of its members. Without the key there are none. State has no use for them.
	Genesis [32]byte
	Admin   ed25519.PublicKey
	// NoCheckpoints lets the oldest entry go when there are wire.MaxEntries, where the rule refuses. Only for
	// a core that makes no checkpoints and changes no view.
	NoCheckpoints bool
}

// State is what the enclave of one replica knows and may do, as pure rules: one method a rule. Messages
// passed in are authentic (Set sees to that); messages that come out lack their MAC. A rule that returns an
// error has changed nothing. One owner.
type State struct {
	cfg      Config
	standing wire.Standing
	founding wire.Founding
	// lastActive is the newest founding that is known to have been ACTIVE and from which the state descends: founding
	// itself, but after a JOIN.
	lastActive wire.Founding
	number     uint32
	vector     []uint32
	current    wire.Position // view, and the order up to which every counter is
	ahead      []uint64      // above that: orders that are behind their pillar's counter, rising
	inView     bool
	newView    uint64 // 1 + the last view that this enclave began; 0 for none
	recovery   uint64 // 0: none, else 1 + the highest view that the recovery read
	base       wire.Digest
	stable     wire.Stable
	entries    []wire.Entry // above stable, ascending
	selected   uint64       // orders up to here are settled by the view's beginning
	attested   wire.Stable  // the last CHECKPOINT

	nonce    wire.Nonce    // of this attempt to come back; drawn at boot, by RESIGN and by Abandon
	asked    wire.Nonce    // of the newest REC-HELLO while ACTIVE
	wanted   uint32        // incarnation asked for; 0 for none
	wantedIn wire.Founding // and where
	grants   []wire.Nonce  // by replica: to whom its newest incarnation was granted
	resigned bool          // it is RESIGNED, or IN-FOUNDING since
	members  []wire.Member // of the newest COLD-STATE
	joined   bool          // it gave a JOIN under this nonce
	plan     *refound.Plan // of a founding of fewer than all, for an administrator; nil for none
	ordered  wire.Founding // the plan's founding, once an administrator ordered it; zero before
	scratch  []quorum.Witness
}

// NewState returns the state of an enclave that just began: BOOT.
func NewState(cfg Config) *State {
	n := cfg.Group.N()
	if cfg.Model.N == 0 {
		cfg.Model, _ = rr.Majority(n) // a quorum.Config is odd
	}
	cfg.Pillars = max(1, cfg.Pillars)
	return &State{cfg: cfg, vector: make([]uint32, n), grants: make([]wire.Nonce, n)}
}

// Activate makes the state ACTIVE as incarnation 1 of a founding that nobody had to agree on, in view 0. For
// tests and oracles: the product's enclaves become ACTIVE by Found and Recover only.
func (s *State) Activate(f wire.Founding) {
	*s = *NewState(s.cfg)
	s.founding, s.lastActive, s.number, s.standing, s.inView = f, f, 1, wire.Active, true
	for i := range s.vector {
		s.vector[i] = 1
	}
}

// Clone returns a copy that shares nothing with s.
func (s *State) Clone() *State {
	c := *s
	c.vector, c.entries = slices.Clone(s.vector), slices.Clone(s.entries)
	c.grants, c.members, c.scratch = slices.Clone(s.grants), slices.Clone(s.members), nil
	c.ahead = slices.Clone(s.ahead)
	return &c
}

// Standing tells how the enclave stands.
func (s *State) Standing() wire.Standing { return s.standing }

// Incarnation returns who the enclave speaks for; its Number is 0 before it was ever ACTIVE.
func (s *State) Incarnation() wire.Incarnation {
	return wire.Incarnation{Founding: s.founding, Replica: s.cfg.Self, Number: s.number}
}

// Vector returns a copy of the incarnation vector.
func (s *State) Vector() []uint32 { return slices.Clone(s.vector) }

// Position returns the view, and the order up to which every counter is: with one, its value.
func (s *State) Position() wire.Position { return s.current }

// InView reports whether the present view began here.
func (s *State) InView() bool { return s.inView }

// Stable returns the stable checkpoint.
func (s *State) Stable() wire.Stable { return s.stable }

// Disclosure returns a copy of what the enclave would tell of its past.
func (s *State) Disclosure() wire.Disclosure {
	return wire.Disclosure{Stable: s.stable, Entries: slices.Clone(s.entries)}
}

// Heard notes the newer incarnation that an authentic certificate of the present founding shows: only
// enclaves make one.
func (s *State) Heard(c *wire.Certificate) {
	if c.Founding == s.founding {
		s.vector[c.Replica] = max(s.vector[c.Replica], c.Incarnation)
	}
}

// own is what this enclave says about incarnations. It aliases the vector.
func (s *State) own() quorum.Witness {
	return quorum.Witness{Founding: s.founding, Replica: s.cfg.Self, Incarnation: s.number, Vector: s.vector}
}

// certificate fills in all but MAC.
func (s *State) certificate(kind wire.CertKind, at wire.Position, digest wire.Digest) wire.Certificate {
	c := wire.Certificate{
		Kind: kind, Epoch: s.cfg.Epoch, Founding: s.founding, Replica: s.cfg.Self, Incarnation: s.number,
		Vector: s.Vector(), New: at, RecoveryView: s.recovery, Base: s.base, Digest: digest,
	}
	c.SetCounter(s.cfg.Pillars)
	return c
}

// active checks what every rule of an ACTIVE enclave asks of view and order.
func (s *State) active(view, order uint64) error {
	switch {
	case s.standing != wire.Active:
		return ErrInactive
	case view > wire.MaxNumber || order > wire.MaxNumber:
		return ErrRange
	}
	return nil
}

// quorate reports whether the certificates hold f+1 of distinct replicas, all of the present founding and
// consistent with each other and, with own, with what this enclave knows.
func (s *State) quorate(certs []*wire.Certificate, own bool) bool {
	s.scratch = s.scratch[:0]
	for _, c := range certs {
		w := quorum.WitnessOf(c)
		if c.Founding == s.founding && (!own || quorum.Consistent(w, s.own())) {
			s.scratch = append(s.scratch, w)
		}
	}
	_, ok := quorum.Holds(s.scratch, s.cfg.Group.Size())
	return ok
}

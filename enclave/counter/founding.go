package counter

import (
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// The founding of a generation by members that are not ACTIVE, in two phases: COLD-STATEs make a bundle, whose
// digest names the founding; JOINs say that every member computed the same and has it on disk. Its selection acts
// as the NEW-VIEW of the generation's first view.

// Boot gives an enclave that was shown its log the nonce of its first attempt.
func (s *State) Boot(nonce wire.Nonce) error {
	if s.standing != wire.Recovering || s.nonce != (wire.Nonce{}) {
		return ErrStanding
	}
	s.nonce = nonce
	return nil
}

// Resign ends this incarnation for ever, so that the group can be founded again: one irrevocable step after which
// it gives no certificate, no grant and no reply. What it certified takes part in the founding, and is fresh as
// long as this enclave runs. With statements, f+1 others say that they are not ACTIVE, for the newest nonce asked
// with: then none of them can return alone. Without, its own host wants it so, and could as well have stopped it.
func (s *State) Resign(statements []wire.Statement, nonce wire.Nonce) error {
	if s.standing != wire.Active {
		return ErrInactive
	}
	if len(statements) > 0 {
		replicas := map[wire.ReplicaID]bool{}
		for i := range statements {
			if r := statements[i].Certificate.Replica; statements[i].Asked == s.asked && s.asked != (wire.Nonce{}) && r != s.cfg.Self {
				replicas[r] = true
			}
		}
		if len(replicas) < s.cfg.Group.Size() {
			return ErrQuorum
		}
	}
	s.standing, s.resigned, s.nonce = wire.Resigned, true, nonce
	return nil
}

// Learn takes in one order that the own host saw committed although this enclave did not vote on it: a PREPARE
// and COMMITs, f+1 that are consistent, of whatever founding. A founding must not lose what was acknowledged by
// a learner's word. Not after a COLD-STATE under the same nonce: that was to say everything. Nor of a founding before the
// one that the state descends from: what that one selected of it is here, and the rest was given up.
func (s *State) Learn(certs []wire.Certificate) error {
	if !s.returning() {
		return ErrStanding
	}
	if len(certs) == 0 {
		return ErrQuorum
	}
	first := &certs[0]
	ws := make([]quorum.Witness, 0, len(certs))
	for i := range certs {
		c := &certs[i]
		leads := s.cfg.Group.Leader(c.New.View) == c.Replica
		if c.Founding == first.Founding && c.New == first.New && c.Digest == first.Digest && (c.Kind == wire.CertPrepare && leads || c.Kind == wire.CertCommit && !leads) {
			ws = append(ws, quorum.WitnessOf(c))
		}
	}
	if _, ok := quorum.Holds(ws, s.cfg.Group.Size()); !ok {
		return ErrQuorum
	}
	if f := first.Founding; f != s.lastActive && f.Generation <= s.lastActive.Generation {
		return ErrQuorum
	}
	e := wire.Entry{Order: first.New.Order, Batch: first.Digest,
		Rank: wire.Rank{Generation: first.Founding.Generation, View: first.New.View}}
	switch {
	case e.Order <= s.stable.Order:
		return ErrPosition
	case e.Order-s.stable.Order > wire.MaxEntries:
		return ErrWindow
	}
	if i, ok := s.find(e.Order); !ok || s.entries[i].Rank.Less(e.Rank) {
		s.record(e)
	}
	return nil
}

// Cold gives the COLD-STATE for a founding with the senders of statements: who answered the present attempt, with
// the nonces of theirs. From here on the enclave does not return alone under this nonce.
func (s *State) Cold(statements []wire.Statement) (wire.ColdState, error) {
	if s.joined || !s.returning() && s.standing != wire.InFounding {
		return wire.ColdState{}, ErrStanding
	}
	members := []wire.Member{{Replica: s.cfg.Self, Nonce: s.nonce}}
	for i := range statements {
		m := wire.Member{Replica: statements[i].Certificate.Replica, Nonce: statements[i].Own}
		if statements[i].Asked != s.nonce {
			return wire.ColdState{}, ErrNonce
		}
		if slices.ContainsFunc(members, func(x wire.Member) bool { return x.Replica == m.Replica }) {
			return wire.ColdState{}, ErrQuorum
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b wire.Member) int { return int(a.Replica) - int(b.Replica) })
	s.members, s.standing = members, wire.InFounding
	s.wanted, s.wantedIn = 0, wire.Founding{}
	s.plan, s.ordered = nil, wire.Founding{} // of other members
	m := wire.ColdState{Members: members, LastActive: s.lastActive, Disclosure: s.Disclosure()}
	m.Certificate = s.certificate(wire.CertColdState, s.current, m.BodyDigest())
	return m, nil
}

// Join computes the founding from the COLD-STATEs of all its members, and takes its state: the enclave is not
// ACTIVE yet, and the state is what its host syncs before the JOIN leaves. Entries keep the rank that they were
// certified with: an attempt that nobody remembers must not outrank what is committed later. The generation is
// above all that the members have seen, and so is the view.
//
// enough says how many members the founding needs; fewer do if an administrator ordered exactly this founding
// (Order). Once under one nonce.
func (s *State) Join(states []wire.ColdState, enough int) (wire.Join, error) {
	b, err := s.beginning(states)
	switch {
	case err != nil:
		return wire.Join{}, err
	case len(states) < enough && (len(states) < s.cfg.Model.Refounding() || s.ordered != b.founding):
		return wire.Join{}, ErrQuorum
	}
	s.found(b)
	return wire.Join{Certificate: s.certificate(wire.CertJoin, s.current, wire.Digest{})}, nil
}

// beginning is what a founding begins with.
type beginning struct {
	founding   wire.Founding
	lastActive wire.Founding // the newest that a member knows of
	view       uint64
	selection  wire.Disclosure
	states     []wire.ColdState // sorted by replica
}

// beginning computes a founding from the COLD-STATEs of all members that the own COLD-STATE names. All of them count for its
// name, generation and view; for what it begins with those count whose state descends from the newest founding that was
// ACTIVE. One that an administrator left out of that comes back with what was given up then.
func (s *State) beginning(states []wire.ColdState) (beginning, error) {
	if s.standing != wire.InFounding || s.joined {
		return beginning{}, ErrStanding
	}
	states = slices.Clone(states)
	slices.SortFunc(states, func(a, b wire.ColdState) int { return int(a.Certificate.Replica) - int(b.Certificate.Replica) })
	if len(states) != len(s.members) {
		return beginning{}, ErrQuorum
	}
	generation, view := s.founding.Generation, s.current.View
	for i := range states {
		c := &states[i].Certificate
		switch {
		case c.Replica != s.members[i].Replica:
			return beginning{}, ErrQuorum
		case !slices.Equal(states[i].Members, s.members):
			return beginning{}, ErrNonce
		}
		generation, view = max(generation, c.Founding.Generation), max(view, c.New.View)
	}
	if generation >= wire.MaxIncarnation || view >= wire.MaxNumber {
		return beginning{}, ErrRange
	}
	newest, told := wire.Counted(states)
	if !near(told) {
		return beginning{}, ErrWindow
	}
	f := wire.Founding{Generation: generation + 1, Digest: wire.BundleDigest(states)}
	return beginning{founding: f, view: view + 1, lastActive: newest, selection: Select(told), states: states}, nil
}

// found takes the state with which a founding begins.
func (s *State) found(b beginning) {
	r := NewState(s.cfg)
	r.standing, r.resigned, r.nonce, r.members, r.joined = wire.InFounding, s.resigned, s.nonce, s.members, true
	r.plan, r.ordered = s.plan, s.ordered
	r.founding, r.lastActive, r.number = b.founding, b.lastActive, 1 // nobody has seen b.founding ACTIVE yet
	for i := range r.vector {
		r.vector[i] = 1
	}
	r.stable, r.entries = b.selection.Stable, b.selection.Entries
	r.current, r.inView = wire.Position{View: b.view, Order: r.stable.Order}, true
	r.selected, r.newView = b.selection.End(), b.view+1
	*s = *r
}

// Found makes the enclave ACTIVE when every member of its founding joined the same: incarnation 1.
func (s *State) Found(joins []wire.Join) error {
	if s.standing != wire.InFounding || !s.joined {
		return ErrStanding
	}
	for _, m := range s.members {
		if m.Replica != s.cfg.Self && !slices.ContainsFunc(joins, func(j wire.Join) bool {
			return j.Certificate.Replica == m.Replica && j.Certificate.Founding == s.founding
		}) {
			return ErrQuorum
		}
	}
	s.standing, s.lastActive = wire.Active, s.founding
	s.resigned, s.joined, s.members, s.nonce = false, false, nil, wire.Nonce{}
	s.plan, s.ordered = nil, wire.Founding{}
	return nil
}

// Abandon ends the present attempt, whatever it is: with a new nonce the enclave is RECOVERING, or RESIGNED if it
// resigned. After a JOIN its state stays the JOIN's; if the others became ACTIVE by it, the enclave returns to them
// by Recover.
func (s *State) Abandon(nonce wire.Nonce) error {
	if s.standing == wire.Booted || s.standing == wire.Active || nonce == s.nonce {
		return ErrStanding
	}
	s.standing = wire.Recovering
	if s.resigned {
		s.standing = wire.Resigned
	}
	s.nonce, s.members, s.joined, s.wanted, s.wantedIn = nonce, nil, false, 0, wire.Founding{}
	s.plan, s.ordered = nil, wire.Founding{}
	return nil
}

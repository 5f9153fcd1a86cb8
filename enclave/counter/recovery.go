package counter

import (
	"crypto/sha256"
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// The return of an enclave that restarted while the others ran on: it is granted a new incarnation by f+1 of
// them and takes over what they certified. Nothing of its own log is used.

// Hello asks the others how they stand. While the enclave is ACTIVE, fresh is the nonce that statements have to
// name; otherwise the nonce of the present attempt is.
func (s *State) Hello(fresh wire.Nonce) (wire.RecHello, error) {
	switch s.standing {
	case wire.Booted:
		return wire.RecHello{}, ErrStanding
	case wire.Active:
		s.asked = fresh
	default:
		fresh = s.nonce
	}
	m := wire.RecHello{Nonce: fresh}
	m.Certificate = s.certificate(wire.CertRecHello, wire.Position{}, m.NonceDigest())
	return m, nil
}

// Answer tells a peer how this enclave stands: one of the two results is not nil. It changes nothing: that an
// asker is told "not ACTIVE" does not end an own attempt to return.
func (s *State) Answer(hello *wire.RecHello) (*wire.RecInfo, *wire.Statement, error) {
	to := hello.Certificate.Replica
	switch {
	case s.standing == wire.Booted:
		return nil, nil, ErrStanding
	case to == s.cfg.Self:
		return nil, nil, ErrRole
	case s.standing == wire.Active:
		m := s.info(to, hello.Nonce)
		return &m, nil, nil
	}
	m := wire.Statement{Standing: s.standing, Asked: hello.Nonce, Own: s.nonce}
	m.Certificate = s.certificate(wire.CertResigned, wire.Position{}, m.BodyDigest())
	return nil, &m, nil
}

func (s *State) info(to wire.ReplicaID, nonce wire.Nonce) wire.RecInfo {
	m := wire.RecInfo{For: to, Nonce: nonce}
	m.Certificate = s.certificate(wire.CertRecInfo, wire.Position{}, m.BodyDigest())
	return m
}

// returning reports whether the enclave may come back alone. One that resigned may, under the nonce that it drew
// then: for the others it is as if it had been restarted.
func (s *State) returning() bool {
	return s.standing == wire.Recovering || s.standing == wire.Resigned
}

// Request asks for an incarnation number above every one that f+1 ACTIVE others know of this replica: computed
// here, so that a host cannot burn numbers. They are of one founding, and not of an older one than the own log
// shows: a copy of an enclave that was left behind by a founding must not draw this one back.
func (s *State) Request(infos []wire.RecInfo) (wire.RecRequest, error) {
	if !s.returning() {
		return wire.RecRequest{}, ErrStanding
	}
	var ws []quorum.Witness
	for i := range infos {
		c := &infos[i].Certificate
		if infos[i].For == s.cfg.Self && infos[i].Nonce == s.nonce && c.Replica != s.cfg.Self &&
			c.Founding.Generation >= s.founding.Generation {
			ws = append(ws, quorum.WitnessOf(c))
		}
	}
	set, ok := quorum.Holds(ws, s.cfg.Model.Recovery())
	if !ok {
		return wire.RecRequest{}, ErrQuorum
	}
	x := uint32(0)
	for _, i := range set {
		x = max(x, ws[i].Vector[s.cfg.Self])
	}
	if x >= wire.MaxIncarnation {
		return wire.RecRequest{}, ErrRange
	}
	if f := ws[set[0]].Founding; s.wantedIn != f || s.wanted <= x {
		s.wanted, s.wantedIn = x+1, f
	}
	m := wire.RecRequest{Nonce: s.nonce}
	m.Certificate = s.certificate(wire.CertRecRequest, wire.Position{}, m.NonceDigest())
	m.Certificate.Founding, m.Certificate.Incarnation = s.wantedIn, s.wanted
	return m, nil
}

// Grant gives a restarted peer its incarnation number: each number to one nonce, so that of two copies of an
// enclave one gets it. In the same step it tells what a VIEW-CHANGE would tell now. Who asks for too little is
// told what is known instead: then the second result is not nil.
func (s *State) Grant(req *wire.RecRequest) (*wire.RecState, *wire.RecInfo, error) {
	k, x := req.Certificate.Replica, req.Certificate.Incarnation
	switch {
	case s.standing != wire.Active:
		return nil, nil, ErrInactive
	case req.Certificate.Founding != s.founding:
		return nil, nil, ErrQuorum
	case k == s.cfg.Self:
		return nil, nil, ErrRole
	case x < s.vector[k] || x == s.vector[k] && s.grants[k] != req.Nonce:
		m := s.info(k, req.Nonce)
		return nil, &m, nil
	}
	s.vector[k], s.grants[k] = x, req.Nonce
	m := wire.RecState{For: k, Granted: x, Nonce: req.Nonce, Disclosure: s.Disclosure()}
	m.Certificate = s.certificate(wire.CertRecState, s.current, m.BodyDigest())
	return &m, nil, nil
}

// Recover makes the enclave ACTIVE as the incarnation that f+1 others granted to this attempt, with what they
// certified and the ranks that it has. It is mute in every view that one of them was in: the incarnation before
// may have acted there. All grants are of one founding; they may be older than a restart of who gave them.
func (s *State) Recover(states []wire.RecState) error {
	if !s.returning() || s.wanted == 0 {
		return ErrStanding
	}
	var ws []quorum.Witness
	var told []*wire.RecState
	for i := range states {
		m := &states[i]
		if c := &m.Certificate; m.For == s.cfg.Self && m.Nonce == s.nonce && m.Granted == s.wanted && c.Founding == s.wantedIn &&
			c.Replica != s.cfg.Self && c.New.View < wire.MaxNumber {
			ws, told = append(ws, quorum.WitnessOf(c)), append(told, m)
		}
	}
	chosen, ok := quorum.Holds(ws, s.cfg.Model.Recovery())
	if !ok {
		return ErrQuorum
	}
	set, disclosed := make([]*wire.RecState, len(chosen)), make([]*wire.Disclosure, len(chosen))
	for i, k := range chosen {
		set[i], disclosed[i] = told[k], &told[k].Disclosure
	}
	if !near(disclosed) {
		return ErrWindow
	}
	s.takeOver(set, disclosed)
	return nil
}

// takeOver begins an incarnation from what others told.
func (s *State) takeOver(set []*wire.RecState, told []*wire.Disclosure) {
	r := NewState(s.cfg)
	r.standing, r.founding, r.lastActive, r.number = wire.Active, s.wantedIn, s.wantedIn, s.wanted
	for _, m := range set {
		c := &m.Certificate
		r.current.View = max(r.current.View, c.New.View)
		for k, known := range c.Vector {
			r.vector[k] = max(r.vector[k], known)
		}
		r.vector[c.Replica] = max(r.vector[c.Replica], c.Incarnation)
	}
	r.vector[s.cfg.Self] = s.wanted
	r.recovery = r.current.View + 1
	r.base = bundle(set)
	d := merge(told)
	r.stable, r.entries = d.Stable, d.Entries
	*s = *r
}

// bundle names what a recovery read.
func bundle(set []*wire.RecState) wire.Digest {
	set = slices.Clone(set)
	slices.SortFunc(set, func(a, b *wire.RecState) int { return int(a.Certificate.Replica) - int(b.Certificate.Replica) })
	h := sha256.New()
	h.Write([]byte("troxymail/recovery/v1"))
	for _, m := range set {
		d := wire.Sum(m.Append(nil))
		h.Write(d[:])
	}
	return wire.Digest(h.Sum(nil))
}

// merge is Select without what fills gaps: what is known, nothing decided.
func merge(told []*wire.Disclosure) wire.Disclosure {
	d := Select(told)
	d.Entries = slices.DeleteFunc(d.Entries, func(e wire.Entry) bool { return e.Rank == wire.Rank{} })
	return d
}

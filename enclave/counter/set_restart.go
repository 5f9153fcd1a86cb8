package counter

import (
	"slices"

	"troxymail/bftcore/wire"
)

// Boot gives a restored set the nonce of its first attempt to come back.
func (s *Set) Boot(nonce wire.Nonce) error { return s.state.Boot(nonce) }

// Standing tells how the enclave stands.
func (s *Set) Standing() wire.Standing { return s.state.standing }

// Hello makes a REC-HELLO; fresh is the nonce for one of an ACTIVE enclave.
func (s *Set) Hello(fresh wire.Nonce) (Said, error) {
	m, err := s.state.Hello(fresh)
	if err != nil {
		return Said{}, err
	}
	s.seal(&m.Certificate)
	return Said{Message: m.Append(nil)}, nil
}

// Answer answers a peer's REC-HELLO with REC-INFO or STATEMENT.
func (s *Set) Answer(hello []byte) (Said, error) {
	m, err := wire.DecodeRecHello(hello)
	if err != nil || !s.authentic(&m.Certificate) {
		return Said{}, ErrForged
	}
	info, statement, err := s.state.Answer(&m)
	switch {
	case err != nil:
		return Said{}, err
	case info != nil:
		s.seal(&info.Certificate)
		return Said{Message: info.Append(nil)}, nil
	}
	s.seal(&statement.Certificate)
	return Said{Message: statement.Append(nil)}, nil
}

// Request makes a REC-REQ from f+1 REC-INFOs.
func (s *Set) Request(infos [][]byte) (Said, error) {
	m, err := s.state.Request(stated(s, infos, wire.DecodeRecInfo, func(m *wire.RecInfo) *wire.Certificate { return &m.Certificate }))
	if err != nil {
		return Said{}, err
	}
	s.seal(&m.Certificate)
	return Said{Message: m.Append(nil)}, nil
}

// Grant answers a peer's REC-REQ with REC-STATE, or with REC-INFO when it asks for too little.
func (s *Set) Grant(request []byte) (Said, error) {
	m, err := wire.DecodeRecRequest(request)
	if err != nil || !s.authentic(&m.Certificate) {
		return Said{}, ErrForged
	}
	state, info, err := s.state.Grant(&m)
	switch {
	case err != nil:
		return Said{}, err
	case info != nil:
		s.seal(&info.Certificate)
		return Said{Message: info.Append(nil)}, nil
	}
	s.seal(&state.Certificate)
	return Said{Message: state.Append(nil)}, nil
}

// Recover makes the set ACTIVE again with f+1 REC-STATEs.
func (s *Set) Recover(states [][]byte) (Said, error) {
	err := s.state.Recover(stated(s, states, wire.DecodeRecState, func(m *wire.RecState) *wire.Certificate { return &m.Certificate }))
	return s.logged(err)
}

// Resign ends the incarnation for a founding, with f+1 STATEMENTs or, without any, by the host's own will.
func (s *Set) Resign(statements [][]byte, nonce wire.Nonce) (Said, error) {
	list := stated(s, statements, wire.DecodeStatement, func(m *wire.Statement) *wire.Certificate { return &m.Certificate })
	if len(statements) > 0 && len(list) == 0 {
		return Said{}, ErrQuorum
	}
	return Said{}, s.state.Resign(list, nonce)
}

// Learn takes in an order that the host saw committed, by the certificates that commit it.
func (s *Set) Learn(certificates [][]byte) (Said, error) {
	return Said{}, s.state.Learn(stated(s, certificates, wire.DecodeCertificate, func(c *wire.Certificate) *wire.Certificate { return c }))
}

// Cold makes the COLD-STATE for a founding with the senders of statements. ErrForged when one is not authentic.
func (s *Set) Cold(statements [][]byte) (Said, error) {
	list := stated(s, statements, wire.DecodeStatement, func(m *wire.Statement) *wire.Certificate { return &m.Certificate })
	if len(list) != len(statements) {
		return Said{}, ErrForged
	}
	m, err := s.state.Cold(list)
	if err != nil {
		return Said{}, err
	}
	s.seal(&m.Certificate)
	return Said{Message: m.Append(nil)}, nil
}

// Join makes the JOIN, and the JOIN frontier, from the COLD-STATEs of all members.
func (s *Set) Join(states [][]byte) (Said, error) {
	return s.join(states, s.state.cfg.Model.Members())
}

func (s *Set) join(states [][]byte, enough int) (Said, error) {
	m, err := s.state.Join(stated(s, states, wire.DecodeColdState, func(m *wire.ColdState) *wire.Certificate { return &m.Certificate }), enough)
	if err != nil {
		return Said{}, err
	}
	s.seal(&m.Certificate)
	return Said{Message: m.Append(nil), Frontier: s.Frontier()}, nil
}

// Found makes the set ACTIVE with the JOINs of all members.
func (s *Set) Found(joins [][]byte) (Said, error) {
	err := s.state.Found(stated(s, joins, wire.DecodeJoin, func(m *wire.Join) *wire.Certificate { return &m.Certificate }))
	return s.logged(err)
}

// Abandon ends the present attempt.
func (s *Set) Abandon(nonce wire.Nonce) (Said, error) { return Said{}, s.state.Abandon(nonce) }

// logged is the answer of a step that leaves a new ordering state.
func (s *Set) logged(err error) (Said, error) {
	if err != nil {
		return Said{}, err
	}
	return Said{Frontier: s.Frontier()}, nil
}

// stated decodes messages and leaves out those that no enclave of this group made, in whatever founding.
func stated[T any](s *Set, raw [][]byte, decode func([]byte) (T, error), certificate func(*T) *wire.Certificate) []T {
	list := make([]T, 0, len(raw))
	for _, b := range raw {
		if m, err := decode(b); err == nil && s.authentic(certificate(&m)) {
			list = append(list, m)
		}
	}
	return slices.Clip(list)
}

package counter

import "troxymail/bftcore/wire"

// Said is what a rule has for the host: a message for the peers, and a Frontier for the log, which is written
// before anything else of the step has an effect. Either may be empty.
type Said struct {
	Message  []byte
	Frontier []byte
}

// ReqVC makes a REQ-VC for view.
func (s *Set) ReqVC(view uint64) (Said, error) {
	m, err := s.state.ReqVC(view)
	if err != nil {
		return Said{}, err
	}
	s.seal(&m.Certificate)
	return Said{Message: m.Append(nil)}, nil
}

// ViewChange makes the VIEW-CHANGE to view for f+1 REQ-VCs.
func (s *Set) ViewChange(view uint64, wants [][]byte) (Said, error) {
	m, err := s.state.ViewChange(view, genuine(s, wants, wire.DecodeReqVC, func(m *wire.ReqVC) *wire.Certificate { return &m.Certificate }))
	if err != nil {
		return Said{}, err
	}
	s.seal(&m.Certificate)
	return Said{Message: m.Append(nil), Frontier: s.Frontier()}, nil
}

// NewView begins view at its leader with f+1 VIEW-CHANGEs.
func (s *Set) NewView(view uint64, changes [][]byte) (Said, error) {
	m, err := s.state.NewView(view, genuine(s, changes, wire.DecodeViewChange,
		func(m *wire.ViewChange) *wire.Certificate { return &m.Certificate }))
	if err != nil {
		return Said{}, err
	}
	s.seal(&m.Certificate)
	return Said{Message: m.Append(nil), Frontier: s.Frontier()}, nil
}

// Enter begins a view at a follower with its leader's NEW-VIEW. ErrForged when it is not authentic.
func (s *Set) Enter(newView []byte) (Said, error) {
	m, err := wire.DecodeNewView(newView)
	if err != nil {
		return Said{}, ErrForged
	}
	if !s.Active() {
		return Said{}, ErrInactive
	}
	if !s.Verify(&m.Certificate) {
		return Said{}, ErrForged
	}
	return s.logged(s.state.Enter(&m))
}

// Checkpoint attests the host's claim about the state after order.
func (s *Set) Checkpoint(order uint64, root wire.Digest) (Said, error) {
	m, err := s.state.Checkpoint(order, root)
	if err != nil {
		return Said{}, err
	}
	s.seal(&m.Certificate)
	return Said{Message: m.Append(nil)}, nil
}

// Advance moves the stable checkpoint to what f+1 CHECKPOINTs show.
func (s *Set) Advance(shown [][]byte) (Said, error) {
	err := s.state.Advance(genuine(s, shown, wire.DecodeCheckpoint, func(m *wire.Checkpoint) *wire.Certificate { return &m.Certificate }))
	return s.logged(err)
}

// genuine decodes messages and leaves out those that are not authentic or of another founding: a rule counts
// what is left.
func genuine[T any](s *Set, raw [][]byte, decode func([]byte) (T, error), certificate func(*T) *wire.Certificate) []T {
	out := make([]T, 0, len(raw))
	for _, b := range raw {
		if m, err := decode(b); err == nil && s.Verify(certificate(&m)) {
			out = append(out, m)
		}
	}
	return out
}

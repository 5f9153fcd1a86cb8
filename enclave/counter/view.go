package counter

import (
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// ReqVC says that this replica's host waited too long before view. It moves nothing.
func (s *State) ReqVC(view uint64) (wire.ReqVC, error) {
	if err := s.active(view, 0); err != nil {
		return wire.ReqVC{}, err
	}
	if view == 0 {
		return wire.ReqVC{}, ErrRange
	}
	return wire.ReqVC{Certificate: s.certificate(wire.CertReqVC, wire.Position{View: view}, wire.Digest{})}, nil
}

// ViewChange ends the present view for this enclave, with all its counters, and goes to view. How far they were and
// what they certified are written here, so that a host can withhold the message but not what is in it. It takes f+1
// replicas that want the view: f hosts can neither force a view nor burn the numbers below a huge one (a
// restarted peer would read it and be mute for ever).
func (s *State) ViewChange(view uint64, wants []wire.ReqVC) (wire.ViewChange, error) {
	if err := s.active(view, 0); err != nil {
		return wire.ViewChange{}, err
	}
	switch {
	case view < s.recovery:
		return wire.ViewChange{}, ErrMute
	case view <= s.current.View:
		return wire.ViewChange{}, ErrView
	}
	certs := make([]*wire.Certificate, 0, len(wants))
	for i := range wants {
		if wants[i].View() >= view {
			certs = append(certs, &wants[i].Certificate)
		}
	}
	if !s.quorate(certs, false) {
		return wire.ViewChange{}, ErrQuorum
	}
	m := wire.ViewChange{Disclosure: s.Disclosure()}
	m.Certificate = s.certificate(wire.CertViewChange, wire.Position{View: view}, wire.ViewChangeDigest(&m.Disclosure))
	m.Certificate.Previous = s.current
	s.ahead = nil
	s.current, s.inView, s.selected = wire.Position{View: view}, false, 0
	return m, nil
}

// NewView begins view at its leader: once. It selects from f+1 VIEW-CHANGEs that are consistent with each
// other and with what this enclave knows of restarts, and from then on certifies only what follows the
// selection: so no PREPARE of a view needs any further justification.
func (s *State) NewView(view uint64, changes []wire.ViewChange) (wire.NewView, error) {
	if err := s.active(view, 0); err != nil {
		return wire.NewView{}, err
	}
	switch {
	case s.cfg.Group.Leader(view) != s.cfg.Self:
		return wire.NewView{}, ErrRole
	case view < s.recovery:
		return wire.NewView{}, ErrMute
	case s.current != wire.Position{View: view} || s.inView || s.newView > view:
		return wire.NewView{}, ErrView
	}
	set, ok := s.basis(view, changes)
	if !ok {
		return wire.NewView{}, ErrQuorum
	}
	if !near(set) {
		return wire.NewView{}, ErrWindow
	}
	m := wire.NewView{Disclosure: Select(set)}
	m.Certificate = s.certificate(wire.CertNewView, wire.Position{View: view}, wire.NewViewDigest(&m.Disclosure))
	s.newView = view + 1
	s.begin(view, &m.Disclosure)
	return m, nil
}

// basis returns what f+1 VIEW-CHANGEs to view disclose, when they may be counted together.
func (s *State) basis(view uint64, changes []wire.ViewChange) ([]*wire.Disclosure, bool) {
	var ws []quorum.Witness
	var told []*wire.Disclosure
	for i := range changes {
		c := &changes[i].Certificate
		if w := quorum.WitnessOf(c); changes[i].View() == view && quorum.Consistent(w, s.own()) {
			ws, told = append(ws, w), append(told, &changes[i].Disclosure)
		}
	}
	chosen, ok := quorum.Holds(ws, s.cfg.Group.Size())
	if !ok {
		return nil, false
	}
	set := make([]*wire.Disclosure, len(chosen))
	for i, k := range chosen {
		set[i] = told[k]
	}
	return set, true
}

// Select is what a view, or a founding, goes on with: from the highest checkpoint, the entry of the highest
// rank at each order, and nothing (an empty batch) where nobody certified anything. Whatever may have been
// committed was certified by a member of every quorum, with no other batch at a higher rank, so it is selected.
func Select(told []*wire.Disclosure) wire.Disclosure {
	var d wire.Disclosure
	end := uint64(0)
	for _, t := range told {
		if t.Stable.Order > d.Stable.Order {
			d.Stable = t.Stable
		}
		end = max(end, t.End())
	}
	if end <= d.Stable.Order {
		return d
	}
	d.Entries = make([]wire.Entry, end-d.Stable.Order) // at most wire.MaxEntries: each is that near to its own checkpoint
	for i := range d.Entries {
		d.Entries[i] = wire.Entry{Order: d.Stable.Order + 1 + uint64(i), Batch: emptyBatch}
	}
	for _, t := range told {
		for _, e := range t.Entries {
			if e.Order <= d.Stable.Order {
				continue
			}
			if best := &d.Entries[e.Order-d.Stable.Order-1]; best.Rank.Less(e.Rank) {
				*best = e
			}
		}
	}
	return d
}

// near reports whether a selection from told stays within the window: each is near its own checkpoint, unless its
// enclave makes none (Config.NoCheckpoints).
func near(told []*wire.Disclosure) bool {
	stable, end := uint64(0), uint64(0)
	for _, t := range told {
		stable, end = max(stable, t.Stable.Order), max(end, t.End())
	}
	return end <= stable+wire.MaxEntries
}

var emptyBatch = wire.BatchDigest(nil)

// Enter begins a view at a follower with its leader's authentic NEW-VIEW, whether this enclave asked for the
// view or not. Which batches it holds was decided by the leader's enclave.
func (s *State) Enter(m *wire.NewView) error {
	view := m.View()
	if err := s.active(view, 0); err != nil {
		return err
	}
	leader := s.cfg.Group.Leader(view)
	switch {
	case leader == s.cfg.Self || m.Certificate.Replica != leader:
		return ErrRole
	case m.Certificate.Founding != s.founding || !quorum.Consistent(quorum.WitnessOf(&m.Certificate), s.own()):
		return ErrQuorum // the leader's enclave restarted since: another view has to come
	case view < s.recovery:
		return ErrMute
	case view < s.current.View || view == s.current.View && s.inView:
		return ErrView
	}
	s.begin(view, &m.Disclosure)
	return nil
}

// begin enters a view with its selection, whose batches are settled: they get the rank of the view. What this
// enclave certified at other orders goes: a quorum that committed it would share a member with the selection's,
// which would have disclosed it.
//
// When the own checkpoint is above the selection's, the orders up to it are behind this enclave; it takes part
// from there on.
func (s *State) begin(view uint64, d *wire.Disclosure) {
	if d.Stable.Order > s.stable.Order {
		s.stable = d.Stable
	}
	s.entries = s.entries[:0:0]
	for _, e := range d.Entries {
		if e.Order > s.stable.Order {
			e.Rank = wire.Rank{Generation: s.founding.Generation, View: view}
			s.entries = append(s.entries, e)
		}
	}
	s.entries, s.ahead = slices.Clip(s.entries), nil
	s.current, s.inView, s.selected = wire.Position{View: view, Order: s.stable.Order}, true, d.End()
}

package ordering

import (
	"math"

	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// views are the steps of a view change at enclave i.
func (m *Model) views(w *world, i int, step yield) {
	if int(w.spent[changes]) < m.b.Changes {
		for to := uint64(1); to <= m.b.Views; to++ {
			m.ask(w, i, question{rule: ruleViewChange, a: uint32(to)}, step, func(s *counter.State) (uint32, error) {
				c, err := s.ViewChange(to, wanted(s, to))
				return m.messages.number(string(c.Append(nil)), func() *message { return &message{change: &c} }), err
			})
		}
	}
	for at, first := range w.said {
		x := m.messages.get(first)
		if x.change != nil && m.group.Leader(x.change.View()) == m.replica(i) {
			for _, second := range w.said[at+1:] {
				if y := m.messages.get(second); y.change != nil && y.change.View() == x.change.View() {
					m.newView(w, i, first, second, step)
				}
			}
		}
		if x.begin != nil {
			m.ask(w, i, question{rule: ruleEnter, a: first}, step, func(s *counter.State) (uint32, error) {
				return 0, s.Enter(x.begin)
			})
		}
	}
}

func (m *Model) newView(w *world, i int, first, second uint32, step yield) {
	m.ask(w, i, question{rule: ruleNewView, a: first, b: second}, step, func(s *counter.State) (uint32, error) {
		x, y := m.messages.get(first).change, m.messages.get(second).change
		c, err := s.NewView(x.View(), []wire.ViewChange{*x, *y})
		return m.messages.number(string(c.Append(nil)), func() *message { return &message{begin: &c} }), err
	})
}

// wanted are REQ-VCs that fit everything: that f+1 replicas want a view is never in the way.
func wanted(s *counter.State, view uint64) []wire.ReqVC {
	all := make([]wire.ReqVC, n)
	for i := range all {
		all[i].Certificate = wire.Certificate{
			Kind: wire.CertReqVC, Founding: s.Incarnation().Founding, Replica: wire.ReplicaID(i),
			Incarnation: math.MaxUint32, Vector: make([]uint32, n), New: wire.Position{View: view},
		}
	}
	return all
}

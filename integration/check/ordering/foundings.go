package ordering

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// foundings are the steps by which enclave i takes part in a founding, or gives one up.
func (m *Model) foundings(w *world, i int, step yield) {
	if !m.b.Founding {
		return
	}
	if int(w.spent[draws]) < m.b.Draws {
		nonce := m.draw(&world{spent: [4]uint8{draws: w.spent[draws] + 1, restarts: w.spent[restarts], losses: w.spent[losses]}}, i)
		q := question{a: uint32(w.spent[draws]), b: uint32(w.spent[restarts]) + 16*uint32(w.spent[losses])}
		q.rule = ruleResign
		m.ask(w, i, q, step, func(s *counter.State) (uint32, error) { return 0, s.Resign(nil, nonce) })
		q.rule = ruleAbandon
		m.ask(w, i, q, step, func(s *counter.State) (uint32, error) { return 0, s.Abandon(nonce) })
	}
	m.lessons(w, i, step)
	m.cold(w, i, step)
	m.join(w, i, step)
}

// cold gives COLD-STATEs for all that might make a founding with enclave i: one instance of each replica.
func (m *Model) cold(w *world, i int, step yield) {
	if m.enclaves.get(w.enclaves[i]).Standing() == wire.Active {
		return
	}
	var others [n][]int
	for j, e := range w.enclaves {
		if e != 0 && m.replica(j) != m.replica(i) && m.enclaves.get(e).Standing() != wire.Active {
			others[m.replica(j)] = append(others[m.replica(j)], j)
		}
	}
	a, b := (int(m.replica(i))+1)%n, (int(m.replica(i))+2)%n
	if m.b.Pairs {
		others[a], others[b] = append(others[a], nobody), append(others[b], nobody)
	}
	if m.orders(w) {
		others[m.b.Left] = []int{nobody}
	}
	for _, j := range others[a] {
		for _, k := range others[b] {
			if m.b.Pairs && (j == nobody) == (k == nobody) {
				continue
			}
			q := question{rule: ruleCold}
			if j != nobody {
				q.a = w.enclaves[j]
			}
			if k != nobody {
				q.b = w.enclaves[k]
			}
			m.ask(w, i, q, step, func(s *counter.State) (uint32, error) {
				hello, err := s.Hello(wire.Nonce{})
				if err != nil {
					return 0, err
				}
				var statements []wire.Statement
				for _, e := range []uint32{q.a, q.b} {
					if e == 0 {
						continue
					}
					_, statement, err := m.enclaves.get(e).Clone().Answer(&hello)
					if err != nil {
						return 0, err
					}
					statements = append(statements, *statement)
				}
				c, err := s.Cold(statements)
				return m.messages.number(string(c.Append(nil)), func() *message { return &message{cold: &c} }), err
			})
		}
	}
}

// nobody stands for a member that is left out.
const nobody = -1

// join makes JOINs of bundles, and ends foundings.
func (m *Model) join(w *world, i int, step yield) {
	var colds [n][]uint32
	var joins []wire.Join
	for _, id := range w.said {
		switch x := m.messages.get(id); {
		case x.cold != nil:
			colds[x.cold.Certificate.Replica] = append(colds[x.cold.Certificate.Replica], id)
		case x.join != nil:
			joins = append(joins, *x.join)
		}
	}
	if m.b.Pairs {
		for r := range colds {
			colds[r] = append(colds[r], 0)
		}
	}
	if m.orders(w) {
		colds[m.b.Left] = append(colds[m.b.Left], 0)
	}
	for _, a := range colds[0] {
		for _, b := range colds[1] {
			for _, c := range colds[2] {
				if a == 0 && b == 0 || b == 0 && c == 0 || c == 0 && a == 0 {
					continue
				}
				q := question{rule: ruleJoin, a: a, b: b<<16 | c}
				m.ask(w, i, q, step, func(s *counter.State) (uint32, error) {
					var bundle []wire.ColdState
					for _, id := range []uint32{a, b, c} {
						if id != 0 {
							bundle = append(bundle, *m.messages.get(id).cold)
						}
					}
					enough := m.model.Members()
					if m.b.Refound {
						enough = m.model.Refounding() // it is ordered
					}
					j, err := s.Join(bundle, enough)
					if err == nil && len(bundle) < n {
						m.without(j.Certificate.Founding)
					}
					return m.messages.number(string(j.Append(nil)), func() *message { return &message{join: &j} }), err
				})
			}
		}
	}
	// Which JOINs there are decides; a rule that remembers by their number would have to name them all.
	s := m.enclaves.get(w.enclaves[i]).Clone()
	if s.Found(joins) == nil {
		next := *w
		m.begun(&next, i)
		next.enclaves[i] = m.enclave(s)
		m.log(&next, i)
		step(func() string { return m.tell(i, question{rule: ruleFound}, outcome{enclave: next.enclaves[i]}) }, &next)
	}
}

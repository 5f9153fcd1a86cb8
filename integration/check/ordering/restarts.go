package ordering

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// restarts are the steps that lose memory: one enclave, or all at once. The host then shows its log: what the
// enclave last had, or at replica Bounds.Old anything that it ever had. An honest host logs before it sends, so
// its newest record is what the enclave last had. The liar may keep the old instance running.
func (m *Model) restarts(w *world, step yield) {
	if int(w.spent[restarts]) < m.b.Restarts {
		for i := range n {
			for _, f := range m.evidence(w, i) {
				m.restart(w, i, f, step)
			}
		}
	}
	if int(w.spent[losses]) < m.b.Losses {
		for _, f := range m.evidence(w, int(m.b.Old)) {
			next := *w
			next.spent[losses]++
			next.enclaves[copied] = 0
			for i := range n {
				shown := m.kept(w, i)
				if i == int(m.b.Old) {
					shown = f
				}
				next.enclaves[i] = m.booted(&next, i, &shown)
			}
			step(func() string { return fmt.Sprintf("all restart, P%d shows %v", m.b.Old, &message{shown: &f}) }, &next)
		}
	}
}

// evidence are the frontiers that the host of replica i may show.
func (m *Model) evidence(w *world, i int) []wire.Frontier {
	all := []wire.Frontier{m.enclaves.get(w.enclaves[i]).Frontier()}
	if k := m.kept(w, i); m.b.Tails && m.b.Founding && m.honest(i) && !slices.ContainsFunc(all, func(f wire.Frontier) bool {
		return string(f.Append(nil)) == string(k.Append(nil))
	}) {
		all = append(all, k) // with the machine, not alone
	}
	if !m.b.Founding || wire.ReplicaID(i) != m.b.Old {
		return all
	}
	for _, id := range w.said {
		if f := m.messages.get(id).shown; f != nil {
			all = append(all, *f)
		}
	}
	return append(all, wire.Frontier{}) // nothing at all
}

// kept is what a power loss leaves of the log of host i.
func (m *Model) kept(w *world, i int) wire.Frontier {
	if m.b.Tails && m.honest(i) {
		return *m.messages.get(w.disks[i].frontier).shown
	}
	return m.enclaves.get(w.enclaves[i]).Frontier()
}

func (m *Model) restart(w *world, i int, f wire.Frontier, step yield) {
	next := *w
	next.spent[restarts]++
	next.enclaves[i] = m.booted(&next, i, &f)
	what := func() string { return fmt.Sprintf("P%d restarts, shows %v", i, &message{shown: &f}) }
	step(what, &next)
	if m.b.Copy && wire.ReplicaID(i) == m.b.Liar && w.enclaves[copied] == 0 {
		both := next
		both.enclaves[copied] = w.enclaves[i]
		step(func() string { return what() + ", the old instance runs on" }, &both)
	}
}

// booted is an enclave that was shown f and drew a nonce that nobody had.
func (m *Model) booted(w *world, i int, f *wire.Frontier) uint32 {
	s := counter.NewState(m.config(i))
	if f.Certificate.Kind == 0 {
		f = nil
	}
	if s.Restore(f, nil) != nil || s.Boot(m.draw(w, i)) != nil {
		panic("a frontier of the own enclave is refused")
	}
	m.learn(w, i, s)
	return m.enclave(s)
}

// draw returns a nonce that replica i had not before: how often anybody drew one tells.
func (m *Model) draw(w *world, i int) (nonce wire.Nonce) {
	nonce[0] = byte(i) + 1
	binary.LittleEndian.PutUint32(nonce[4:], uint32(w.spent[restarts])+16*uint32(w.spent[losses])+256*uint32(w.spent[draws]))
	return nonce
}

// log keeps what the enclave of replica Bounds.Old had, for its host to show later.
func (m *Model) log(w *world, i int) {
	if !m.b.Founding || m.replica(i) != m.b.Old {
		return
	}
	f := m.enclaves.get(w.enclaves[i]).Frontier()
	if f.Certificate.Founding.Generation > 0 {
		w.say(m.messages.number(string(f.Append(nil)), func() *message { return &message{shown: &f} }))
	}
}

// returns are the steps of an enclave that comes back alone.
func (m *Model) returns(w *world, i int, step yield) {
	s := m.enclaves.get(w.enclaves[i])
	if st := s.Standing(); st == wire.Recovering || st == wire.Resigned {
		for j, e := range w.enclaves {
			if e == 0 || m.replica(j) == m.replica(i) || m.enclaves.get(e).Standing() != wire.Active {
				continue
			}
			founding := m.enclaves.get(e).Incarnation().Founding
			m.grant(w, i, j, founding, m.wanted(s), step)
		}
	}
	for at, first := range w.said {
		x := m.messages.get(first).grant
		if x == nil || x.For != m.replica(i) {
			continue
		}
		for _, second := range w.said[at+1:] {
			if y := m.messages.get(second).grant; y != nil && y.For == x.For {
				m.recover(w, i, first, second, step)
			}
		}
	}
}

// wanted is the incarnation number that an attempt asks for: above all that were ever asked for.
func (m *Model) wanted(s *counter.State) uint32 {
	hello, err := s.Clone().Hello(wire.Nonce{})
	if err != nil {
		return 0
	}
	drawn := binary.LittleEndian.Uint32(hello.Nonce[4:])
	return 1 + drawn%16 + drawn/16%16 + drawn/256
}

// grant has enclave i ask for incarnation number x, and enclave j answer.
func (m *Model) grant(w *world, i, j int, founding wire.Founding, x uint32, step yield) {
	s := m.enclaves.get(w.enclaves[i]).Clone()
	req, err := s.Request(told(m.replica(i), founding, x, s))
	if err != nil {
		return
	}
	next := *w
	next.enclaves[i] = m.enclave(s)
	m.ask(&next, j, question{rule: ruleGrant, a: next.enclaves[i], b: x}, step, func(s *counter.State) (uint32, error) {
		state, info, err := s.Grant(&req)
		if err != nil || info != nil {
			return 0, counter.ErrQuorum
		}
		return m.messages.number(string(state.Append(nil)), func() *message { return &message{grant: state} }), nil
	})
}

// told are REC-INFOs by which replica self asks for incarnation x in a founding.
func told(self wire.ReplicaID, founding wire.Founding, x uint32, s *counter.State) []wire.RecInfo {
	hello, err := s.Hello(wire.Nonce{})
	if err != nil {
		return nil
	}
	var all []wire.RecInfo
	for r := range wire.ReplicaID(n) {
		if r == self {
			continue
		}
		vector := make([]uint32, n)
		vector[self] = x - 1
		all = append(all, wire.RecInfo{For: self, Nonce: hello.Nonce, Certificate: wire.Certificate{
			Kind: wire.CertRecInfo, Founding: founding, Replica: r, Incarnation: math.MaxUint32, Vector: vector,
		}})
	}
	return all
}

func (m *Model) recover(w *world, i int, first, second uint32, step yield) {
	m.ask(w, i, question{rule: ruleRecover, a: first, b: second}, step, func(s *counter.State) (uint32, error) {
		return 0, s.Recover([]wire.RecState{*m.messages.get(first).grant, *m.messages.get(second).grant})
	})
}

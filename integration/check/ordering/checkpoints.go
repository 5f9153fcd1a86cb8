package ordering

import (
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// checkpoints are the steps that give CHECKPOINTs at enclave i, and those that advance it to a stable one.
func (m *Model) checkpoints(w *world, i int, step yield) {
	for order := uint64(1); order <= m.b.Checkpoints; order++ {
		for k, root := range m.claims(w, i, order) {
			q := question{rule: ruleCheckpoint, a: uint32(order), b: uint32(k)}
			copy(q.root[:], root[:])
			m.ask(w, i, q, step, func(s *counter.State) (uint32, error) {
				c, err := s.Checkpoint(order, root)
				return m.messages.number(string(c.Append(nil)), func() *message { return &message{stable: &c} }), err
			})
		}
	}
	if m.b.Checkpoints == 0 {
		return
	}
	for _, first := range w.said {
		x := m.messages.get(first).stable
		if x == nil {
			continue
		}
		for _, second := range w.said { // one alone must not do, nor those of two roots
			y := m.messages.get(second).stable
			if y == nil || x.Stable() == y.Stable() && first > second {
				continue
			}
			m.ask(w, i, question{rule: ruleAdvance, a: first, b: second}, step, func(s *counter.State) (uint32, error) {
				return 0, s.Advance([]wire.Checkpoint{*x, *y})
			})
		}
	}
}

// claims are the roots after an order that host i attests: an honest one that of its state, the liar that of any, or
// of none.
func (m *Model) claims(w *world, i int, order uint64) []wire.Digest {
	if !m.honest(i) {
		all := []wire.Digest{wrong}
		for _, id := range w.said {
			if c := m.messages.get(id).stable; c != nil && c.Stable().Order == order && !slices.Contains(all, c.Stable().Root) {
				all = append(all, c.Stable().Root)
			}
		}
		return all
	}
	h, ok := m.history(w, i, order)
	if !ok {
		return nil
	}
	return []wire.Digest{rootOf(h)}
}

// history is what honest host i executed up to an order: durably, or below its enclave's stable checkpoint.
func (m *Model) history(w *world, i int, order uint64) ([]int, bool) {
	stable := m.enclaves.get(w.enclaves[i]).Stable()
	h := historyOf(stable)
	if h == nil || stable.Order >= order {
		return nil, false
	}
	var volatile [maxOrders]uint32
	if m.b.Fault == AttestSynced {
		m.executes(w, i, func(id uint32, p *wire.Certificate) { volatile[p.New.Order-1] = id })
	}
	for at := stable.Order; at < order; at++ {
		p := max(w.disks[i].proofs[at], volatile[at])
		switch {
		case p == 0:
			return nil, false
		case m.b.Tails:
			h = append(h, batchOf(m.messages.get(p).vote.Digest))
		default:
			h = append(h, int(p)-1)
		}
	}
	return h, true
}

// wrong is a root of no state.
var wrong = wire.Sum([]byte("no state"))

// rootOf is the root of the state that batches make.
func rootOf(history []int) wire.Digest {
	b := []byte("state")
	for _, k := range history {
		b = append(b, byte(k))
	}
	return wire.Sum(b)
}

// histories are all that there are, by root.
var histories = func() map[wire.Digest][]int {
	all := map[wire.Digest][]int{}
	level := [][]int{{}}
	for range maxOrders {
		var next [][]int
		for _, h := range level {
			for k := range batches {
				longer := append(slices.Clone(h), k)
				all[rootOf(longer)] = longer
				next = append(next, longer)
			}
		}
		level = next
	}
	return all
}()

// historyOf is the history below a checkpoint; nil when there is none. It may be appended to.
func historyOf(s wire.Stable) []int {
	if s.Order == 0 {
		return []int{}
	}
	return slices.Clone(histories[s.Root])
}

// genuine reports whether honest hosts executed what a checkpoint says.
func (m *Model) genuine(w *world, s wire.Stable) bool {
	h := historyOf(s)
	if uint64(len(h)) != s.Order {
		return false
	}
	for at, k := range h {
		if w.executed[at] != 1<<k {
			return false
		}
	}
	return true
}

func rootName(d wire.Digest) string {
	h, ok := histories[d]
	if !ok {
		return "wrong root"
	}
	s := "after"
	for _, k := range h {
		s += " " + nameOf(batches[k])
	}
	return s
}

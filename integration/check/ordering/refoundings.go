package ordering

import (
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// With Bounds.Refound the search begins behind a power loss, after which the liar shows an older past: it and Left had
// committed a batch, which Left has a stable checkpoint of. An administrator founds the liar and the third without Left, so that
// the batch is lost: more than package rr allows. What is checked is what comes later: once the two have begun, what they
// execute is the history, also when all are founded again and Left, with the log that it had, takes part. Honest hosts give up
// what they had beyond it.

// powerLost is where such a search begins. P0, which leads, is Left or the liar.
func (m *Model) powerLost(w *world) {
	left, liar := int(m.b.Left), int(m.b.Liar)
	apply := func(i int, rule func(s *counter.State) error) {
		s := m.enclaves.get(w.enclaves[i]).Clone()
		if err := rule(s); err != nil {
			panic(err)
		}
		w.enclaves[i] = m.enclave(s)
		m.log(w, i)
	}
	m.log(w, liar)
	older := m.enclaves.get(w.enclaves[liar]).Frontier()
	var p, c wire.Certificate
	apply(0, func(s *counter.State) (err error) {
		p, err = s.Prepare(wire.Position{Order: 1}, batches[0])
		return err
	})
	apply(max(left, liar), func(s *counter.State) (err error) { c, err = s.Commit(&p); return err })
	w.say(m.certificate(&p))
	w.say(m.certificate(&c))
	shown := make([]wire.Checkpoint, 2)
	for k, i := range []int{left, liar} {
		apply(i, func(s *counter.State) (err error) { shown[k], err = s.Checkpoint(1, rootOf([]int{0})); return err })
		w.say(m.messages.number(string(shown[k].Append(nil)), func() *message { return &message{stable: &shown[k]} }))
	}
	apply(left, func(s *counter.State) error { return s.Advance(shown) })
	w.executed[0], w.disks[left].proofs[0] = 1, 1
	w.spent[losses]++
	for i := range n {
		f := m.kept(w, i)
		if i == liar {
			f = older
		}
		w.enclaves[i] = m.booted(w, i, &f)
	}
}

// orders reports whether an administrator orders a founding without Left now.
func (m *Model) orders(w *world) bool { return m.b.Refound && w.spent[losses] == 1 }

// stopped reports whether the enclave at place i is that of Left, which has stopped until the power is lost once more.
func (m *Model) stopped(w *world, i int) bool { return m.orders(w) && m.replica(i) == m.b.Left }

// without notes a founding that is without Left.
func (m *Model) without(f wire.Founding) {
	m.short.number(string(f.Digest[:]), func() wire.Founding { return f })
}

// begun is told that the enclave of host i is to be ACTIVE by the founding that it joined.
func (m *Model) begun(w *world, i int) {
	if !m.b.Refound || w.given || !m.honest(i) {
		return
	}
	f := m.enclaves.get(w.enclaves[i]).Frontier()
	if !m.short.has(string(f.Certificate.Founding.Digest[:])) && !m.short.has(string(f.LastActive.Digest[:])) {
		return
	}
	w.given = true
	w.executed, w.disks = make([]uint8, len(w.executed)), slices.Clone(w.disks)
	for at, k := range historyOf(f.Disclosure.Stable) {
		w.executed[at] = 1 << k
	}
	for j := range w.disks {
		w.disks[j].proofs = [maxOrders]uint32{}
	}
}

// vouches reports whether what the enclave of host i knows is of the history. Left's is not until it is ACTIVE again.
func (m *Model) vouches(w *world, i int) bool {
	return !w.given || m.enclaves.get(w.enclaves[i]).Standing() == wire.Active
}

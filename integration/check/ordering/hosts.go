package ordering

import (
	"errors"
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// Fault is a rule of hosts that a search leaves out. (Rules of enclaves are in the program, and package planted takes
// them out there.)
type Fault uint8

// The faults. Each is the rule that is missing.
const (
	None         Fault = iota
	AttestSynced       // F12: a CHECKPOINT is attested for what is synced
	LearnerTells       // F4: a host tells its enclave what it saw committed
	OrderedFence       // F19: what a host executes follows from what was ordered before, not from what its enclave knows
)

// broken is what is wrong with a state besides two batches at one order.
type broken uint8

const (
	contradicted broken = iota + 1 // an honest host executes something else than what one of them had durably
	falseRoot                      // the checkpoint of an honest host's enclave is of no state that honest hosts had
	ghost                          // a command of the origin's former life executes behind a FENCE
	unfenced                       // a session is served before its life's FENCE executed
	denied                         // a command is refused, though no later life's FENCE is before it
	divided                        // one honest host executes a command, another, or one that comes to it later, refuses it
)

func (b broken) err() error {
	switch b {
	case contradicted:
		return errors.New("an honest host executes another batch than one that was durable")
	case falseRoot:
		return errors.New("a stable checkpoint has a root that the executed batches do not give")
	case ghost:
		return errors.New("a command of a former life executes behind a later life's FENCE")
	case unfenced:
		return errors.New("a session is served before its life's FENCE executed")
	case denied:
		return errors.New("a command is refused, and no later life's FENCE is before it")
	case divided:
		return errors.New("honest hosts differ on whether a command executes")
	}
	return nil
}

// disk is what an honest host has synced.
type disk struct {
	frontier uint32    // with Tails
	proofs   [2]uint32 // by order: with Tails the PREPARE that COMMITs complete, else the batch, from 1
}

// maxOrders is the length of disk.proofs.
const maxOrders = 2

func (b *Bounds) disks() bool { return b.Tails || b.Checkpoints > 0 }

func (m *Model) honest(i int) bool { return i < n && wire.ReplicaID(i) != m.b.Liar }

// executes calls yield with every PREPARE that host i may execute now: f+1 consistent certificates of its enclave's
// founding bind one batch to one position, while that enclave is ACTIVE.
func (m *Model) executes(w *world, i int, yield func(id uint32, p *wire.Certificate)) {
	s := m.enclaves.get(w.enclaves[i])
	if s.Standing() != wire.Active {
		return
	}
	founding := s.Incarnation().Founding
	for _, id := range w.said {
		p := m.messages.get(id).vote
		if p != nil && p.Kind == wire.CertPrepare && p.Founding == founding && m.committed(w, p) != nil {
			yield(id, p)
		}
	}
}

// committed returns certificates of p's position and batch that commit p, nil when there are none. Which of them may be
// counted together is for package quorum to say.
func (m *Model) committed(w *world, p *wire.Certificate) []wire.Certificate {
	certs, ws := []wire.Certificate{*p}, []quorum.Witness{quorum.WitnessOf(p)}
	for _, id := range w.said {
		c := m.messages.get(id).vote
		if c != nil && c.Kind == wire.CertCommit && c.New == p.New && c.Digest == p.Digest {
			certs, ws = append(certs, *c), append(ws, quorum.WitnessOf(c))
		}
	}
	if _, ok := quorum.Holds(ws, m.group.Size()); !ok {
		return nil
	}
	return certs
}

// execute notes what honest hosts execute now, and whether that is wrong.
func (m *Model) execute(w *world) {
	w.executed = slices.Clone(w.executed)
	w.disks = slices.Clone(w.disks)
	for i := range n {
		if !m.honest(i) {
			continue
		}
		var now [maxOrders]uint8
		m.executes(w, i, func(_ uint32, p *wire.Certificate) {
			at, bit := p.New.Order-1, uint8(1)<<batchOf(p.Digest)
			now[at] |= bit
			switch {
			case m.b.Tails && (w.executed[at]|now[at])&^bit != 0:
				w.broken = contradicted
			case !m.b.Tails:
				w.executed[at] |= bit
				if m.b.disks() {
					w.disks[i].proofs[at] = uint32(batchOf(p.Digest)) + 1
				}
			}
		})
		if m.b.Fences {
			m.effect(w, i, now)
		}
		if m.b.Checkpoints > 0 && m.vouches(w, i) && !m.genuine(w, m.enclaves.get(w.enclaves[i]).Stable()) {
			w.broken = falseRoot
		}
	}
}

// syncs are the steps by which honest host i syncs its disk, with Tails.
func (m *Model) syncs(w *world, i int, step yield) {
	if !m.b.Tails || !m.honest(i) || m.enclaves.get(w.enclaves[i]).Standing() != wire.Active {
		return
	}
	next := *w
	next.disks, next.executed = slices.Clone(w.disks), slices.Clone(w.executed)
	m.sync(&next, i)
	if next.disks[i] != w.disks[i] {
		step(func() string { return "P" + string(rune('0'+i)) + " syncs its disk" }, &next)
	}
}

// sync has host i sync what its enclave certified and what it executed.
func (m *Model) sync(w *world, i int) {
	if !m.b.Tails || !m.honest(i) {
		return
	}
	w.disks[i].frontier = m.frontier(w, i)
	m.executes(w, i, func(id uint32, p *wire.Certificate) {
		at := p.New.Order - 1
		if known := w.disks[i].proofs[at]; known == 0 || rankOf(m.messages.get(known).vote).Less(rankOf(p)) {
			w.disks[i].proofs[at] = id
		}
		w.executed[at] |= 1 << batchOf(p.Digest)
	})
}

func rankOf(c *wire.Certificate) wire.Rank {
	return wire.Rank{Generation: c.Founding.Generation, View: c.New.View}
}

// frontier is the number of what the enclave at i would log.
func (m *Model) frontier(w *world, i int) uint32 {
	f := m.enclaves.get(w.enclaves[i]).Frontier()
	return m.messages.number(string(f.Append(nil)), func() *message { return &message{shown: &f} })
}

// settle is what an honest host does after a rule of a founding: its JOIN frontier is synced before the JOIN leaves,
// and a resigned enclave is told what was committed without it.
func (m *Model) settle(w *world, i int, r rule) {
	if !m.b.Tails || !m.honest(i) {
		return
	}
	if r == ruleJoin {
		w.disks = slices.Clone(w.disks)
		w.disks[i].frontier = m.frontier(w, i)
	}
	if r == ruleResign {
		s := m.enclaves.get(w.enclaves[i]).Clone()
		m.learn(w, i, s)
		w.enclaves[i] = m.enclave(s)
	}
}

// learn tells the enclave of host i what its disk proves. A refusal means that it knows.
func (m *Model) learn(w *world, i int, s *counter.State) {
	if !m.b.Tails || !m.honest(i) || m.replica(i) == m.b.Old || m.b.Fault == LearnerTells {
		return
	}
	for _, id := range w.disks[i].proofs {
		if id == 0 {
			continue
		}
		if certs := m.committed(w, m.messages.get(id).vote); certs != nil {
			_ = s.Learn(certs)
		}
	}
}

// lessons are the steps by which the liar tells its enclave of any commit, at any time.
func (m *Model) lessons(w *world, i int, step yield) {
	if m.replica(i) != m.b.Liar {
		return
	}
	for _, id := range w.said {
		p := m.messages.get(id).vote
		if p == nil || p.Kind != wire.CertPrepare {
			continue
		}
		certs := m.committed(w, p)
		if certs == nil {
			continue
		}
		m.ask(w, i, question{rule: ruleLearn, a: id}, step, func(s *counter.State) (uint32, error) { return 0, s.Learn(certs) })
	}
}

package ordering

import (
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// rule names a rule of counter.State.
type rule uint8

const (
	rulePrepare rule = iota + 1
	ruleCommit
	ruleViewChange
	ruleNewView
	ruleEnter
	ruleRequest
	ruleGrant
	ruleRecover
	ruleResign
	ruleAbandon
	ruleCold
	ruleJoin
	ruleFound
	ruleLearn
	ruleCheckpoint
	ruleAdvance
)

// yield takes a step to w; what tells of it.
type yield func(what func() string, w *world)

// Initial implements explore.Model: a founding is done, and with Refound more.
func (m *Model) Initial() [][]byte {
	w := world{executed: make([]uint8, m.b.Orders)}
	if m.b.disks() {
		w.disks = make([]disk, n)
	}
	if m.b.Fences {
		w.origin = origin{lives: [maxLives]life{{1, 1}}, served: 1}
	}
	for i := range n {
		s := counter.NewState(m.config(i))
		s.Activate(wire.Founding{Generation: 1})
		w.enclaves[i] = m.enclave(s)
		m.sync(&w, i)
	}
	if m.b.Refound {
		m.powerLost(&w)
	}
	return [][]byte{w.encode()}
}

// Next implements explore.Model.
func (m *Model) Next(state []byte, take func(label func() string, next []byte)) {
	w := m.decode(state)
	step := func(what func() string, next *world) {
		if m.b.Fences {
			m.live(next)
		}
		m.execute(next)
		take(what, next.encode())
	}
	for i, e := range w.enclaves {
		if e == 0 || m.stopped(&w, i) {
			continue
		}
		m.normal(&w, i, step)
		m.views(&w, i, step)
		m.returns(&w, i, step)
		m.foundings(&w, i, step)
		m.checkpoints(&w, i, step)
		m.syncs(&w, i, step)
		m.sessions(&w, i, step)
	}
	m.restarts(&w, step)
}

func (m *Model) config(i int) counter.Config {
	return counter.Config{Group: m.group, Self: m.replica(i), Pillars: m.b.Pillars, Model: m.model}
}

// Check implements explore.Model.
func (m *Model) Check(state []byte) error {
	w := m.decode(state)
	for i, bits := range w.executed {
		if bits&(bits-1) != 0 {
			return fmt.Errorf("order %d: honest hosts execute different batches (set %03b)", i+1, bits)
		}
	}
	return w.broken.err()
}

// normal are the steps of the normal case at enclave i: every PREPARE and COMMIT is asked for, whatever the
// enclave thinks of it.
func (m *Model) normal(w *world, i int, step yield) {
	at := m.enclaves.get(w.enclaves[i]).Position().View
	for view := uint64(m.replica(i)); view <= max(at, m.b.Views); view += n {
		for order := uint64(1); order <= m.b.Orders; order++ {
			m.prepare(w, i, wire.Position{View: view, Order: order}, step)
		}
	}
	for _, id := range w.said {
		if p := m.messages.get(id); p.vote != nil && p.vote.Kind == wire.CertPrepare {
			m.ask(w, i, question{rule: ruleCommit, a: id}, step, func(s *counter.State) (uint32, error) {
				c, err := s.Commit(p.vote)
				return m.certificate(&c), err
			})
		}
	}
}

func (m *Model) prepare(w *world, i int, at wire.Position, step yield) {
	for _, d := range m.offered(w) {
		q := question{rule: rulePrepare, a: uint32(at.View), b: uint32(at.Order), digest: uint8(d)}
		m.ask(w, i, q, step, func(s *counter.State) (uint32, error) {
			c, err := s.Prepare(at, m.digest(d))
			return m.certificate(&c), err
		})
	}
}

// selected reports whether some NEW-VIEW, or founding, selected the empty batch.
func (m *Model) selected(w *world) bool {
	for _, id := range w.said {
		var d *wire.Disclosure
		switch x := m.messages.get(id); {
		case x.begin != nil:
			d = &x.begin.Disclosure
		case x.cold != nil:
			d = &x.cold.Disclosure
		default:
			continue
		}
		for _, e := range d.Entries {
			if e.Order > 1 || e.Batch == empty {
				return true // a gap below it may be filled
			}
		}
	}
	return false
}

// used reports whether a batch was proposed.
func (m *Model) used(w *world, batch int) bool {
	for _, id := range w.said {
		if p := m.messages.get(id); p.vote != nil && p.vote.Digest == batches[batch] {
			return true
		}
	}
	return false
}

// ask applies a rule at enclave i and takes the step when it does not refuse.
func (m *Model) ask(w *world, i int, q question, step yield, apply func(*counter.State) (uint32, error)) {
	q.enclave = w.enclaves[i]
	o := m.cache.ask(q, func() outcome {
		s := m.enclaves.get(q.enclave).Clone()
		said, err := apply(s)
		if err != nil {
			return outcome{}
		}
		return outcome{enclave: m.enclave(s), said: said}
	})
	if o.enclave == 0 {
		return
	}
	next := *w
	next.enclaves[i] = o.enclave
	if o.said != 0 {
		next.say(o.said)
	}
	switch q.rule {
	case ruleViewChange:
		next.spent[changes]++
	case ruleResign, ruleAbandon:
		next.spent[draws]++
	}
	m.log(&next, i)
	if q.rule == ruleJoin || q.rule == ruleResign {
		m.settle(&next, i, q.rule)
	}
	step(func() string { return m.tell(i, q, o) }, &next)
}

// tell says what a step did, for people.
func (m *Model) tell(i int, q question, o outcome) string {
	after := m.enclaves.get(o.enclave)
	switch {
	case o.said != 0:
		return m.messages.get(o.said).String()
	case q.rule == ruleEnter:
		return fmt.Sprintf("P%d enters %v", m.replica(i), m.messages.get(q.a))
	}
	d := after.Disclosure()
	return fmt.Sprintf("P%d is %v as %d.%d at %v (%s)", m.replica(i), after.Standing(), after.Incarnation().Founding.Generation,
		after.Incarnation().Number, after.Position(), entries(&d))
}

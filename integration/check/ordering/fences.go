package ordering

import (
	"fmt"
	"math/bits"
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
	"troxymail/enclave/troxy"
	"troxymail/mailstore/command"
	"troxymail/mailstore/state"
)

// With Bounds.Fences batches are commands of one replica's enclave, the origin: one that a session of its first life
// made, and which is in other hands since, and of each later life the FENCE and a command of a session. Whoever has a
// command may propose it at any order, at any time later. The rules are those of package state, which decides what
// executes, and of package troxy, which decides when a session is served.

// maxLives is how many lives of the origin there are: its incarnations, in whatever generation.
const maxLives = 4

// life is an incarnation of the origin as its requests name it; the zero life is none.
type life struct{ generation, number uint8 }

func lifeOf(s *counter.State) life {
	self := s.Incarnation()
	return life{uint8(self.Founding.Generation), uint8(self.Number)}
}

func (l life) before(o life) bool {
	return l.generation < o.generation || l.generation == o.generation && l.number < o.number
}

func (l life) String() string { return fmt.Sprintf("%d.%d", l.generation, l.number) }

// origin is what became of the origin and its commands.
type origin struct {
	lives   [maxLives]life // in the order in which they were ACTIVE first; the FENCE of lives[0] executed long ago
	served  uint8          // bit set of the lives a session of which was served, and then made its command
	effects [maxOrders]uint8
}

// What effects tells of an order.
const (
	applied uint8 = 1 << iota // an honest host executed its batch
	refused                   // an honest host refused it
)

// commands are the batches with Bounds.Fences, each of one request: places in it are those of bits in world.executed.
// The empty batch has the place that it has elsewhere.
var commands = [...]struct {
	name  string
	life  int // place in origin.lives
	fence bool
}{{"former", 0, false}, {"FENCE 1", 1, true}, {"empty", 0, false}, {"session 1", 1, false},
	{"FENCE 2", 2, true}, {"session 2", 2, false}, {"FENCE 3", 3, true}, {"session 3", 3, false}}

// digests are the batches' with Bounds.Fences.
var digests = func() (all [len(commands)]wire.Digest) {
	for k := range commands {
		all[k] = wire.Sum([]byte(commands[k].name))
	}
	all[emptyAt] = empty
	return all
}()

// request is the one of a batch that is not empty: a life's FENCE, or what its session made behind that.
func (o *origin) request(batch int) (id wire.RequestID, fence bool) {
	l, fence := o.lives[commands[batch].life], commands[batch].fence
	id = wire.RequestID{Generation: uint32(l.generation), Incarnation: uint32(l.number), Sequence: 2}
	if fence {
		id.Sequence = 1
	}
	return id, fence
}

// offered are the batches that there are to be proposed.
func (m *Model) offered(w *world) []int {
	var all []int
	for k := range m.kinds() {
		switch c := &commands[k]; {
		case k == emptyAt:
			if m.selected(w) { // it is like the others, but for filling gaps
				all = append(all, k)
			}
		case !m.b.Fences:
			if k == 0 || m.used(w, 0) { // a and b are alike: the first batch that is proposed is a
				all = append(all, k)
			}
		case w.origin.lives[c.life] != (life{}) && (c.fence || w.origin.served&(1<<c.life) != 0):
			all = append(all, k)
		}
	}
	return all
}

// kinds is how many batches there can be.
func (m *Model) kinds() int {
	if m.b.Fences {
		return len(commands)
	}
	return len(batches)
}

// live notes the lives of the origin that are ACTIVE: each makes its FENCE at once.
func (m *Model) live(w *world) {
	for i, e := range w.enclaves {
		if e == 0 || m.replica(i) != m.b.Origin || m.enclaves.get(e).Standing() != wire.Active {
			continue
		}
		l, o := lifeOf(m.enclaves.get(e)), &w.origin
		if slices.Contains(o.lives[:], l) {
			continue
		}
		at := slices.Index(o.lives[:], life{})
		if at < 0 {
			panic("more lives than there is room for")
		}
		o.lives[at] = l
	}
}

// ordered calls yield with every request that honest hosts executed or refused, in their order and without gaps.
func (m *Model) ordered(w *world, yield func(at int, id wire.RequestID, fence, refuse bool)) {
	known := state.Life{Generation: 1, Incarnation: 1, Highest: 1}
	for at, set := range w.executed {
		k := bits.TrailingZeros8(set)
		switch {
		case set == 0:
			return
		case k == emptyAt:
			continue
		}
		id, fence := w.origin.request(k)
		refuse := known.Standing(id) == state.FormerIncarnation
		if !refuse {
			known = known.After(id)
		}
		yield(at, id, fence, refuse)
	}
}

// effect notes what honest host i does with the batches that it executes now, and whether that is wrong. It executes
// them again with each step, for one that comes to them only then.
func (m *Model) effect(w *world, i int, now [maxOrders]uint8) {
	fenced := w.origin.lives[0]
	m.ordered(w, func(at int, id wire.RequestID, fence, refuse bool) {
		l := life{uint8(id.Generation), uint8(id.Incarnation)}
		switch former := l.before(fenced); {
		case former && !refuse:
			w.broken = ghost
		case !former && refuse:
			w.broken = denied
		case fence && !refuse:
			fenced = l
		}
		if now[at] == 0 {
			return
		}
		if m.b.Fault == OrderedFence {
			refuse = id.Incarnation < m.enclaves.get(w.enclaves[i]).Vector()[m.b.Origin]
		}
		if refuse {
			w.origin.effects[at] |= refused
		} else {
			w.origin.effects[at] |= applied
		}
		if w.origin.effects[at] == applied|refused {
			w.broken = divided
		}
	})
}

// sessions is the step by which enclave i, of the origin, serves its first session.
func (m *Model) sessions(w *world, i int, step yield) {
	if !m.b.Fences || m.replica(i) != m.b.Origin || m.enclaves.get(w.enclaves[i]).Standing() != wire.Active {
		return
	}
	l := lifeOf(m.enclaves.get(w.enclaves[i]))
	k := slices.Index(w.origin.lives[:], l)
	outcomes := m.outcomes(w, l)
	if w.origin.served&(1<<k) != 0 || !slices.ContainsFunc(stages(outcomes), troxy.Fence.Serves) {
		return
	}
	next := *w
	next.origin.served |= 1 << k
	if !slices.ContainsFunc(outcomes, func(o troxy.Outcome) bool { return o.Err == nil && o.Result.Status == command.StatusOK }) {
		next.broken = unfenced
	}
	step(func() string { return fmt.Sprintf("P%d serves a session as %v", m.b.Origin, l) }, &next)
}

// outcomes are what the FENCE of a life can have: none in time, or what honest hosts made of it. One of those is among
// f+1 that say the same, and what the liar says is left to it.
func (m *Model) outcomes(w *world, l life) []troxy.Outcome {
	all := []troxy.Outcome{{Err: troxy.ErrUnavailable}}
	m.ordered(w, func(_ int, id wire.RequestID, fence, refuse bool) {
		if !fence || id.Generation != uint32(l.generation) || id.Incarnation != uint32(l.number) {
			return
		}
		var o troxy.Outcome
		if refuse {
			o.Result.Status = command.StatusFenced
		}
		all = append(all, o)
	})
	return all
}

// stages are those that a FENCE can be in when any of outcomes may have come.
func stages(outcomes []troxy.Outcome) []troxy.Fence {
	asked := troxy.FenceUnasked.Asked()
	all := []troxy.Fence{troxy.FenceUnasked, asked}
	for i := range outcomes {
		all = append(all, asked.After(&outcomes[i]))
	}
	return all
}

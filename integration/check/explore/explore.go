package explore

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// MaxStates bounds a run whatever its options say: about 40 bytes of memory each.
const MaxStates = 1 << 30

// chunk is how many states are expanded between two merges.
const chunk = 4096

// Model is what is checked. Its methods may be called by several goroutines at once, with different states.
type Model interface {
	// Initial returns the states to start from.
	Initial() [][]byte
	// Next calls yield with every state that one step leads to, in an order that depends on the state alone.
	// The label says which step, for people; it is only made for a trace, so it may be costly. Next may reuse
	// the memory of next after yield returned.
	Next(state []byte, yield func(label func() string, next []byte))
	// Check returns what property the state breaks, nil for none.
	Check(state []byte) error
}

// Options bound a run.
type Options struct {
	States   int                     // states to visit at most; 0 for MaxStates
	Workers  int                     // goroutines that expand; 0 for one a processor
	Progress func(states, depth int) // called now and then; nil for nobody
}

// Result is what a run found.
type Result struct {
	States    int  // different states visited
	Depth     int  // steps of the longest shortest path
	Exhausted bool // every reachable state was visited, and none breaks the property
	Violation error
	Trace     []string // the steps to the violation
}

// String is the result in one line, and the trace below it.
func (r Result) String() string {
	switch {
	case r.Violation != nil:
		return fmt.Sprintf("VIOLATION after %d states: %v\n  %s", r.States, r.Violation, strings.Join(r.Trace, "\n  "))
	case r.Exhausted:
		return fmt.Sprintf("exhausted: %d states, depth %d", r.States, r.Depth)
	}
	return fmt.Sprintf("none found in %d states, depth %d, NOT exhausted", r.States, r.Depth)
}

type hash [16]byte

// origin is how a state was reached first: from which state, by which of its steps.
type origin struct {
	parent int32
	step   uint32
}

// run is the state of one exploration.
type run struct {
	m       Model
	o       Options
	seen    map[hash]struct{}
	origins []origin
	level   []entry // states of this depth that wait
	next    []entry // of the next depth
}

type entry struct {
	index int32
	state []byte
}

// found is a successor as a worker returns it.
type found struct {
	step  uint32
	hash  hash
	state []byte
	err   error
}

// Run explores m until it is exhausted, a state breaks the property, or the bound is met.
func Run(m Model, o Options) Result {
	if o.States <= 0 || o.States > MaxStates {
		o.States = MaxStates
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	r := &run{m: m, o: o, seen: map[hash]struct{}{}}
	for i, s := range m.Initial() {
		if err := m.Check(s); err != nil {
			return Result{States: 1, Violation: err, Trace: []string{fmt.Sprintf("initial state %d", i)}}
		}
		r.add(origin{parent: -1, step: uint32(i)}, sum(s), slices.Clone(s))
	}
	return r.explore()
}

func (r *run) explore() Result {
	depth := 0
	for len(r.next) > 0 {
		r.level, r.next = r.next, r.level[:0]
		for at := 0; at < len(r.level); at += chunk {
			part := r.level[at:min(at+chunk, len(r.level))]
			if result, ended := r.merge(part, r.expand(part), depth); ended {
				return result
			}
			for i := range part {
				part[i].state = nil
			}
			if r.o.Progress != nil {
				r.o.Progress(len(r.origins), depth)
			}
		}
		depth++
	}
	return Result{States: len(r.origins), Depth: depth - 1, Exhausted: true}
}

// expand finds the successors of each state of part that are not known already, in order.
func (r *run) expand(part []entry) [][]found {
	all := make([][]found, len(part))
	var group sync.WaitGroup
	for w := range r.o.Workers {
		group.Go(func() {
			for i := w; i < len(part); i += r.o.Workers {
				all[i] = r.successors(part[i].state)
			}
		})
	}
	group.Wait()
	return all
}

// successors only reads what merge writes, and never at the same time.
func (r *run) successors(state []byte) []found {
	var list []found
	step := uint32(0)
	r.m.Next(state, func(_ func() string, next []byte) {
		f := found{step: step, hash: sum(next)}
		step++
		if _, known := r.seen[f.hash]; known {
			return
		}
		f.state = slices.Clone(next)
		f.err = r.m.Check(next)
		list = append(list, f)
	})
	return list
}

// merge enters what the workers found.
func (r *run) merge(part []entry, all [][]found, depth int) (Result, bool) {
	for i, list := range all {
		for _, f := range list {
			if _, known := r.seen[f.hash]; known {
				continue
			}
			r.add(origin{parent: part[i].index, step: f.step}, f.hash, f.state)
			if f.err != nil {
				return Result{States: len(r.origins), Depth: depth + 1, Violation: f.err, Trace: r.trace()}, true
			}
			if len(r.origins) >= r.o.States {
				return Result{States: len(r.origins), Depth: depth + 1}, true
			}
		}
	}
	return Result{}, false
}

func (r *run) add(from origin, h hash, state []byte) {
	if _, known := r.seen[h]; known {
		return
	}
	r.seen[h] = struct{}{}
	r.next = append(r.next, entry{index: int32(len(r.origins)), state: state})
	r.origins = append(r.origins, from)
}

// trace names the steps to the state that was added last, by walking them again.
func (r *run) trace() []string {
	var path []origin
	for at := int32(len(r.origins) - 1); at >= 0; at = r.origins[at].parent {
		path = append(path, r.origins[at])
	}
	slices.Reverse(path)
	state := r.m.Initial()[path[0].step]
	var labels []string
	for _, o := range path[1:] {
		step, taken := uint32(0), []byte(nil)
		r.m.Next(state, func(label func() string, next []byte) {
			if step == o.step {
				labels, taken = append(labels, label()), slices.Clone(next)
			}
			step++
		})
		state = taken
	}
	return labels
}

func sum(state []byte) hash {
	full := sha256.Sum256(state)
	return hash(full[:16])
}

package transfer

import (
	"troxymail/bftcore/wire"
)

// Done reports whether every part was handed out.
func (f *Fetch) Done() bool { return f.err == nil && len(f.own)+len(f.want)+f.open == 0 }

// Err returns why the transfer failed, nil while it goes on.
func (f *Fetch) Err() error { return f.err }

// Permille is how much of the state is there, by the shape of the tree: about, and never falling.
func (f *Fetch) Permille() int {
	if f.Done() {
		return 1000
	}
	return min(999, int(f.done/(wholeWeight/1000)))
}

// Counters returns what happened so far.
func (f *Fetch) Counters() Counters { return f.counters }

// Liars returns the sources that sent what does not fit.
func (f *Fetch) Liars() []wire.ReplicaID {
	var list []wire.ReplicaID
	for r := range f.sources {
		if f.sources[r].liar {
			list = append(list, wire.ReplicaID(r))
		}
	}
	return list
}

// Stuck reports whether no source has the state now: all are liars, away, or beyond it. One that is merely slow is none of
// these: to go for a newer state for its sake, again and again, would bring about none.
func (f *Fetch) Stuck(now Time) bool {
	if len(f.want) == 0 {
		return false
	}
	for r := range f.sources {
		if s := &f.sources[r]; r != int(f.self) && !s.liar && (s.restTo <= now || !s.gone && s.slow < slowLimit) {
			return false
		}
	}
	return true
}

// Fruitless reports whether no part came so far, and nobody may be about to send one: a source said that it has not the
// state, and each other one said so too or let a question go unanswered.
func (f *Fetch) Fruitless() bool {
	if f.counters.Parts > 0 || f.counters.Gone == 0 {
		return false
	}
	for r := range f.sources {
		if s := &f.sources[r]; r != int(f.self) && !s.liar && !s.gone && s.slow == 0 {
			return false
		}
	}
	return true
}

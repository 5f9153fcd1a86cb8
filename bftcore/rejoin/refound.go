package rejoin

import (
	"slices"

	"troxymail/bftcore/wire"
)

// refoundFor is for how long after it was last asked for a founding of fewer is tried. An administrator that
// decides otherwise, or is gone, does not keep a replica that comes after all from its founding.
const refoundFor = 10 * 60 * Time(1e9)

// Refound is what an administrator asks for through the own enclave: a founding by these members alone, this replica
// among them; by all again when there are none. Ordered says that the enclave was given the order, so that its JOIN
// is worth asking for. The host has no reason to believe that: the enclave decides.
type Refound struct {
	Members []wire.ReplicaID
	Ordered bool
}

func (Refound) event() {}

// wish is the founding of fewer that was asked for last.
type wish struct {
	members []wire.ReplicaID // rising; nil: none
	ordered bool
	until   Time
}

// onRefound takes the administrator's wish. An ACTIVE enclave resigns for it: whoever asks has seen that too few
// are ACTIVE to go on.
func (d *Driver) onRefound(e Refound) {
	members := slices.Clone(e.Members)
	slices.Sort(members)
	members = slices.Compact(members)
	if len(members) == 0 || !slices.Contains(members, d.cfg.Self) || int(members[len(members)-1]) >= len(d.peers) {
		d.refound = wish{}
		return
	}
	if !slices.Equal(members, d.refound.members) {
		d.attempt.planned = false
	}
	d.refound = wish{members: members, ordered: e.Ordered, until: d.now + refoundFor}
	d.resignAlone()
}

// expireRefound forgets what nobody asked for lately.
func (d *Driver) expireRefound() {
	if d.refound.members != nil && d.now >= d.refound.until && d.attempt.join == nil {
		d.refound = wish{}
	}
}

// Overtaken says that f+1 others, and so one that does not lie, are in a later founding than the own ACTIVE enclave:
// the group was founded without this replica. Nobody counts what its enclave certifies any more, so that it resigns and
// comes back to them like one that restarted.
type Overtaken struct{}

func (Overtaken) event() {}

// resignAlone has the enclave resign although nobody needs it.
func (d *Driver) resignAlone() {
	if !d.active || d.busy[OpResign] {
		return
	}
	d.ask(OpResign, nil, func(t *Told) {
		if !t.Refused {
			d.out.Resigned = true
		}
	})
}

// takesPart reports whether a replica is to be a member of the founding that this host works for.
func (d *Driver) takesPart(r wire.ReplicaID) bool {
	return d.refound.members == nil || slices.Contains(d.refound.members, r)
}

// members is how many the founding has that this host works for.
func (d *Driver) members() int {
	if d.refound.members != nil {
		return len(d.refound.members)
	}
	return d.cfg.Members
}

// plan has the enclave show an administrator what the COLD-STATEs of fewer than all make. Once it was given the order
// for exactly that, it joins.
func (d *Driver) plan(states [][]byte) {
	a := &d.attempt
	if a.planned || d.busy[OpPropose] {
		return
	}
	d.ask(OpPropose, states, d.current(func(t *Told) {
		d.attempt.planned = !t.Refused
		if t.Refused {
			d.attempt.ready = nil
			d.forget(func(p *peer) { p.cold = nil })
		}
	}))
}

package rejoin

import (
	"slices"

	"troxymail/bftcore/wire"
)

// found takes part in a founding, once all others that take part say that they are not ACTIVE either.
func (d *Driver) found() {
	a := &d.attempt
	statements := d.fromMembers(func(p *peer) []byte { return p.statement })
	if a.join == nil && len(statements) == d.members()-1 && !d.busy[OpCold] && !d.busy[OpJoin] && !d.busy[OpPropose] &&
		!slices.Equal(d.named(), a.members()) {
		d.giveCold(statements)
	}
	if a.cold == nil {
		return
	}
	if d.now >= a.coldAt {
		a.coldAt = d.now + largeGap
		d.multicast(a.cold.Raw)
	}
	if a.join == nil {
		d.tryJoin()
		return
	}
	if a.synced && d.now >= a.joinAt {
		a.joinAt = d.now + again
		d.multicast(a.join)
	}
	if a.synced {
		d.tryFound()
	}
}

// fromMembers is collect from those that take part in the founding.
func (d *Driver) fromMembers(of func(p *peer) []byte) [][]byte {
	var list [][]byte
	for i := range d.peers {
		if raw := of(&d.peers[i]); raw != nil && d.takesPart(wire.ReplicaID(i)) {
			list = append(list, raw)
		}
	}
	return list
}

// named are the members that the peers' newest statements name, this replica included.
func (d *Driver) named() []wire.Member {
	var list []wire.Member
	for i := range d.peers {
		switch p := &d.peers[i]; {
		case wire.ReplicaID(i) == d.cfg.Self:
			list = append(list, wire.Member{Replica: d.cfg.Self, Nonce: d.nonce})
		case p.statement != nil && d.takesPart(wire.ReplicaID(i)):
			list = append(list, wire.Member{Replica: wire.ReplicaID(i), Nonce: p.own})
		}
	}
	return list
}

// giveCold has the enclave say what it certified, and what its host saw committed beyond, to these members.
func (d *Driver) giveCold(statements [][]byte) {
	for _, certificates := range d.learn {
		d.put(OpLearn, certificates, func(*Told) {}) // a refusal: it knows that, or it has checkpointed it
	}
	d.learn = nil
	d.ask(OpCold, statements, d.current(func(t *Told) {
		m, err := wire.DecodeColdState(t.Message)
		if t.Refused || err != nil {
			d.forget(func(p *peer) { p.statement = nil }) // one of them is not genuine, or is for another attempt
			return
		}
		d.attempt.cold, d.attempt.coldAt, d.attempt.colds, d.attempt.ready, d.since = &m, 0, 1, nil, d.now
		d.attempt.request, d.attempt.planned = nil, false
	}))
}

func (d *Driver) forget(f func(p *peer)) {
	for i := range d.peers {
		f(&d.peers[i])
	}
}

// members are those of the founding that the enclave gave its COLD-STATE for; nil for none.
func (a *attempt) members() []wire.Member {
	if a.cold == nil {
		return nil
	}
	return a.cold.Members
}

// tryJoin computes the founding when all COLD-STATEs for these members are there, and the batches that they speak of.
func (d *Driver) tryJoin() {
	a := &d.attempt
	if d.busy[OpJoin] || d.busy[OpCold] {
		return
	}
	if a.colds > 0 && d.mayLook() {
		a.colds, a.ready = 0, d.bundle()
	}
	if a.ready == nil {
		return
	}
	if len(a.members()) < d.cfg.Members && (!d.refound.ordered || !a.planned) {
		d.plan(a.ready)
		return
	}
	d.ask(OpJoin, a.ready, d.current(func(t *Told) {
		m, err := wire.DecodeJoin(t.Message)
		if t.Refused || err != nil {
			d.refound.ordered, d.attempt.planned, d.attempt.ready = false, false, nil // it may have been for another bundle
			d.forget(func(p *peer) { p.cold = nil })
			return
		}
		a := &d.attempt
		a.join, a.founding, a.joinAt, a.joinsCame, d.since = t.Message, m.Certificate.Founding, 0, 1, d.now
		d.out.Frontier, d.out.Sync = t.Frontier, true
	}))
}

// bundle returns the COLD-STATEs of all members; nil as long as one is missing, or a batch that those speak of from which
// the enclave takes anything over.
func (d *Driver) bundle() [][]byte {
	a := &d.attempt
	states, raws := []wire.ColdState{*a.cold}, [][]byte{a.cold.Raw}
	for i := range d.peers {
		if p := &d.peers[i]; p.cold != nil && slices.Equal(p.cold.Members, a.members()) {
			states, raws = append(states, *p.cold), append(raws, p.cold.Raw)
		}
	}
	if len(states) < len(a.members()) {
		return nil
	}
	newest, told := wire.Counted(states)
	if d.lacking(told, newest) > 0 {
		return nil
	}
	return raws
}

// tryFound ends the founding when the JOINs of all members are there.
func (d *Driver) tryFound() {
	a := &d.attempt
	if a.joinsCame == 0 || d.busy[OpFound] {
		return
	}
	joins := [][]byte{a.join}
	for i := range d.peers {
		if p := &d.peers[i]; p.join != nil {
			if m, err := wire.DecodeJoin(p.join); err == nil && m.Certificate.Founding == a.founding {
				joins = append(joins, p.join)
			}
		}
	}
	if len(joins) < len(a.members()) {
		return
	}
	a.joinsCame = 0
	d.ask(OpFound, joins, d.current(func(t *Told) {
		if t.Refused { // one that was passed on is not genuine
			d.forget(func(p *peer) {
				if !p.direct {
					p.join = nil
				}
			})
			return
		}
		d.joins = joins
		d.becomes(t.Frontier)
	}))
}

// giveUp ends an attempt that cannot end by itself: when the founding that this enclave joined is over for another
// member, or when f+1 others are ACTIVE while this enclave is bound to a founding. Each time it waits for longer: what
// the others send may be on its way.
func (d *Driver) giveUp() {
	a := &d.attempt
	stuck := a.join != nil && d.deserted() || a.cold != nil && len(d.collect((*peer).toldInfo)) >= d.cfg.Recovery
	if !stuck {
		a.stuckSince = 0
		return
	}
	if a.stuckSince == 0 {
		a.stuckSince = max(d.now, 1)
	}
	if d.now < a.stuckSince+d.wait() || d.busy[OpAbandon] {
		return
	}
	d.ask(OpAbandon, nil, d.current(func(t *Told) {
		if !t.Refused {
			d.tries++
			d.renew()
		}
	}))
}

// deserted reports whether the founding that this enclave joined is over: a member has begun another attempt, gave its
// word to other members, or this replica is to be one of other members itself.
func (d *Driver) deserted() bool {
	members := d.attempt.members()
	if n := len(d.refound.members); n > 0 && n != len(members) {
		return true
	}
	own := wire.Member{Replica: d.cfg.Self, Nonce: d.nonce}
	for _, m := range members {
		p := &d.peers[m.Replica]
		if !d.takesPart(m.Replica) || p.statement != nil && p.own != m.Nonce ||
			p.cold != nil && slices.Contains(p.cold.Members, own) && !slices.Equal(p.cold.Members, members) {
			return true
		}
	}
	return false
}

// wait is the patience of this attempt; replicas differ, so that they do not give up in step for ever.
func (d *Driver) wait() Time {
	w := patience / 6
	for range d.tries {
		w = min(2*w, maxWait)
	}
	return w + w*Time(d.cfg.Self)/Time(2*d.cfg.Quorum.N())
}

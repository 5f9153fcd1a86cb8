package rejoin

import (
	"slices"

	"troxymail/bftcore/wire"
)

// sayHello asks all peers how they stand, again and again.
func (d *Driver) sayHello() {
	if d.hello == nil {
		if !d.busy[OpHello] {
			d.ask(OpHello, nil, func(t *Told) {
				m, err := wire.DecodeRecHello(t.Message)
				if t.Refused || err != nil || d.active {
					return
				}
				d.hello, d.nonce, d.helloAt = t.Message, m.Nonce, 0
			})
		}
		return
	}
	if d.now >= d.helloAt {
		d.helloAt = d.now + again
		d.multicast(d.hello)
	}
}

// recover is the return alone: infos, a number, grants.
func (d *Driver) recover() {
	a := &d.attempt
	if a.cold != nil || d.busy[OpCold] {
		return // the enclave gave its word to a founding
	}
	infos := d.collect((*peer).toldInfo)
	if len(infos) < d.cfg.Recovery {
		return
	}
	if a.infos > 0 && !d.busy[OpRequest] && (a.request == nil || d.short()) {
		a.infos = 0
		d.ask(OpRequest, infos, d.current(func(t *Told) {
			a := &d.attempt
			m, err := wire.DecodeRecRequest(t.Message)
			if t.Refused || err != nil {
				return
			}
			a.request, a.requestAt, d.since, a.shortSince = &m, 0, d.now, 0
			a.asked++
		}))
	}
	if a.request != nil && d.now >= a.requestAt {
		a.requestAt = d.now + again
		for i := range d.peers {
			if d.peers[i].info != nil {
				d.send(wire.ReplicaID(i), a.request.Raw)
			}
		}
	}
	if a.states == 0 || d.busy[OpRecover] || !d.mayLook() {
		return
	}
	a.states = 0
	sets := d.grants()
	if len(sets) == 0 {
		return
	}
	d.ask(OpRecover, sets[a.refused%len(sets)], func(t *Told) {
		if !t.Refused {
			d.joins = nil
			d.becomes(t.Frontier)
			return
		}
		if d.attempt.refused++; d.attempt.refused%len(sets) != 0 {
			d.attempt.states++ // another set may do
		}
	})
}

// short reports whether the number that was asked for is too low, or is of another founding, for a peer. One that granted
// it knows of it too, and may say so before its grant is here, or while another has not answered yet: were that a reason
// to ask for a higher one, a busy peer would never be in time. So it has to last, longer each time, and not to be explained
// by a grant of the peer's present incarnation: one that restarted since has forgotten to whom it granted the number, and
// its former grant does not fit those of who knows that.
func (d *Driver) short() bool {
	a := &d.attempt
	asked := &a.request.Certificate
	if !slices.ContainsFunc(d.peers, func(p peer) bool {
		return p.info != nil && (p.info.Certificate.Founding != asked.Founding ||
			p.knows(d.cfg.Self) >= asked.Incarnation && (p.state == nil || p.state.Granted != asked.Incarnation ||
				p.state.Certificate.Incarnation < p.info.Certificate.Incarnation))
	}) {
		a.shortSince = 0
		return false
	}
	if a.shortSince == 0 {
		a.shortSince = max(d.now, 1)
	}
	return d.now >= a.shortSince+again<<min(a.asked+1, 6)
}

// toldInfo is the REC-INFO of a peer, nil for none.
func (p *peer) toldInfo() []byte {
	if p.info == nil {
		return nil
	}
	return p.info.Raw
}

// knows is the incarnation number of r in a peer's REC-INFO, which is there.
func (p *peer) knows(r wire.ReplicaID) uint32 {
	if v := p.info.Certificate.Vector; int(r) < len(v) {
		return v[r]
	}
	return 0
}

// current drops an answer when the attempt that asked is over.
func (d *Driver) current(f func(t *Told)) func(t *Told) {
	nonce := d.nonce
	return func(t *Told) {
		if !d.active && d.hello != nil && d.nonce == nonce {
			f(t)
		}
	}
}

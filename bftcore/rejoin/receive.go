package rejoin

import (
	"slices"

	"troxymail/bftcore/wire"
)

// Wants reports whether a message of a peer is for a driver.
func Wants(raw []byte) bool {
	kind, err := wire.PeekKind(raw)
	if err != nil {
		return false
	}
	switch kind {
	case wire.KindRecHello, wire.KindRecInfo, wire.KindRecRequest, wire.KindRecState, wire.KindStatement, wire.KindColdState,
		wire.KindJoin:
		return true
	}
	return false
}

// WantsAway reports whether a message of a peer is for a driver while its enclave is not ACTIVE, beside those that
// always are: batches, and questions for them.
func WantsAway(raw []byte) bool {
	kind, err := wire.PeekKind(raw)
	if err != nil {
		return false
	}
	switch kind {
	case wire.KindPrepare, wire.KindProof:
		return true
	case wire.KindFetch:
		f, err := wire.DecodeFetch(raw)
		return err == nil && f.From > 0 && f.Body != (wire.Digest{})
	}
	return false
}

// receive takes a peer's message. What does not decode, or comes from another than it says, is dropped: the
// enclave would refuse it, and it must not take the place of what is genuine.
func (d *Driver) receive(from wire.ReplicaID, raw []byte) {
	if int(from) >= len(d.peers) || from == d.cfg.Self {
		return
	}
	kind, err := wire.PeekKind(raw)
	if err != nil {
		d.refuse(from, err)
		return
	}
	p := &d.peers[from]
	p.heard = max(d.now, 1)
	switch kind {
	case wire.KindRecHello:
		if m, err := wire.DecodeRecHello(raw); d.is(from, m.Certificate.Replica, err) {
			d.onHello(from, p, &m)
		}
	case wire.KindRecRequest:
		if m, err := wire.DecodeRecRequest(raw); d.is(from, m.Certificate.Replica, err) && d.active {
			d.relay(OpGrant, from, &p.granting, raw)
		}
	case wire.KindRecInfo:
		m, err := wire.DecodeRecInfo(raw)
		if !d.is(from, m.Certificate.Replica, err) {
			return
		}
		if d.active && d.watch.hello != nil && m.Nonce == d.watch.nonce {
			p.needs = 0 // it asks like this host does, because it sees others in need; it is in none itself
		}
		if d.mine(m.For, m.Nonce) {
			if !slices.Equal(p.toldInfo(), raw) {
				d.attempt.infos++
			}
			p.info, p.statement, p.cold = &m, nil, nil
		}
	case wire.KindRecState:
		if m, err := wire.DecodeRecState(raw); d.is(from, m.Certificate.Replica, err) && d.mine(m.For, m.Nonce) {
			changed := p.state == nil || !slices.Equal(p.state.Raw, raw)
			if p.state = &m; changed {
				d.attempt.states++
				d.forsake()
			}
		}
	case wire.KindStatement:
		d.onStatement(from, p, raw)
	case wire.KindColdState:
		if m, err := wire.DecodeColdState(raw); d.is(from, m.Certificate.Replica, err) {
			d.passOn(from, p)
			if !d.active && (p.cold == nil || !slices.Equal(p.cold.Raw, raw)) {
				p.cold = &m
				d.attempt.colds++
				d.forsake()
			}
		}
	case wire.KindJoin:
		d.onJoin(from, p, raw)
	default:
		if !d.active {
			d.receiveAway(from, p, kind, raw)
		}
	}
}

// Refusal says that a peer's message was dropped: it does not decode, or, when Err is nil, says that it is another's. No
// correct replica sends the like.
type Refusal struct {
	From wire.ReplicaID
	Err  error
}

func (d *Driver) refuse(from wire.ReplicaID, err error) {
	d.out.Refusals = append(d.out.Refusals, Refusal{From: from, Err: err})
}

// is reports whether a message decoded and is its sender's own.
func (d *Driver) is(from, replica wire.ReplicaID, err error) bool {
	if err != nil || replica != from {
		d.refuse(from, err)
		return false
	}
	return true
}

// receiveAway takes what is for a driver only while its enclave is not ACTIVE.
func (d *Driver) receiveAway(from wire.ReplicaID, p *peer, kind wire.Kind, raw []byte) {
	switch kind {
	case wire.KindPrepare:
		if m, err := wire.DecodePrepare(raw); err == nil {
			d.onBatch(&m)
		} else {
			d.refuse(from, err)
		}
	case wire.KindProof:
		if m, err := wire.DecodeProof(raw); err == nil {
			d.onBatch(&m.Prepare)
		} else {
			d.refuse(from, err)
		}
	case wire.KindFetch:
		if m, err := wire.DecodeFetch(raw); err == nil {
			d.onFetch(from, p, m)
		} else {
			d.refuse(from, err)
		}
	}
}

// mine reports whether an answer is for the present attempt.
func (d *Driver) mine(to wire.ReplicaID, nonce wire.Nonce) bool {
	return !d.active && to == d.cfg.Self && d.hello != nil && nonce == d.nonce
}

// onHello has the own enclave answer. A peer with a new nonce has just begun: it hears from this host at once.
func (d *Driver) onHello(from wire.ReplicaID, p *peer, m *wire.RecHello) {
	p.needs = max(d.now, 1)
	if m.Nonce != p.nonce && !d.active && d.hello != nil {
		d.send(from, d.hello)
	}
	p.nonce = m.Nonce
	d.relay(OpAnswer, from, &p.answering, m.Raw)
}

// relay has the own enclave answer a peer's question: one at a time of each peer, who asks again anyway. An answer
// may be hundreds of times as long as its question, and a flood of them would close the enclave's link.
func (d *Driver) relay(op Op, to wire.ReplicaID, waits *bool, raw []byte) {
	if *waits {
		return
	}
	*waits = true
	d.put(op, [][]byte{raw}, func(t *Told) {
		*waits = false
		if !t.Refused {
			d.send(to, t.Message)
		}
	})
}

func (d *Driver) onStatement(from wire.ReplicaID, p *peer, raw []byte) {
	m, err := wire.DecodeStatement(raw)
	if !d.is(from, m.Certificate.Replica, err) {
		return
	}
	if d.active {
		d.watch.statement(d, from, &m)
		return
	}
	if d.hello == nil || m.Asked != d.nonce {
		return
	}
	p.statement, p.own, p.info = raw, m.Own, nil
}

// onJoin keeps a JOIN, of whomever it comes from; what its signer sent itself is not replaced.
func (d *Driver) onJoin(from wire.ReplicaID, p *peer, raw []byte) {
	m, err := wire.DecodeJoin(raw)
	if err != nil {
		d.refuse(from, err)
		return
	}
	if int(m.Certificate.Replica) >= len(d.peers) || m.Certificate.Replica == d.cfg.Self {
		return
	}
	if d.active {
		d.passOn(from, p)
		return
	}
	signer := &d.peers[m.Certificate.Replica]
	direct := m.Certificate.Replica == from
	if signer.join != nil && signer.direct && !direct || slices.Equal(signer.join, raw) {
		return
	}
	signer.join, signer.direct = raw, direct
	d.attempt.joinsCame++
}

// passOn gives a peer that is still in a founding the JOINs of the one that this enclave is ACTIVE by.
func (d *Driver) passOn(to wire.ReplicaID, p *peer) {
	if !d.active || d.now < p.answered+again {
		return
	}
	p.answered = d.now
	for _, raw := range d.joins {
		d.send(to, raw)
	}
}

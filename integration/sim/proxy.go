package sim

import (
	"encoding/binary"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// reply is one host's answer to a request, authenticated by its enclave.
type reply struct {
	id   wire.RequestID
	from wire.ReplicaID
	outcome
}

// proxy is the part of an enclave that makes requests and votes on replies. It starts anew with its host.
type proxy struct {
	h    *host
	open []*request
	made int // over all lives
}

// request waits for f+1 equal replies.
type request struct {
	id    wire.RequestID
	raw   []byte
	votes []reply
}

const (
	retransmitAfter = 200 * millisecond
	maxOpen         = 8
)

func (p *proxy) restart() {
	p.open = nil
	p.schedule()
}

// schedule makes requests at random moments, as long as the scenario wants some.
func (p *proxy) schedule() {
	p.h.later(p.h.c.now+p.h.c.between(0, p.h.c.scene.thinkMax), func() {
		if p.made < p.h.c.scene.requests && !p.h.c.healing {
			if len(p.open) < maxOpen {
				p.submit()
			}
			p.schedule()
		}
	})
}

func (p *proxy) submit() {
	c := p.h.c
	p.made++
	command := binary.BigEndian.AppendUint32(nil, uint32(p.made))
	command = append(command, make([]byte, c.rng.IntN(200))...)
	var flags wire.RequestFlags
	if c.chance(0.1) {
		flags = wire.FlagReadOnly
	}
	var bodies []wire.Digest
	if c.chance(0.05) {
		bodies = append(bodies, wire.Sum(command))
	}
	raw := p.h.encl.Request(command, flags, bodies)
	q, _ := wire.DecodeRequest(raw)
	r := &request{id: q.ID, raw: raw}
	p.open = append(p.open, r)
	c.trace(p.h.name(), "submits %v", q.ID)
	p.h.step(bftcore.Submit{Raw: raw})
	p.retransmit(r)
}

func (p *proxy) retransmit(r *request) {
	p.h.later(p.h.c.now+retransmitAfter, func() {
		for _, o := range p.open {
			if o == r {
				p.h.step(bftcore.Submit{Raw: r.raw, Retransmit: true})
				p.retransmit(r)
				return
			}
		}
	})
}

// vote counts a reply; with f+1 equal ones of distinct replicas the request is answered.
func (p *proxy) vote(v reply) {
	for i, r := range p.open {
		if r.id != v.id {
			continue
		}
		equal := 1
		for _, w := range r.votes {
			if w.from == v.from && w.outcome == v.outcome {
				return
			}
			if w.from != v.from && w.outcome == v.outcome {
				equal++
			}
		}
		r.votes = append(r.votes, v)
		if equal >= p.h.c.group.Size() {
			p.open = append(p.open[:i:i], p.open[i+1:]...)
			p.h.c.check.acknowledged(p.h, v)
		}
		return
	}
}

// reply carries an answer to the origin's proxy, over the same network. Liars claim what they like.
func (h *host) reply(v reply) {
	c := h.c
	if h.lies && c.lying && c.chance(0.5) {
		v.result[0] ^= byte(c.rng.IntN(256))
		v.order += uint64(c.rng.IntN(2))
	}
	to := c.hosts[v.id.Origin]
	if to == h {
		to.proxy.vote(v)
		return
	}
	if c.net.cut[h.id][to.id] || c.chance(c.scene.loss) {
		return
	}
	c.after(c.between(c.scene.delayMin, c.scene.delayMax), func() {
		if to.up {
			to.proxy.vote(v)
		}
	})
}

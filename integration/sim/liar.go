package sim

import (
	"bytes"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// liar is what lying hosts have in common: they see all traffic, and each drives its genuine enclave.
type liar struct{ c *Cluster }

// send has its way with a message of a lying host's core.
func (z *liar) send(h *host, m bftcore.Message) {
	c := z.c
	switch x := c.rng.Float64(); {
	case x < 0.6:
		c.net.send(h.id, m.To, m.Raw)
	case x < 0.75:
		c.faults.LiesDropped++
	case x < 0.9:
		c.faults.LiesMutated++
		c.net.send(h.id, m.To, z.mutate(m.Raw))
	default: // only to another
		c.net.send(h.id, wire.ReplicaID((int(m.To)+1)%c.n), m.Raw)
	}
}

// mutate changes, cuts or lengthens a message.
func (z *liar) mutate(raw []byte) []byte {
	c := z.c
	out := append([]byte(nil), raw...)
	switch c.rng.IntN(5) {
	case 0:
		return out[:c.rng.IntN(len(out)+1)]
	case 1:
		return append(out, byte(c.rng.Uint32()))
	case 2:
		return z.spoil(out)
	}
	for range 1 + c.rng.IntN(3) {
		out[c.rng.IntN(len(out))] ^= 1 << c.rng.IntN(8)
	}
	return out
}

// spoil keeps a PREPARE well formed, certificate and digest included, but for the MAC of a request.
func (z *liar) spoil(raw []byte) []byte {
	p, err := wire.DecodePrepare(raw)
	if err != nil || len(p.Requests) == 0 {
		return raw
	}
	q := p.Requests[z.c.rng.IntN(len(p.Requests))]
	at := bytes.Index(raw, q.MAC[:])
	raw[at+z.c.rng.IntN(len(q.MAC))] ^= 1
	return raw
}

// act lets every liar do something that no core would.
func (z *liar) act() {
	for _, h := range z.c.hosts {
		if h.lies && h.up && z.c.lying {
			z.mischief(h)
		}
	}
}

func (z *liar) mischief(h *host) {
	c := z.c
	to := wire.ReplicaID(c.rng.IntN(c.n))
	if to == h.id {
		return
	}
	switch c.rng.IntN(8) {
	case 0, 1:
		if len(c.net.archive) > 0 {
			c.faults.LiesReplayed++
			c.net.send(h.id, to, c.net.archive[c.rng.IntN(len(c.net.archive))].raw)
		}
	case 2:
		claim := wire.Progress{Prepared: z.number(), Executed: z.number(), Synced: z.number()}
		c.net.send(h.id, to, claim.Append(nil))
	case 3:
		from := z.number() + 1
		c.net.send(h.id, to, wire.Fetch{From: from, To: from + uint64(c.rng.IntN(100))}.Append(nil))
	case 4:
		z.certify(h, to)
	case 5:
		z.forge(h, to)
	case 6:
		raw := make([]byte, c.rng.IntN(300))
		for i := range raw {
			raw[i] = byte(c.rng.Uint32())
		}
		if len(raw) > 2 {
			raw[0], raw[1] = byte(c.rng.IntN(12)), wire.Version
		}
		c.net.send(h.id, to, raw)
	case 7:
		z.floodBadRequests(h, to)
	}
}

// number is small, near the front, or absurd.
func (z *liar) number() uint64 {
	c := z.c
	switch c.rng.IntN(4) {
	case 0:
		return wire.MaxNumber
	case 1:
		return c.rng.Uint64N(wire.MaxNumber)
	}
	return uint64(c.rng.IntN(len(c.check.batches) + 20))
}

// requests picks requests from what the liar saw.
func (z *liar) requests() []wire.Request {
	var out []wire.Request
	for range 5 {
		if len(z.c.net.archive) == 0 {
			return nil
		}
		raw := z.c.net.archive[z.c.rng.IntN(len(z.c.net.archive))].raw
		if p, err := wire.DecodePrepare(raw); err == nil {
			out = append(out, p.Requests...)
		} else if q, err := wire.DecodeForward(raw); err == nil {
			out = append(out, q...)
		}
		if len(out) > 0 && z.c.chance(0.5) {
			break
		}
	}
	return out[:min(len(out), 8)]
}

// certify drives the own enclave: a proposal or a vote that the core did not ask for, sent to one host.
func (z *liar) certify(h *host, to wire.ReplicaID) {
	c := z.c
	requests := z.requests()
	at := wire.Position{Order: uint64(c.rng.IntN(len(c.check.batches) + 5))}
	if h.core.Status().Leader == h.id {
		at.Order = h.core.Status().Prepared + 1
		if cert, _ := h.encl.CertifyPrepare(at, requests); cert != nil {
			c.faults.LiesCertified++
			c.trace(h.name(), "certifies PREPARE %v %v for %d alone", cert.New, cert.Digest, to)
			c.net.send(h.id, to, wire.AppendPrepare(nil, cert, requests))
		}
		return
	}
	for range 4 {
		if len(c.net.archive) == 0 {
			return
		}
		p, err := wire.DecodePrepare(c.net.archive[c.rng.IntN(len(c.net.archive))].raw)
		if err != nil {
			continue
		}
		if cert := h.encl.CertifyCommit(&p.Certificate, p.Requests); cert != nil {
			c.faults.LiesCertified++
			c.net.send(h.id, to, wire.AppendCommit(nil, cert, &p.Certificate))
		}
		return
	}
}

// forge invents well-formed certificates: of another digest, another order, another replica.
func (z *liar) forge(h *host, to wire.ReplicaID) {
	c := z.c
	c.faults.LiesForged++
	requests := z.requests()
	p := wire.Certificate{
		Kind: wire.CertPrepare, Founding: founding, Incarnation: 1, Vector: make([]uint32, c.n),
		New: wire.Position{Order: z.number() + 1}, Digest: wire.BatchDigest(wire.RequestDigests(requests)),
	}
	for i := range p.Vector {
		p.Vector[i] = 1
	}
	p.MAC[0] = byte(c.rng.Uint32())
	if c.chance(0.5) {
		c.net.send(h.id, to, wire.AppendPrepare(nil, &p, requests))
		return
	}
	m := p
	m.Kind, m.Replica = wire.CertCommit, wire.ReplicaID(1+c.rng.IntN(c.n-1))
	c.net.send(h.id, to, wire.AppendCommit(nil, &m, &p))
}

// floodBadRequests forwards requests with a wrong MAC or a made-up id.
func (z *liar) floodBadRequests(h *host, to wire.ReplicaID) {
	requests := z.requests()
	for i := range requests {
		q := &requests[i]
		mac := q.MAC
		mac[3]++
		raw := wire.AppendRequest(nil, q.Header, mac, q.Command)
		if z.c.chance(0.5) {
			id := q.ID
			id.Sequence += 1 << 40
			header := wire.AppendRequestHeader(nil, id, 0, q.Keys, nil, q.Command)
			raw = wire.AppendRequest(nil, header, q.MAC, q.Command)
		}
		requests[i], _ = wire.DecodeRequest(raw)
	}
	if len(requests) > 0 {
		z.c.net.send(h.id, to, wire.AppendForward(nil, requests))
	}
}

package sim

import (
	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// requests picks requests from what was on the network.
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

// certify has an enclave make a proposal or a vote that no core asked for, and sends it to one host.
func (z *liar) certify(h *host, e *enclave, to wire.ReplicaID) {
	c := z.c
	at := e.set.Position()
	if c.group.Leader(at.View) == h.id {
		at.Order++
		requests := z.requests()
		certificate, _ := e.prepare(at, requests)
		if certificate == nil {
			return
		}
		c.counts[lieCertified]++
		c.trace(h.name(), "certifies PREPARE %v %v for %d alone", at, certificate.Digest, to)
		h.keep(certificate, requests)
		c.net.send(h.id, to, wire.AppendPrepare(nil, certificate, requests))
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
		if certificate := e.commit(&p.Certificate, p.Requests); certificate != nil {
			c.counts[lieCertified]++
			h.keep(&p.Certificate, p.Requests)
			c.net.send(h.id, to, wire.AppendCommit(nil, certificate, &p.Certificate))
		}
		return
	}
}

// forge invents well-formed certificates: of another digest, another order, another replica.
func (z *liar) forge(h *host, to wire.ReplicaID) {
	c := z.c
	c.counts[lieForged]++
	requests := z.requests()
	at := h.encl.set.Position()
	p := wire.Certificate{
		Kind: wire.CertPrepare, Founding: h.encl.set.Incarnation().Founding, Incarnation: 1, Vector: make([]uint32, c.n),
		Replica: c.group.Leader(at.View), New: wire.Position{View: at.View, Order: z.number() + 1},
		Digest: wire.BatchDigest(wire.RequestDigests(requests)),
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
	m.Kind, m.Replica = wire.CertCommit, wire.ReplicaID(c.rng.IntN(c.n))
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

// rule drives an enclave through any rule of ordering with whatever messages the liar saw, and shows somebody what
// comes of it. The cover knows nothing of that.
func (z *liar) rule(h *host, e *enclave, to wire.ReplicaID) {
	c := z.c
	q := question{number: e.set.Position().View + uint64(c.rng.IntN(3))}
	switch c.rng.IntN(5) {
	case 0:
		q.rule, q.messages = rule(bftcore.AskViewChange), z.seen(wire.KindReqVC)
	case 1:
		q.rule, q.messages = rule(bftcore.AskNewView), z.seen(wire.KindViewChange)
	case 2:
		q.rule, q.messages = rule(bftcore.AskEnter), z.seen(wire.KindNewView)
	case 3:
		q.rule, q.number, q.digest = rule(bftcore.AskCheckpoint), z.number(), wire.Sum([]byte{byte(c.rng.IntN(3))})
	case 4:
		q.rule, q.messages = rule(bftcore.AskStable), z.seen(wire.KindCheckpoint)
	}
	z.drive(h, e, &q, to, lieRule)
}

// comeback drives an enclave through any rule of recovery or founding.
func (z *liar) comeback(h *host, e *enclave, to wire.ReplicaID) {
	q := question{}
	switch z.c.rng.IntN(11) {
	case 0:
		q.rule = rule(rejoin.OpHello)
	case 1:
		q.rule, q.messages = rule(rejoin.OpAnswer), z.seen(wire.KindRecHello)
	case 2:
		q.rule, q.messages = rule(rejoin.OpRequest), z.seen(wire.KindRecInfo)
	case 3:
		q.rule, q.messages = rule(rejoin.OpGrant), z.seen(wire.KindRecRequest)
	case 4:
		q.rule, q.messages = rule(rejoin.OpRecover), z.seen(wire.KindRecState)
	case 5:
		q.rule, q.messages = rule(rejoin.OpResign), z.seen(wire.KindStatement)
	case 6:
		batch, messages := z.committed()
		if batch == nil {
			return
		}
		q.rule, q.messages = rule(rejoin.OpLearn), messages
		if z.drive(h, e, &q, to, lieComeback) {
			h.keep(&batch.Certificate, batch.Requests)
		}
		return
	case 7: // its cover would tell what it learned before: whoever does not lied about what is durable
		if !z.mayTell(h) {
			return
		}
		q.rule, q.messages = rule(rejoin.OpCold), z.seen(wire.KindStatement)
	case 8:
		q.rule, q.messages = rule(rejoin.OpJoin), z.seen(wire.KindColdState)
	case 9:
		q.rule, q.messages = rule(rejoin.OpFound), z.seen(wire.KindJoin)
	case 10:
		q.rule = rule(rejoin.OpAbandon)
	}
	switch rejoin.Op(q.rule) {
	case rejoin.OpAnswer, rejoin.OpGrant:
		q.messages = q.messages[:min(1, len(q.messages))]
	case rejoin.OpRecover, rejoin.OpJoin:
		if !z.obtains(h, q.messages) {
			return
		}
	}
	z.drive(h, e, &q, to, lieComeback)
}

// mayTell reports whether an instance of a liar's enclave may tell a founding of its past, which may be older than what
// another instance did since, and marks it: until all correct replicas are in a later generation than they are now.
func (z *liar) mayTell(h *host) bool {
	if !z.c.mayForget(h) {
		return false
	}
	h.owes = max(h.owes, z.c.check.leftBehind())
	return true
}

// drive asks an enclave, and reports whether it did as it was told.
func (z *liar) drive(h *host, e *enclave, q *question, to wire.ReplicaID, kind fault) bool {
	said, err := e.ask(q)
	if err != nil {
		return false
	}
	z.c.counts[kind]++
	z.c.trace(h.name(), "had its enclave apply %s for %d alone", ruleName(q.rule), to)
	if len(said.Message) > 0 {
		z.c.net.send(h.id, to, said.Message)
	}
	return true
}

// seen picks messages of a kind from the archive, in any order and number.
func (z *liar) seen(kind wire.Kind) [][]byte {
	var out [][]byte
	for _, m := range z.c.net.archive {
		if len(m.raw) > 0 && wire.Kind(m.raw[0]) == kind && z.c.chance(0.7) {
			out = append(out, m.raw)
		}
	}
	z.c.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(len(out), 1+z.c.rng.IntN(2*z.c.n))]
}

// committed picks the two certificates of some COMMIT, and the PREPARE with its batch; nil where that is not at hand.
func (z *liar) committed() (*wire.Prepare, [][]byte) {
	for _, raw := range z.seen(wire.KindCommit) {
		m, err := wire.DecodeCommit(raw)
		if err != nil {
			continue
		}
		for _, x := range z.c.net.archive {
			if p, err := wire.DecodePrepare(x.raw); err == nil && p.Certificate.MAC == m.Prepare.MAC {
				return &p, [][]byte{m.Prepare.Append(nil), m.Certificate.Append(nil)}
			}
		}
	}
	return nil, nil
}

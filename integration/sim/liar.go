package sim

import (
	"bytes"
	"slices"

	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// liar is what lying hosts have in common. Each runs the honest program over its genuine enclave as its cover, sees
// all traffic, has its way with what it sends and hears, and drives its enclave, and former instances of it, as it
// likes.
type liar struct{ c *Cluster }

// pretends is what a lying host shows its enclave at the start: as a rule all that the one before had certified.
func (h *host) pretends() []byte { return h.evidence }

// send has its way with a message of a lying host.
func (z *liar) send(h *host, to wire.ReplicaID, raw []byte) {
	c := z.c
	switch x := c.rng.Float64(); {
	case x < 0.6:
		c.net.send(h.id, to, raw)
	case x < 0.75:
		c.counts[lieDropped]++
	case x < 0.9:
		c.counts[lieMutated]++
		c.net.send(h.id, to, z.mutate(raw))
	default: // only to another
		c.counts[lieMisdirected]++
		c.net.send(h.id, wire.ReplicaID((int(to)+1)%c.n), raw)
	}
}

// intercepts reports whether a lying host deals with what it hears itself, without its cover.
func (z *liar) intercepts(h *host, from wire.ReplicaID, raw []byte) bool {
	c := z.c
	if len(h.twins) > 0 && rejoin.Wants(raw) {
		z.feed(h, rejoin.Received{From: from, Raw: raw})
	}
	kind, _ := wire.PeekKind(raw)
	switch kind {
	case wire.KindForward: // the requests of one origin are never ordered
		if int(from) == int(c.seed)%c.n {
			c.counts[lieCensored]++
			return true
		}
	case wire.KindRecHello, wire.KindRecRequest: // a former instance may answer
		if len(h.clones) == 0 || c.chance(0.6) {
			return false
		}
		r := rejoin.OpAnswer
		if kind == wire.KindRecRequest {
			r = rejoin.OpGrant
		}
		e := h.clones[c.rng.IntN(len(h.clones))]
		if said, err := e.ask(&question{rule: rule(r), messages: [][]byte{raw}}); err == nil {
			c.counts[lieCloneActs]++
			c.net.send(h.id, from, said.Message)
		}
		return true
	}
	return false
}

// result lies about a result.
func (z *liar) result(r *wire.Result) {
	if z.c.chance(0.3) {
		z.c.counts[lieResult]++
		r.Payload[z.c.rng.IntN(len(r.Payload))]++
	}
}

// mutate changes, cuts or lengthens a message.
func (z *liar) mutate(raw []byte) []byte {
	c := z.c
	out := slices.Clone(raw)
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

// act lets every liar do something that no honest program would.
func (z *liar) act() {
	for _, h := range z.c.hosts {
		if h.lies && h.linked && z.c.lying {
			z.feed(h, rejoin.Tick{})
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
	switch c.rng.IntN(14) {
	case 0, 1:
		if len(c.net.archive) > 0 {
			c.counts[lieReplayed]++
			c.net.send(h.id, to, c.net.archive[c.rng.IntN(len(c.net.archive))].raw)
		}
	case 2:
		claim := wire.Progress{View: z.number() % 8, Prepared: z.number(), Executed: z.number(), Synced: z.number(), Stable: z.number()}
		c.net.send(h.id, to, claim.Append(nil))
	case 3:
		from := z.number() + 1
		c.net.send(h.id, to, wire.Fetch{From: from, To: from + uint64(c.rng.IntN(100))}.Append(nil))
	case 4, 5:
		z.certify(h, z.instance(h), to)
	case 6:
		z.forge(h, to)
	case 7:
		z.noise(h, to)
	case 8:
		z.floodBadRequests(h, to)
	case 9, 10:
		z.rule(h, z.instance(h), to)
	case 11:
		z.comeback(h, z.instance(h), to)
	case 12:
		z.spam(h)
	case 13:
		if c.striking { // its enclave may stand otherwise than its cover believes
			z.c.crashEnclave(h)
		}
	}
}

// instance is the enclave that a liar drives: the present one, or a former one when that may act. What a former one
// certifies before the group is beyond its generation makes what the present one was shown an older past.
func (z *liar) instance(h *host) *enclave {
	if len(h.clones) == 0 || z.c.chance(0.5) {
		return h.encl
	}
	e := h.clones[z.c.rng.IntN(len(h.clones))]
	g := e.set.Incarnation().Founding.Generation
	if g >= z.c.check.leftBehind() {
		if !z.c.mayForget(h) {
			return h.encl
		}
		h.owes = max(h.owes, g)
	}
	z.c.counts[lieCloneActs]++
	return e
}

// clone lets a liar start a second instance of its enclave, from all that the first has certified.
func (z *liar) clone() {
	c := z.c
	h := c.anyHost()
	if !h.lies || !h.linked || !h.encl.set.Active() || len(h.clones) >= 3 {
		return
	}
	c.counts[lieClone]++
	c.trace(h.name(), "keeps a clone of its enclave in generation %d", h.encl.set.Incarnation().Founding.Generation)
	h.clones = append(h.clones, h.encl)
	h.stopEnclave()
	h.startEnclave()
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
	return uint64(c.rng.IntN(len(c.check.history) + 20))
}

// noise is no message, or hardly one.
func (z *liar) noise(h *host, to wire.ReplicaID) {
	raw := make([]byte, z.c.rng.IntN(300))
	for i := range raw {
		raw[i] = byte(z.c.rng.Uint32())
	}
	if len(raw) > 2 {
		raw[0], raw[1] = byte(z.c.rng.IntN(30)), wire.Version
	}
	z.c.net.send(h.id, to, raw)
}

// spam sends the wish for a far view to everybody: it is genuine, and one of f.
func (z *liar) spam(h *host) {
	view := h.encl.set.Position().View + 1 + uint64(z.c.rng.IntN(3))
	if z.c.chance(0.3) {
		view = 1 << 60
	}
	said, err := h.encl.ask(&question{rule: rule(bftcore.AskReqVC), number: view})
	if err != nil {
		return
	}
	z.c.counts[lieSpam]++
	for to := range z.c.hosts {
		if to != int(h.id) {
			z.c.net.send(h.id, wire.ReplicaID(to), said.Message)
		}
	}
}

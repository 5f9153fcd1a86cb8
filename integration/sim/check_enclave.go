package sim

import (
	"bytes"

	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/counter"
)

// certified checks a counter certificate as it leaves an enclave, whoever drove it: it is the only one of its place.
func (k *checker) certified(e *enclave, x *wire.Certificate) {
	p := place{kind: x.Kind, at: x.New}
	p.who = wire.Incarnation{Founding: x.Founding, Replica: x.Replica, Number: x.Incarnation}
	if d, ok := k.certificates[p]; ok && (d != x.Digest || x.Kind == wire.CertNewView || x.Kind == wire.CertViewChange) {
		k.c.fail("replica %d.%d.%d certified %v and %v at %v", x.Replica, x.Founding.Generation, x.Incarnation, d, x.Digest, x.New)
	}
	k.certificates[p] = x.Digest
}

// applied takes note of a rule that an enclave applied.
func (k *checker) applied(e *enclave, before wire.Standing, q *question, said *counter.Said) {
	if k.c.tracing {
		k.c.trace(k.c.hosts[e.id].name(), "enclave applies %s %d: %v at %v", ruleName(q.rule), q.number, e.set.Standing(), e.set.Position())
	}
	switch {
	case q.rule == rule(bftcore.AskViewChange):
		k.c.counts[viewChange]++
		k.certifiedIn(e, said.Message)
	case q.rule == rule(bftcore.AskNewView):
		k.c.counts[newView]++
		k.certifiedIn(e, said.Message)
		k.views[wire.Rank{Generation: e.set.Incarnation().Founding.Generation, View: e.set.Position().View}] = true
	case q.rule == rule(rejoin.OpRecover):
		k.c.counts[recovery]++
	case q.rule == rule(rejoin.OpAbandon) && before == wire.InFounding:
		k.c.counts[abortedFounding]++
	}
}

func (k *checker) certifiedIn(e *enclave, message []byte) {
	if c, err := wire.CertificateOf(message); err == nil {
		k.certified(e, &c)
	}
}

// active checks an incarnation as it begins: no two enclaves are one, and a generation is founded once.
func (k *checker) active(e *enclave) {
	self := e.set.Incarnation()
	if other := k.incarnations[self]; other != nil && other != e {
		k.c.fail("two enclaves are incarnation %d.%d of replica %d", self.Founding.Generation, self.Number, self.Replica)
	}
	k.incarnations[self] = e
	f, known := k.foundings[self.Founding.Generation]
	switch {
	case !known:
		k.c.counts[founding]++
		k.foundings[self.Founding.Generation] = self.Founding
	case f != self.Founding:
		k.c.fail("generation %d was founded as %v and as %v", f.Generation, f.Digest, self.Founding.Digest)
	}
	k.generations[e.id] = max(k.generations[e.id], self.Founding.Generation)
	k.c.trace(k.c.hosts[e.id].name(), "enclave is ACTIVE as %d.%d, vector %v", self.Founding.Generation, self.Number, e.set.Vector())
}

// leaves checks that what a correct host's own enclave certified is in its log before it leaves: written for a PREPARE
// or COMMIT, and synced for all else and for a host that is strict. What a former life of the enclave certified and the log
// lost has left already: a host may have it back from peers, and give it to others (seed 123029566).
func (k *checker) leaves(h *host, raw []byte) {
	if h.lies {
		return
	}
	kind, _ := wire.PeekKind(raw)
	switch kind {
	case wire.KindPrepare, wire.KindCommit, wire.KindViewChange, wire.KindNewView:
	default:
		return
	}
	x, err := wire.CertificateOf(raw)
	if err != nil || x.Replica != h.id || h.encl != nil && h.encl.formerly(&x) {
		return
	}
	number, ok := h.disk.sent[&raw[0]]
	if !ok || number >= h.disk.synced { // it may be there twice, the second time as a peer sent it back
		if first, found := h.disk.find(raw); found {
			number, ok = first, true
		}
	}
	votes := kind == wire.KindPrepare || kind == wire.KindCommit
	switch {
	case ok && votes && !k.c.scene.strict:
	case !ok && votes && x.New.Order <= h.disk.file.applied: // cut off, below what the store has
	case !ok || number >= h.disk.synced:
		k.c.fail("%s sends %s, which is not in its log (record %d %v, %d of %d synced)", h.name(), describe(raw), number, ok, h.disk.synced, h.disk.end())
	}
}

// formerly reports whether a certificate is of a life before the present one.
func (e *enclave) formerly(x *wire.Certificate) bool {
	now := e.set.Incarnation()
	switch {
	case e.set.Standing() != wire.Active: // it has certified nothing yet
		return true
	case x.Founding != now.Founding:
		return x.Founding.Generation < now.Founding.Generation
	}
	return x.Incarnation < now.Number
}

// find looks for the first record with these bytes.
func (d *disk) find(raw []byte) (int, bool) {
	for i := range d.records {
		if bytes.Equal(d.records[i].Body, raw) {
			return d.first + i, true
		}
	}
	return 0, false
}

var ruleNames = [...]string{"", "REQ-VC", "VIEW-CHANGE", "NEW-VIEW", "ENTER", "CHECKPOINT", "STABLE", "HELLO", "ANSWER", "REQUEST", "GRANT", "RECOVER",
	"RESIGN", "LEARN", "COLD", "JOIN", "FOUND", "ABANDON"}

func ruleName(r rule) string {
	if int(r) < len(ruleNames) {
		return ruleNames[r]
	}
	return "no rule"
}

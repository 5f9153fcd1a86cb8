package bftcore

import (
	"slices"

	"troxymail/bftcore/wire"
)

// verification is one COMMIT that waits for the own enclave's verdict.
type verification struct {
	order    uint64
	replica  wire.ReplicaID
	from     wire.ReplicaID
	commit   wire.Commit
	raw      []byte
	prepared bool // its PREPARE certificate is the one that is known already
}

// maxVerifying bounds the open Verify calls.
const maxVerifying = 256

// verify hands collected COMMITs to the own enclave: one crossing for many. Each counts for two, its own
// certificate and the PREPARE certificate in it, unless that one is known already.
func (c *Core) verify() {
	for len(c.toVerify) > 0 && len(c.verifying) < maxVerifying {
		n, certificates := 0, make([]wire.Certificate, 0, min(2*len(c.toVerify), MaxVerify))
		for n < len(c.toVerify) && len(certificates)+2 <= MaxVerify {
			x := &c.toVerify[n]
			certificates = append(certificates, x.commit.Certificate)
			s := c.slots[x.order]
			x.prepared = s != nil && s.known && same(&s.prepare, &x.commit.Prepare)
			if !x.prepared {
				certificates = append(certificates, x.commit.Prepare)
			}
			n++
		}
		c.token++
		c.verifying[c.token] = append([]verification(nil), c.toVerify[:n]...)
		rest := copy(c.toVerify, c.toVerify[n:])
		clear(c.toVerify[rest:])
		c.toVerify = c.toVerify[:rest]
		c.out.Calls = append(c.out.Calls, Verify{Token: c.token, Certificates: certificates})
	}
}

// same reports whether two certificates are one, MAC included.
func same(a, b *wire.Certificate) bool {
	return a.MAC == b.MAC && a.Digest == b.Digest && a.New == b.New && a.Previous == b.Previous &&
		a.Kind == b.Kind && a.Epoch == b.Epoch && a.Founding == b.Founding && a.Replica == b.Replica &&
		a.Incarnation == b.Incarnation && a.Counter == b.Counter && a.RecoveryView == b.RecoveryView &&
		a.Base == b.Base && slices.Equal(a.Vector, b.Vector)
}

// onVerified takes the verdicts.
func (c *Core) onVerified(e Verified) {
	if x, ok := c.statements[e.Token]; ok {
		delete(c.statements, e.Token)
		c.judged(x, e.OK)
		return
	}
	batch, open := c.verifying[e.Token]
	if !open {
		c.counters.LateAnswers++
		return
	}
	delete(c.verifying, e.Token)
	want := 0
	for i := range batch {
		want += batch[i].certificates()
	}
	ok := e.OK
	if len(ok) != want {
		c.counters.NonsenseAnswers++
		ok = nil
	}
	for i := range batch {
		if ok == nil {
			c.settle(&batch[i], false)
			continue
		}
		n := batch[i].certificates()
		genuine := !slices.Contains(ok[:n], false)
		if !genuine {
			c.counters.ForgedCommits++
			c.blame(batch[i].from, CauseForged, nil)
		}
		c.settle(&batch[i], genuine)
		ok = ok[n:]
	}
}

// certificates is how many verdicts belong to x.
func (x *verification) certificates() int {
	if x.prepared {
		return 1
	}
	return 2
}

// settle enters one verdict. The COMMIT is genuine or its sender forged it; then another candidate of the
// same replica may be the genuine one. One of a former view is nothing to the slot that the present view has at that order.
func (c *Core) settle(x *verification, genuine bool) {
	s := c.slots[x.order]
	if s == nil || s.late || s.executedAt != 0 || x.commit.Certificate.New.View != c.view {
		return
	}
	s.verifying = max(0, s.verifying-1)
	v := c.voteOf(s, x.replica)
	if !genuine {
		v.remove(x.raw)
		c.refuse(s, x.from)
		c.touch(s)
		return
	}
	c.know(s, &x.commit.Prepare)
	if x.commit.Certificate.Digest == s.prepare.Digest && !v.verified {
		v.verified, v.certificate, v.raw = true, x.commit.Certificate, x.raw
		v.candidates = nil
	}
	c.touch(s)
}

// remove drops a forged candidate.
func (v *vote) remove(raw []byte) {
	kept := v.candidates[:0]
	for _, x := range v.candidates {
		if len(x.raw) != len(raw) || &x.raw[0] != &raw[0] {
			kept = append(kept, x)
		}
	}
	clear(v.candidates[len(kept):])
	v.candidates = kept
}

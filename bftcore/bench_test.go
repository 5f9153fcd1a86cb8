package bftcore_test

import (
	"fmt"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// BenchmarkCluster orders requests of 256 bytes through three (five) cores in one goroutine, without I/O: the
// cost of the cores, the encoding and the digests alone ("cores"), and with genuine enclaves ("MACs").
// Each turn submits a number of requests, as many closed-loop clients would.
func BenchmarkCluster(b *testing.B) {
	for _, n := range []int{3, 5} {
		for _, clients := range []int{1, 128} {
			for _, macs := range []bool{false, true} {
				name := fmt.Sprintf("n=%d/clients=%d/cores", n, clients)
				if macs {
					name = fmt.Sprintf("n=%d/clients=%d/MACs", n, clients)
				}
				b.Run(name, func(b *testing.B) { benchmark(b, n, clients, macs) })
			}
		}
	}
}

func benchmark(b *testing.B, n, clients int, macs bool) {
	w := newWorld(n, func(*bftcore.Config) {})
	w.quiet = true
	raw := make([][]byte, b.N)
	for i := range raw {
		raw[i] = w.request("r", i%n, nil, 256).Raw
	}
	w.names = nil
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; {
		for j := 0; j < clients && i < b.N; j++ {
			w.hosts[i%n].core.Step(w.now, bftcore.Submit{Raw: raw[i]})
			i++
		}
		for w.busy(macs) {
		}
		w.now += millisecond
	}
	for end := w.now + 1000*millisecond; w.now < end && w.hosts[n-1].core.Counters().Requests < uint64(b.N); { // the last batch waits for more
		w.busy(macs)
		w.now += millisecond
	}
	b.StopTimer()
	if c := w.hosts[n-1].core.Counters(); c.Requests != uint64(b.N) {
		b.Fatalf("%d of %d requests executed", c.Requests, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}

// busy does one round of everything and reports whether there was anything.
func (w *world) busy(macs bool) bool {
	busy := w.arrive()
	for _, p := range w.hosts {
		busy = p.round(macs, true).busy || busy
	}
	return busy
}

// arrive gives all that is on its way to whom it is for, and reports whether there was anything.
func (w *world) arrive() bool {
	all := w.network
	w.network = nil
	for _, m := range all {
		w.hosts[m.to].core.Step(w.now, bftcore.Received{From: wire.ReplicaID(m.from), Raw: m.raw})
	}
	return len(all) > 0
}

// done is what a round did.
type done struct{ busy, sync bool }

// round does what a core asks for at once. The log is synced each time, or when that is asked for.
func (p *player) round(macs, syncs bool) done {
	r := p.core.Ready()
	for _, m := range r.Messages {
		p.emit(m)
	}
	p.calls = append(p.calls[:0], r.Calls...)
	did := done{busy: !r.Empty(), sync: r.Sync}
	if len(r.Execute) > 0 {
		p.applied = r.Execute[len(r.Execute)-1].Order
	}
	last := r.LastRecord
	p.core.Advance()
	if syncs || did.sync {
		p.core.Step(p.w.now, bftcore.Synced{Record: last})
	}
	p.core.Step(p.w.now, bftcore.Executed{Order: p.applied})
	for _, c := range p.calls {
		if _, lent := c.(bftcore.Reserve); lent {
			continue // an enclave need not use it
		}
		if macs {
			p.core.Step(p.w.now, p.ask(c))
		} else {
			p.core.Step(p.w.now, p.trust(c))
		}
	}
	return did
}

// trust is an enclave that computes nothing.
func (p *player) trust(c bftcore.Call) bftcore.Event {
	switch c := c.(type) {
	case bftcore.CertifyPrepare:
		d := wire.BatchDigest(wire.RequestDigests(c.Requests))
		x := p.certificate(wire.CertPrepare, wire.Position{View: c.View, Order: c.Order}, d)
		return bftcore.Prepared{Token: c.Token, Certificate: &x}
	case bftcore.CertifyCommit:
		x := p.certificate(wire.CertCommit, c.Prepare.New, c.Prepare.Digest)
		return bftcore.Committed{Token: c.Token, Certificate: &x}
	}
	v := c.(bftcore.Verify)
	ok := make([]bool, len(v.Certificates))
	for i := range ok {
		ok[i] = true
	}
	return bftcore.Verified{Token: v.Token, OK: ok}
}

func (p *player) certificate(k wire.CertKind, at wire.Position, d wire.Digest) wire.Certificate {
	return wire.Certificate{
		Kind: k, Founding: founding, Replica: p.config.Self, Incarnation: 1, Vector: p.set.Vector(), New: at,
		Digest: d,
	}
}

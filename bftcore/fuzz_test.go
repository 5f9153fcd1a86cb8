package bftcore_test

import (
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// FuzzCore plays events of every kind, in every order, most of them nonsense, between genuine ones: the core
// never panics, never polls, and never lets anything forged count.
func FuzzCore(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, []byte("anything"))
	f.Add([]byte{12, 12, 12, 0, 3, 12, 9, 12, 4, 12, 1}, []byte{byte(wire.KindProgress), wire.Version, 0, 0})
	f.Add([]byte{10, 1, 12, 74, 12, 138, 12, 139}, wire.Fetch{From: 1, To: 9}.Append(nil))
	f.Fuzz(func(t *testing.T, program, data []byte) {
		if len(program) > 200 {
			program = program[:200]
		}
		w := newWorld(3, func(c *bftcore.Config) { c.Window = 8 })
		w.quiet = true
		orders := map[uint64]string{}
		for i, op := range program {
			w.fuzz(op, data, i)
			for _, p := range w.hosts {
				p.step(bftcore.Tick{})
				if at := p.core.NextDeadline(); at != 0 && at <= w.now {
					t.Fatalf("replica %d has a deadline at %d, it is %d", p.id, at, w.now)
				}
				for _, r := range p.log {
					if r.Kind != bftcore.RecordPrepare {
						continue
					}
					if old, ok := orders[r.Order]; ok && old != string(r.Body) {
						t.Fatalf("two PREPAREs in logs at order %d", r.Order)
					}
					orders[r.Order] = string(r.Body)
				}
			}
		}
	})
}

func (w *world) fuzz(op byte, data []byte, i int) {
	p := w.hosts[int(op>>4)%3]
	token := uint64(i % 7)
	junk := wire.Certificate{Kind: wire.CertCommit, Founding: founding, Vector: []uint32{1, 1, 1},
		New: wire.Position{Order: token}}
	switch op % 15 {
	case 0:
		p.step(bftcore.Received{From: wire.ReplicaID(op >> 6), Raw: data})
	case 1:
		p.step(bftcore.Submit{Raw: data, Retransmit: op > 100})
	case 2:
		p.step(bftcore.Prepared{Token: token, Certificate: &junk, Invalid: []int{-1, int(op), 1 << 40}})
	case 3:
		p.step(bftcore.Prepared{Token: token, Invalid: []int{int(op)}})
	case 4:
		p.step(bftcore.Committed{Token: token, Certificate: &junk})
	case 5:
		p.step(bftcore.Verified{Token: token, OK: make([]bool, op%5)})
	case 6:
		p.step(bftcore.BodyHeld{Body: wire.Sum(data)})
	case 7:
		p.step(bftcore.Executed{Order: uint64(op) << (op % 60)})
	case 8:
		p.step(bftcore.Loaded{To: wire.ReplicaID(op), Bytes: -int(op)})
	case 9:
		w.now += bftcore.Time(op) * millisecond
	case 10:
		p.step(bftcore.Submit{Raw: w.request("r", p.id, nil, 0).Raw})
	case 11: // a message that is on its way, changed in one byte
		if len(w.network) > 0 && len(data) > 0 {
			m := w.network[i%len(w.network)]
			raw := append([]byte(nil), m.raw...)
			raw[int(data[0])*len(raw)/256] ^= op
			w.hosts[m.to].step(bftcore.Received{From: wire.ReplicaID(m.from), Raw: raw})
		}
	case 13:
		p.want(w.request("own", p.id, nil, 0), false)
	case 14:
		junk.Kind = wire.CertPrepare
		p.step(bftcore.Proposed{Certificate: junk, Requests: [][]byte{data, w.request("junk", p.id, nil, 0).Raw}})
	case 12:
		all := w.network
		w.network = nil
		w.deliver(all)
		for _, h := range w.hosts {
			h.answer()
			h.sync()
		}
	}
}

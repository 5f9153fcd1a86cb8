package liar

import (
	"bytes"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// prepares makes a lie out of a change to each PREPARE that leaves.
func prepares(change func(l *Liar, x letter, p *wire.Prepare) []letter) func(*Liar, letter) []letter {
	return func(l *Liar, x letter) []letter {
		p, err := wire.DecodePrepare(x.frame)
		if !isKind(x.frame, wire.KindPrepare) || err != nil {
			return []letter{x}
		}
		l.told.Add(1)
		return change(l, x, &p)
	}
}

var leaderLies = []Lie{
	{Name: "equivocates", Leads: true, Does: "proposes different batches at one order to different replicas",
		toPeer: prepares(func(l *Liar, x letter, p *wire.Prepare) []letter {
			if x.to%2 == 1 {
				return []letter{x}
			}
			if q := l.requests(); len(q) > 0 {
				p.Requests = q
			}
			p.Certificate.Digest = wire.BatchDigest(wire.RequestDigests(p.Requests))
			return []letter{{x.to, wire.AppendPrepare(nil, &p.Certificate, p.Requests)}}
		}),
		toEnclave: func(l *Liar, f []byte) [][]byte {
			c, err := boundary.DecodeCertifyPrepare(f)
			if !isKind(f, boundary.KindCertifyPrepare) || err != nil || len(c.Items) == 0 {
				return one(f)
			}
			l.token++
			second := boundary.CertifyPrepare{Token: l.token, Position: c.Position, Items: append(c.Items[1:], c.Items[0], c.Items[0])}
			return l.tell(f, second.Append(nil)) // both at one position
		}},
	{Name: "invalid-macs", Leads: true, Does: "sends its batches with a request whose MAC is wrong, to one replica",
		Progress: true,
		toPeer: prepares(func(l *Liar, x letter, p *wire.Prepare) []letter {
			if x.to%2 == 1 || len(p.Requests) == 0 {
				return []letter{x}
			}
			frame := append([]byte(nil), x.frame...)
			q := &p.Requests[l.rng.IntN(len(p.Requests))]
			frame[bytes.Index(frame, q.MAC[:])] ^= 1
			return []letter{{x.to, frame}}
		})},
	{Name: "proposes-to-one", Leads: true, Does: "shows its proposals to one replica only", Progress: true,
		toPeer: prepares(func(_ *Liar, x letter, _ *wire.Prepare) []letter {
			if x.to%2 == 1 {
				return []letter{x}
			}
			return nil
		})},
	{Name: "proposes-nothing", Leads: true, Does: "sends no proposals",
		toPeer: prepares(func(_ *Liar, _ letter, _ *wire.Prepare) []letter { return nil })},
	{Name: "proposes-inventions", Leads: true, Does: "asks for certificates of batches with requests that no enclave made",
		toEnclave: func(l *Liar, f []byte) [][]byte {
			c, err := boundary.DecodeCertifyPrepare(f)
			if !isKind(f, boundary.KindCertifyPrepare) || err != nil || len(c.Items) == 0 {
				return one(f)
			}
			c.Items[l.rng.IntN(len(c.Items))].MAC[3] ^= 1
			return l.tell(c.Append(nil))
		}},
	{Name: "skips-orders", Leads: true, Does: "asks for certificates of later orders than the next",
		toEnclave: func(l *Liar, f []byte) [][]byte {
			c, err := boundary.DecodeCertifyPrepare(f)
			if !isKind(f, boundary.KindCertifyPrepare) || err != nil {
				return one(f)
			}
			c.Position.Order += 1 + uint64(l.rng.IntN(3))
			return l.tell(c.Append(nil))
		}},
}

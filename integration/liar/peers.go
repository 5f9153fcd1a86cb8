package liar

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

var peerLies = []Lie{
	{Name: "garbage-to-peers", Does: "alters, cuts or lengthens what it sends to its peers",
		toPeer: func(l *Liar, x letter) []letter {
			if l.rng.IntN(2) == 0 {
				return []letter{x}
			}
			return l.tellPeers(letter{x.to, l.mutate(x.frame)})
		}},
	{Name: "misdirects", Does: "sends one peer what is for another",
		toPeer: func(l *Liar, x letter) []letter {
			return l.tellPeers(letter{(x.to + 1) % l.n, x.frame}, letter{(x.to + 2) % l.n, x.frame})
		}},
	{Name: "false-progress", Does: "says that it has everything, or nothing",
		toPeer: func(l *Liar, x letter) []letter {
			p, err := wire.DecodeProgress(x.frame)
			if !isKind(x.frame, wire.KindProgress) || err != nil {
				return []letter{x}
			}
			p.Prepared, p.Executed, p.Synced = 0, 0, 0
			if l.rng.IntN(2) == 0 {
				p.Prepared, p.Executed, p.Synced = wire.MaxNumber, wire.MaxNumber, wire.MaxNumber
			}
			return l.tellPeers(letter{x.to, p.Append(nil)})
		},
		act: func(l *Liar) {
			high := wire.Progress{Prepared: wire.MaxNumber, Executed: uint64(l.rng.IntN(1 << 20))}
			l.told.Add(1)
			l.post(letter{l.other(), high.Append(nil)})
		}},
	{Name: "forged-certificates", Does: "invents certificates of others, of other batches and other orders",
		act: func(l *Liar) {
			for range 10 {
				if f := l.forge(); f != nil {
					l.told.Add(1)
					l.post(letter{l.other(), f})
				}
			}
		}},
	{Name: "altered-replies", Does: "alters and misdirects its enclave's replies to peers",
		fromEnclave: func(l *Liar, f []byte) [][]byte {
			to, message, err := boundary.DecodeSend(f)
			if !isKind(f, boundary.KindSendReplies, boundary.KindSendStored) || err != nil {
				return one(f)
			}
			kind := boundary.Kind(f[0])
			if l.rng.IntN(2) == 0 {
				return l.tell(boundary.AppendSend(nil, kind, to, l.mutate(message)))
			}
			if to = wire.ReplicaID((int(to) + 1) % l.n); int(to) == l.self {
				to = wire.ReplicaID((l.self + 1) % l.n)
			}
			return l.tell(boundary.AppendSend(nil, kind, to, message))
		}},
}

// forge makes a well-formed PREPARE or COMMIT without a genuine MAC out of one that passed by.
func (l *Liar) forge() []byte {
	f := l.kind(&l.around, byte(wire.KindPrepare), byte(wire.KindCommit))
	change := func(c *wire.Certificate) {
		switch l.rng.IntN(4) {
		case 0:
			c.New.Order += uint64(l.rng.IntN(3))
		case 1:
			c.Digest = wire.Digest(l.noise(32))
		case 2:
			c.Incarnation++
			c.Vector[l.rng.IntN(len(c.Vector))]++
		default:
			c.Replica = wire.ReplicaID(l.rng.IntN(l.n))
		}
	}
	if m, err := wire.DecodeCommit(f); err == nil {
		change(&m.Certificate)
		if l.rng.IntN(2) == 0 {
			change(&m.Prepare)
			m.Prepare.New, m.Prepare.Digest = m.Certificate.New, m.Certificate.Digest
		}
		return wire.AppendCommit(nil, &m.Certificate, &m.Prepare)
	}
	if p, err := wire.DecodePrepare(f); err == nil {
		change(&p.Certificate)
		return wire.AppendPrepare(nil, &p.Certificate, p.Requests)
	}
	return nil
}

var startLies = []Lie{
	{Name: "false-frontier", AtStart: true, Does: "shows its enclave a frontier that no enclave certified",
		toEnclave: start(func(l *Liar, s *boundary.Start) {
			for i := range s.Certificates {
				s.Certificates[i].New.Order += 1000
			}
			if len(s.Frontier) > 0 {
				s.Frontier[len(s.Frontier)-1]++
			}
		})},
	{Name: "old-frontier", AtStart: true, Does: "shows its enclave no frontier, as if it had never certified",
		toEnclave: start(func(_ *Liar, s *boundary.Start) { s.Frontier, s.Certificates = nil, nil })},
	{Name: "repeated-boot", AtStart: true, Does: "gives a boot number again",
		toEnclave: start(func(_ *Liar, s *boundary.Start) { s.Boot = 1 })},
	{Name: "repeated-start", Does: "starts its enclave again and again",
		act: func(l *Liar) {
			s := boundary.Start{Boot: 1 + l.rng.Uint32N(1000)}
			_ = l.enclave.Send(l.tell(s.Append(nil))...)
		}},
}

func start(change func(l *Liar, s *boundary.Start)) func(*Liar, []byte) [][]byte {
	return func(l *Liar, f []byte) [][]byte {
		s, err := boundary.DecodeStart(f)
		if !isKind(f, boundary.KindStart) || err != nil {
			return one(f)
		}
		change(l, &s)
		return l.tell(s.Append(nil))
	}
}

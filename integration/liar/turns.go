package liar

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// silence drops frames of the kinds; of all when none is named.
func silence[K ~uint8](kinds ...K) func(*Liar, []byte) [][]byte {
	return func(l *Liar, frame []byte) [][]byte {
		if len(kinds) == 0 || isKind(frame, kinds...) {
			return l.tell()
		}
		return one(frame)
	}
}

var turnLies = []Lie{
	{Name: "silent-to-its-enclave", Does: "tells its enclave nothing", toEnclave: silence[boundary.Kind]()},
	{Name: "silent-about-results", Does: "reports no results", toEnclave: silence(boundary.KindExecuted)},
	{Name: "silent-about-replies", Does: "delivers no replies of peers", toEnclave: silence(boundary.KindReplies, boundary.KindBodyStored)},
	{Name: "deaf-to-its-enclave", Does: "does nothing that its enclave asks for", fromEnclave: silence[boundary.Kind]()},
	{Name: "drops-requests", Does: "orders nothing for its own clients", fromEnclave: silence(boundary.KindRequest)},
	{Name: "drops-replies", Does: "sends no replies to peers", fromEnclave: silence(boundary.KindSendReplies, boundary.KindSendStored)},
	{Name: "silent-to-peers", Does: "sends its peers nothing",
		toPeer: func(l *Liar, _ letter) []letter { return l.tellPeers() }},
	{Name: "deaf-to-peers", Does: "hears nothing of its peers", deaf: true},
	{Name: "duplicates", Does: "says everything twice, to everybody",
		toEnclave:   func(l *Liar, f []byte) [][]byte { return l.tell(f, f) },
		fromEnclave: func(l *Liar, f []byte) [][]byte { return l.tell(f, f) },
		toPeer:      func(l *Liar, x letter) []letter { return l.tellPeers(x, x) }},
	{Name: "reorders", Does: "says everything later and in another order",
		toEnclave: func(l *Liar, f []byte) [][]byte {
			l.told.Add(1)
			l.held = append(l.held, append([]byte(nil), f...))
			if len(l.held) >= maxHeld {
				l.release()
			}
			return nil
		},
		toPeer: func(l *Liar, x letter) []letter {
			l.told.Add(1)
			x.frame = append([]byte(nil), x.frame...)
			l.heldFor = append(l.heldFor, x)
			if len(l.heldFor) >= maxHeld {
				l.release()
			}
			return nil
		}},
	{Name: "replays", Does: "repeats whatever was ever said, to its enclave and its peers",
		act: func(l *Liar) {
			for range 20 {
				if f := l.any(&l.to); f != nil {
					_ = l.enclave.Send(l.tell(f)...)
				}
				l.post(letter{l.other(), l.any(&l.around)})
			}
		}},
	{Name: "answers-unasked", Does: "answers what its enclave did not ask, and asks what makes no sense",
		act: func(l *Liar) {
			for range 20 {
				f := l.kind(&l.to, byte(boundary.KindRecord), byte(boundary.KindHostStatus), byte(boundary.KindVerify))
				if len(f) > 10 {
					f = append([]byte(nil), f...)
					copy(f[2:10], l.noise(8)) // the token
					_ = l.enclave.Send(l.tell(f)...)
				}
			}
		}},
	{Name: "wrong-questions", Does: "asks its enclave for certificates that it must not give",
		act: func(l *Liar) {
			for range 10 {
				if f := l.wrongQuestion(); f != nil {
					_ = l.enclave.Send(l.tell(f)...)
				}
			}
		},
		fromEnclave: func(l *Liar, f []byte) [][]byte {
			if c, err := boundary.DecodeCertified(f); isKind(f, boundary.KindCertified) && err == nil && c.Token >= 1<<60 {
				return nil // its own; the host did not ask
			}
			return one(f)
		}},
	{Name: "altered-requests", Does: "alters the requests of its own enclave",
		fromEnclave: func(l *Liar, f []byte) [][]byte {
			if isKind(f, boundary.KindRequest) {
				return l.tell(l.mutate(f))
			}
			return one(f)
		}},
}

// wrongQuestion makes a question out of a former one: for another position, another batch, another part.
func (l *Liar) wrongQuestion() []byte {
	l.token++
	f := l.kind(&l.to, byte(boundary.KindCertifyCommit), byte(boundary.KindCertifyPrepare))
	if c, err := boundary.DecodeCertifyCommit(f); isKind(f, boundary.KindCertifyCommit) && err == nil {
		c.Token = l.token
		switch l.rng.IntN(5) {
		case 0:
			c.Prepare.New.Order += uint64(l.rng.IntN(5))
		case 1:
			c.Prepare.Digest = wire.Digest(l.noise(32))
		case 2:
			c.Items = append(c.Items, c.Items...)
		case 3:
			p := boundary.CertifyPrepare{Token: l.token, Position: c.Prepare.New, Items: c.Items}
			return p.Append(nil)
		}
		return c.Append(nil)
	}
	if p, err := boundary.DecodeCertifyPrepare(f); isKind(f, boundary.KindCertifyPrepare) && err == nil {
		p.Token = l.token
		switch l.rng.IntN(3) {
		case 0:
			p.Position.Order += uint64(2 + l.rng.IntN(5))
		case 1:
			p.Items = p.Items[:len(p.Items)/2]
		default:
			p.Position.Order -= min(p.Position.Order, uint64(l.rng.IntN(3)))
		}
		return p.Append(nil)
	}
	return nil
}

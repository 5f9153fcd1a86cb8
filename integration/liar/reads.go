package liar

import (
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

var readLies = []Lie{
	{Name: "silent-about-validations", Does: "carries no questions of validated reads and no answers",
		fromEnclave: silence(boundary.KindSendCache), toEnclave: silence(boundary.KindCache)},
	{Name: "altered-validations", Does: "alters and misdirects the questions and answers of validated reads",
		fromEnclave: func(l *Liar, f []byte) [][]byte {
			to, message, err := boundary.DecodeSend(f)
			if !isKind(f, boundary.KindSendCache) || err != nil {
				return one(f)
			}
			switch l.rng.IntN(3) {
			case 0:
				return l.tell(boundary.AppendSend(nil, boundary.KindSendCache, to, l.mutate(message)))
			case 1:
				return l.tell(boundary.AppendSend(nil, boundary.KindSendCache, wire.ReplicaID(l.other()), message))
			}
			return one(f)
		},
		toEnclave: func(l *Liar, f []byte) [][]byte {
			if !isKind(f, boundary.KindCache) {
				return one(f)
			}
			return l.tell(l.mutate(f), f, f)
		}},
	{Name: "replayed-validations", Does: "gives its enclave old questions and answers in place of new ones",
		toEnclave: func(l *Liar, f []byte) [][]byte {
			if !isKind(f, boundary.KindCache) {
				return one(f)
			}
			return l.tell(l.kind(&l.to, byte(boundary.KindCache)))
		}},
	{Name: "wrong-peeks", Does: "answers unordered reads with other content",
		toEnclave: func(l *Liar, f []byte) [][]byte {
			p, err := boundary.DecodePeeked(f)
			if !isKind(f, boundary.KindPeeked) || err != nil {
				return one(f)
			}
			if len(p.Payload) > 0 && (len(p.Evidence) == 0 || l.rng.IntN(2) == 0) {
				p.Payload = slices.Clone(p.Payload)
				p.Payload[l.rng.IntN(len(p.Payload))] ^= 1 << l.rng.IntN(8)
			} else {
				p.Evidence = l.mutate(p.Evidence)
			}
			return l.tell(p.Append(nil))
		}},
	{Name: "late-peeks", Does: "answers unordered reads late: the state goes on between two of one command",
		toEnclave: func(l *Liar, f []byte) [][]byte {
			if !isKind(f, boundary.KindPeeked) || len(l.late) >= maxHeld {
				return one(f)
			}
			l.late = append(l.late, slices.Clone(f))
			return l.tell()
		},
		act: func(l *Liar) {
			if l.rng.IntN(4) == 0 {
				l.held, l.late = append(l.held, l.late...), nil
			}
		}},
	{Name: "reports-reads-alone", Does: "reports the results of reads and withholds those of writes",
		toEnclave: func(l *Liar, f []byte) [][]byte {
			e, err := boundary.DecodeExecuted(f)
			if !isKind(f, boundary.KindExecuted) || err != nil {
				return one(f)
			}
			e.Results = slices.DeleteFunc(e.Results, func(x boundary.ExecutedItem) bool {
				q, err := wire.DecodeRequestHeader(x.Item.Header)
				return err == nil && !q.ReadOnly()
			})
			return l.tell(e.Append(nil))
		}},
	{Name: "withholds-writes", Does: "withholds from its enclave the results of writes that others asked for",
		toEnclave: othersWritesWithheld},
	{Name: "withholds-writes-and-marks", Does: "does that, and carries no messages by which its enclave could find out",
		fromEnclave: silence(boundary.KindSendCache),
		toEnclave: func(l *Liar, f []byte) [][]byte {
			if isKind(f, boundary.KindCache) {
				return l.tell()
			}
			return othersWritesWithheld(l, f)
		}},
	{Name: "old-digests", Does: "reports the digests that keys had when it first reported them",
		toEnclave: func(l *Liar, f []byte) [][]byte {
			e, err := boundary.DecodeExecuted(f)
			if !isKind(f, boundary.KindExecuted) || err != nil {
				return one(f)
			}
			for i := range e.Results {
				for j := range e.Results[i].Head.Touched {
					t := &e.Results[i].Head.Touched[j]
					if first, ok := l.digests[t.Key]; ok {
						t.Digest = first
					} else {
						l.digests[t.Key] = t.Digest
					}
				}
			}
			return l.tell(e.Append(nil))
		}},
}

// othersWritesWithheld leaves its own clients nothing to complain of, and keeps news from them.
func othersWritesWithheld(l *Liar, f []byte) [][]byte {
	e, err := boundary.DecodeExecuted(f)
	if !isKind(f, boundary.KindExecuted) || err != nil {
		return one(f)
	}
	all := len(e.Results)
	e.Results = slices.DeleteFunc(e.Results, func(x boundary.ExecutedItem) bool {
		q, err := wire.DecodeRequestHeader(x.Item.Header)
		return err == nil && !q.ReadOnly() && int(q.ID.Origin) != l.self
	})
	if len(e.Results) == all {
		return one(f)
	}
	return l.tell(e.Append(nil))
}

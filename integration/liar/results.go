package liar

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// executed makes a lie out of a change to each report of results.
func executed(change func(l *Liar, e *boundary.Executed)) func(*Liar, []byte) [][]byte {
	return func(l *Liar, frame []byte) [][]byte {
		e, err := boundary.DecodeExecuted(frame)
		if !isKind(frame, boundary.KindExecuted) || err != nil {
			return one(frame)
		}
		change(l, &e)
		return l.tell(e.Append(nil))
	}
}

// each makes a change of a report out of a change of each result.
func each(change func(l *Liar, x *boundary.ExecutedItem)) func(*Liar, *boundary.Executed) {
	return func(l *Liar, e *boundary.Executed) {
		for i := range e.Results {
			change(l, &e.Results[i])
		}
	}
}

// falsify makes a result another one that is whole in itself.
func falsify(l *Liar, x *boundary.ExecutedItem) {
	x.Payload = append(append([]byte(nil), x.Payload...), byte(l.rng.Uint32()))
	x.Head.PayloadDigest = wire.Sum(x.Payload)
}

var resultLies = []Lie{
	{Name: "wrong-results", Does: "reports other results than it computed", toEnclave: executed(each(falsify))},
	{Name: "wrong-status", Does: "reports that commands were refused, or were not",
		toEnclave: executed(each(func(l *Liar, x *boundary.ExecutedItem) {
			x.Head.Status = wire.Status(l.rng.IntN(14))
			x.Payload = nil
			x.Head.PayloadDigest = wire.Sum(nil)
		}))},
	{Name: "wrong-payloads", Does: "reports true digests with other payloads",
		toEnclave: executed(each(func(l *Liar, x *boundary.ExecutedItem) { x.Payload = l.noise(100) }))},
	{Name: "wrong-digests", Does: "reports digests of results and keys that nothing has",
		toEnclave: executed(each(func(l *Liar, x *boundary.ExecutedItem) {
			x.Head.PayloadDigest = wire.Digest(l.noise(32))
			for i := range x.Head.Touched {
				x.Head.Touched[i].Digest = wire.Digest(l.noise(32))
			}
		}))},
	{Name: "foreign-keys", Does: "reports that requests touched keys that they do not name",
		toEnclave: executed(each(func(l *Liar, x *boundary.ExecutedItem) {
			x.Head.Touched = append(x.Head.Touched, wire.KeyDigest{Key: wire.Key{Kind: wire.KeyMailbox, Mailbox: l.rng.Uint32()}})
		}))},
	{Name: "wrong-orders", Does: "reports true results at other orders",
		toEnclave: executed(func(l *Liar, e *boundary.Executed) { e.Order += uint64(1 + l.rng.IntN(3)) })},
	{Name: "old-orders", Does: "reports true results at earlier orders",
		toEnclave: executed(func(l *Liar, e *boundary.Executed) {
			e.Order = max(1, e.Order-1)
			for i := range e.Results {
				e.Results[i].Depends = min(e.Results[i].Depends, e.Order)
			}
		})},
	{Name: "absurd-orders", Does: "reports orders that cannot be",
		toEnclave: executed(func(l *Liar, e *boundary.Executed) { e.Order = wire.MaxNumber + uint64(l.rng.IntN(2)) })},
	{Name: "claims-durable", Does: "says that everything is durable",
		toEnclave: executed(func(_ *Liar, e *boundary.Executed) { e.DurableUpTo = wire.MaxNumber })},
	{Name: "claims-no-dependence", Does: "says that results depend on nothing",
		toEnclave: executed(each(func(_ *Liar, x *boundary.ExecutedItem) { x.Depends = 0 }))},
	{Name: "results-of-others", Does: "reports the result of one request for another",
		toEnclave: executed(func(l *Liar, e *boundary.Executed) {
			old, err := boundary.DecodeExecuted(l.kind(&l.to, byte(boundary.KindExecuted)))
			for i := range e.Results {
				if err == nil && len(old.Results) > 0 {
					x := &old.Results[l.rng.IntN(len(old.Results))]
					e.Results[i].Head, e.Results[i].Payload = x.Head, x.Payload
				}
			}
		})},
	{Name: "second-word", Does: "reports a false result first or after the true one",
		toEnclave: func(l *Liar, frame []byte) [][]byte {
			e, err := boundary.DecodeExecuted(frame)
			if !isKind(frame, boundary.KindExecuted) || err != nil {
				return one(frame)
			}
			each(falsify)(l, &e)
			if l.rng.IntN(2) == 0 {
				return l.tell(e.Append(nil), frame)
			}
			return l.tell(frame, e.Append(nil))
		}},
	{Name: "results-of-nobody", Does: "reports results of requests that no enclave made",
		toEnclave: executed(each(func(l *Liar, x *boundary.ExecutedItem) {
			if l.rng.IntN(2) == 0 {
				x.Item.MAC[0] ^= 1
			} else {
				x.Item.Header = l.mutate(x.Item.Header)
			}
		}))},
	{Name: "forged-replies", Does: "delivers replies of other replicas that it made up or altered",
		toEnclave: func(l *Liar, frame []byte) [][]byte {
			if !isKind(frame, boundary.KindReplies, boundary.KindBodyStored) {
				return one(frame)
			}
			out := l.tell(l.mutate(frame))
			if set, err := wire.DecodeReplySet(boundary.PeerMessage(frame)); err == nil {
				lie := wire.Result{Payload: []byte("made up")} // the same for all: a quorum of forged votes
				set.DurableUpTo = wire.MaxNumber
				for r := range l.n {
					set.Replica = wire.ReplicaID(r)
					for i := range set.Entries {
						set.Entries[i].Result, set.Entries[i].FullBytes = lie.Digest(), lie.Append(nil)
					}
					m := wire.AppendReplySet(nil, set.AppendReplySigned(nil), set.MAC, set.Entries)
					out = append(out, boundary.AppendPeer(nil, boundary.KindReplies, m))
				}
			}
			return out
		}},
	{Name: "lying-status", Does: "lies about how it fares, to people",
		toEnclave: func(l *Liar, frame []byte) [][]byte {
			s, err := boundary.DecodeHostStatus(frame)
			if !isKind(frame, boundary.KindHostStatus) || err != nil {
				return one(frame)
			}
			s.Facts.Executed, s.Facts.Known, s.Facts.Peers = wire.MaxNumber, 0, nil
			s.Facts.Alarms = append(s.Facts.Alarms, boundary.Alarm{Code: 999, Count: 1 << 63})
			return l.tell(s.Append(nil))
		}},
}

package liar

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

var floodLies = []Lie{
	{Name: "garbage-to-its-enclave", Does: "sends its enclave noise of every kind",
		act: func(l *Liar) {
			for range 50 {
				f := append([]byte{byte(l.rng.IntN(80)), wire.Version}, l.noise(l.rng.IntN(2000))...)
				if seen := l.any(&l.to); l.rng.IntN(2) == 0 && seen != nil {
					f = l.mutate(seen)
				}
				_ = l.enclave.Send(l.tell(f)...)
			}
		}},
	{Name: "floods-its-enclave", Does: "sends its enclave as much as the link takes",
		act: func(l *Liar) {
			big := append([]byte{byte(boundary.KindReplies), wire.Version}, l.noise(256<<10)...)
			for range 8 {
				_ = l.enclave.Send(l.tell(big)...)
			}
			for range 200 {
				p := wire.Piece{Body: wire.Digest(l.noise(32)), Total: wire.MaxBodyBytes, Bytes: l.noise(64)}
				r := boundary.Record{Token: l.rng.Uint64(), Piece: p}
				_ = l.enclave.Send(boundary.AppendReadBack(nil, wire.ReplicaID(l.rng.IntN(l.n)), p), r.Append(nil))
			}
		}},
	{Name: "floods-requests", Does: "sends its peers requests that no enclave made, without end",
		act: func(l *Liar) {
			requests := l.requests()
			for i := range requests {
				q := &requests[i]
				id := q.ID
				id.Sequence += uint64(l.rng.IntN(1 << 20))
				header := wire.AppendRequestHeader(nil, id, 0, q.Keys, q.Bodies, q.Command)
				raw := wire.AppendRequest(nil, header, wire.MAC(l.noise(32)), q.Command)
				if made, err := wire.DecodeRequest(raw); err == nil {
					requests[i] = made
				}
			}
			for range 20 {
				if len(requests) > 0 {
					l.told.Add(1)
					l.post(letter{l.other(), wire.AppendForward(nil, requests)})
				}
			}
		}},
	{Name: "floods-fetches", Does: "asks its peers for everything, again and again",
		act: func(l *Liar) {
			for range 50 {
				l.told.Add(1)
				from := 1 + uint64(l.rng.IntN(1000))
				l.post(letter{l.other(), wire.Fetch{From: from, To: from + uint64(l.rng.IntN(5000))}.Append(nil)})
				if q := l.requests(); len(q) > 0 && len(q[0].Bodies) > 0 {
					l.post(letter{l.other(), wire.Fetch{Body: q[0].Bodies[0]}.Append(nil)})
				}
			}
		}},
	{Name: "floods-bodies", Does: "pushes bodies to its peers that nobody wants, whole and in part",
		act: func(l *Liar) {
			to := l.other()
			b := l.noise(wire.InlineBodyBytes + 1)
			whole := wire.Piece{Body: wire.Sum(b), Total: uint64(len(b)), Bytes: b}
			part := wire.Piece{Body: wire.Digest(l.noise(32)), Total: wire.MaxBodyBytes, Bytes: b[:1000]}
			l.told.Add(1)
			l.post(letter{to, whole.Append(nil, wire.KindBody)})
			l.post(letter{to, part.Append(nil, wire.KindBody)})
			l.post(letter{to, part.Append(nil, wire.KindFetched)})
		}},
	{Name: "floods-frames", Does: "sends its peers noise without end",
		act: func(l *Liar) {
			for range 100 {
				l.told.Add(1)
				f := append([]byte{byte(l.rng.IntN(30)), wire.Version}, l.noise(l.rng.IntN(3000))...)
				l.post(letter{l.other(), f})
			}
		}},
}

// requests returns requests that passed by lately.
func (l *Liar) requests() []wire.Request {
	f := l.kind(&l.around, byte(wire.KindPrepare), byte(wire.KindForward))
	if p, err := wire.DecodePrepare(f); err == nil {
		return p.Requests
	}
	q, _ := wire.DecodeForward(f)
	return q
}

package validate

import (
	"troxymail/bftcore/wire"
	"troxymail/cache/index"
)

// Answer answers a CACHE-Q of another enclave from x, now; false when it is not authentic, of another founding, or
// of an incarnation that is known to be dead.
func (a *Asker) Answer(x *index.Index, message []byte) (Message, bool) {
	q, err := wire.DecodeCacheQuery(message)
	if err != nil || q.Founding != a.o.Self.Founding || int(q.Replica) >= a.o.Group.N() || q.Replica == a.o.Self.Replica {
		a.counters.Foreign++
		return Message{}, false
	}
	if !a.queries.Verify(q.Signed, q.MAC) {
		a.counters.BadMAC++
		return Message{}, false
	}
	vector := a.o.Vector()
	if vector[q.Replica] > q.Incarnation {
		a.counters.Foreign++
		return Message{}, false
	}
	m := wire.CacheReply{
		Founding: a.o.Self.Founding, Replica: a.o.Self.Replica, Incarnation: a.o.Self.Number, Vector: vector,
		Query: wire.Sum(q.Signed), Verdicts: make([]wire.Verdict, len(q.Questions)),
	}
	for i := range q.Questions {
		m.Verdicts[i] = x.Answer(q.Questions[i])
	}
	a.counters.Answered += uint64(len(q.Questions))
	signed := m.AppendSigned(nil)
	return Message{To: q.Replica, Bytes: wire.AppendMACed(make([]byte, 0, len(signed)+32), signed, a.replies.Sum(signed))}, true
}

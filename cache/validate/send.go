package validate

import (
	"cmp"
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

type question struct {
	ticket  uint64
	attempt int
	avoid   int // the peer that is rather not asked; nobody when it is below 0
	class   wire.KeyKind
	keys    []wire.KeyVersion // until it is sent
}

// round is one CACHE-Q that was sent to f peers.
type round struct {
	query     wire.Digest
	sent      int64
	questions []question
	left      int              // undecided questions
	decided   []bool           // by question
	asked     []wire.ReplicaID // the peers
	answers   []answer         // one a peer at most
}

type answer struct {
	witness  quorum.Witness
	verdicts []wire.Verdict
}

// expects reports whether the peer was asked and has not answered.
func (r *round) expects(peer wire.ReplicaID) bool {
	for i := range r.answers {
		if r.answers[i].witness.Replica == peer {
			return false
		}
	}
	for _, to := range r.asked {
		if to == peer {
			return true
		}
	}
	return false
}

// Flush sends what waits, unless that is held back: see NextDeadline for when to call it again.
func (a *Asker) Flush(now int64) []Message {
	a.now = now
	if a.heldUntil() > now {
		return nil
	}
	var out []Message
	slices.SortStableFunc(a.waiting, func(x, y question) int { return cmp.Compare(x.avoid, y.avoid) })
	for len(a.waiting) > 0 {
		n := 1
		for n < min(len(a.waiting), wire.MaxCacheQuestions) && a.waiting[n].avoid == a.waiting[0].avoid {
			n++
		}
		out = append(out, a.send(now, a.waiting[:n:n])...)
		a.waiting = a.waiting[n:]
	}
	a.waiting = nil
	return out
}

// heldUntil is until when the questions that wait are held back; 0 for not at all.
//
// One that finds few messages under way goes at once: where few wait, a message more costs less than being woken apart. Else
// it waits until one that is under way is decided, for as long as answers take lately and no longer than maxHold: so those
// of many sessions share a message, its MACs and its way through two hosts, which cost more than all else of a read. What
// a question is about was snapshot when it was asked; that it is compared a moment later is as if its message had
// travelled for longer.
func (a *Asker) heldUntil() int64 {
	if len(a.waiting) == 0 || len(a.waiting) >= wire.MaxCacheQuestions || len(a.rounds) < maxFlying {
		return 0
	}
	return a.byAge[len(a.byAge)-1].sent + min(a.patience, int64(maxHold))
}

func (a *Asker) send(now int64, questions []question) []Message {
	a.number++
	q := wire.CacheQuery{
		Founding: a.o.Self.Founding, Replica: a.o.Self.Replica, Incarnation: a.o.Self.Number,
		Run: a.o.Run, Number: a.number, Questions: make([][]wire.KeyVersion, len(questions)),
	}
	for i := range questions {
		q.Questions[i], questions[i].keys = questions[i].keys, nil // the message has them from here on
	}
	signed := q.AppendSigned(nil)
	message := wire.AppendMACed(make([]byte, 0, len(signed)+32), signed, a.queries.Sum(signed))
	r := &round{
		query: wire.Sum(signed), sent: now, questions: questions, left: len(questions), decided: make([]bool, len(questions)),
		asked: a.peers.choose(now, a.o.Group.F(), questions[0].avoid),
	}
	a.rounds[r.query] = r
	a.byAge = append(a.byAge, r)
	out := make([]Message, len(r.asked))
	for i, to := range r.asked {
		out[i] = Message{To: to, Bytes: message}
	}
	return out
}

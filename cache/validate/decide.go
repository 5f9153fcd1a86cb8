package validate

import (
	"slices"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// Outcome is how a question ended.
type Outcome uint8

// The outcomes. Only Valid lets anything be shown.
const (
	Valid    Outcome = 1 // f other enclaves know the same, durably
	Conflict Outcome = 2 // one does not
	TimedOut Outcome = 3 // not all of them answered in time
	Again    Outcome = 4 // one of the two is a moment behind: ask again, with a new snapshot
)

// Decision is the end of a question.
type Decision struct {
	Ticket  uint64
	Outcome Outcome
	Verdict wire.Verdict // of the peer that did not agree, with Conflict and Again
	// Peer is that peer. With Again and another verdict than wire.VerdictNewer it is the one that is behind: AskOthers.
	Peer wire.ReplicaID
}

// OnReply takes a CACHE-A and returns what it decides. What does not hold is dropped and counted.
func (a *Asker) OnReply(now int64, message []byte) []Decision {
	a.now = now
	m, err := wire.DecodeCacheReply(message)
	if err != nil || m.Founding != a.o.Self.Founding || int(m.Replica) >= a.o.Group.N() || len(m.Vector) != a.o.Group.N() {
		a.counters.Foreign++
		return nil
	}
	if !a.replies.Verify(m.Signed, m.MAC) {
		a.counters.BadMAC++
		return nil
	}
	r := a.rounds[m.Query]
	if r == nil {
		if i := slices.IndexFunc(a.late, func(r *round) bool { return r.query == m.Query }); i >= 0 {
			r = a.late[i]
		}
	}
	if r == nil || !r.expects(m.Replica) || len(m.Verdicts) != len(r.questions) {
		a.counters.Unasked++
		return nil
	}
	if r.left == 0 {
		a.counters.Late++
	}
	r.answers = append(r.answers, answer{
		witness:  quorum.Witness{Founding: m.Founding, Replica: m.Replica, Incarnation: m.Incarnation, Vector: m.Vector},
		verdicts: m.Verdicts,
	})
	took := min(now-r.sent, int64(maxPatience))
	a.patience = (7*a.patience + took) / 8
	a.peers.answered(m.Replica, took, slices.ContainsFunc(m.Verdicts, func(v wire.Verdict) bool {
		return v != wire.VerdictEqual && v != wire.VerdictNewer
	}))
	return a.judge(r)
}

// judge decides the questions of a round that can be.
func (a *Asker) judge(r *round) []Decision {
	self := quorum.Witness{
		Founding: a.o.Self.Founding, Replica: a.o.Self.Replica, Incarnation: a.o.Self.Number, Vector: a.o.Vector(),
	}
	witnesses := []quorum.Witness{self}
	for i := range r.answers {
		witnesses = append(witnesses, r.answers[i].witness)
	}
	var decided []Decision
	verdicts := make([]wire.Verdict, len(r.answers))
	for i := range r.questions {
		if r.decided[i] {
			continue
		}
		for j := range r.answers {
			verdicts[j] = r.answers[j].verdicts[i]
		}
		if d, ok := Decide(a.o.Group.F(), witnesses, verdicts); ok {
			d.Ticket = r.questions[i].ticket
			if j := slices.Index(verdicts, d.Verdict); d.Outcome == Conflict && j >= 0 {
				d.Peer = r.answers[j].witness.Replica
			}
			decided = append(decided, a.end(r, i, d))
		}
	}
	return decided
}

// end counts the end of question i of r.
func (a *Asker) end(r *round, i int, d Decision) Decision {
	r.decided[i] = true
	a.open--
	if r.left--; r.left == 0 {
		delete(a.rounds, r.query)
	}
	if d.Outcome == Conflict && r.questions[i].attempt < maxAttempts && behind(d.Verdict) {
		d.Outcome = Again
		a.counters.Again++
		return d
	}
	switch d.Outcome {
	case Valid:
		a.counters.Valid++
	case Conflict:
		a.counters.Conflicts++
	case TimedOut:
		a.counters.TimedOut++
	}
	// Silence is a matter of peers, who are left alone for it. Where machines are merely busy, to order everything would
	// make them busier.
	if d.Outcome != TimedOut && a.switches.note(r.questions[i].class, d.Outcome == Valid, a.now) {
		a.counters.SwitchedOff++
	}
	return d
}

// behind reports whether a verdict may be another one a moment later.
func behind(v wire.Verdict) bool {
	return v == wire.VerdictOlder || v == wire.VerdictNewer || v == wire.VerdictNotDurable
}

// Decide is the rule: self is the first witness, the others are those whose verdicts on the question came so far.
// The question is decided when one does not agree, or f other replicas do that are consistent with self and with
// each other.
func Decide(f int, witnesses []quorum.Witness, verdicts []wire.Verdict) (Decision, bool) {
	for _, v := range verdicts {
		if v != wire.VerdictEqual {
			return Decision{Outcome: Conflict, Verdict: v}, true
		}
	}
	if len(verdicts) < f {
		return Decision{}, false
	}
	if _, ok := quorum.Holds(witnesses, f+1); !ok {
		return Decision{Outcome: Conflict, Verdict: wire.VerdictUnknown}, true
	}
	return Decision{Outcome: Valid, Verdict: wire.VerdictEqual}, true
}

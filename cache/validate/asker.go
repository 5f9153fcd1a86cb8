package validate

import (
	"cmp"
	"slices"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

// Limits and times of an Asker.
const (
	// MaxOpen bounds the questions without a decision; further ones are to be ordered.
	MaxOpen = 8192
	// minPatience and maxPatience bound how long an answer is waited for; in between it is patienceFactor times
	// what answers took lately, firstPatience before there were any, and doubled when none came in time.
	minPatience    = 20 * time.Millisecond
	maxPatience    = time.Second
	firstPatience  = 200 * time.Millisecond
	patienceFactor = 4
	// maxAttempts is how often one read is asked about when the answer is that one of the two enclaves is merely
	// behind: hosts execute a moment apart.
	maxAttempts = 3
)

// Tags of the MACs, one a type.
const (
	queryTag = "troxymail/cache-query/v1"
	replyTag = "troxymail/cache-reply/v1"
)

// Options say who asks.
type Options struct {
	Group quorum.Config
	Self  wire.Incarnation
	// Vector returns the newest incarnation known of each replica.
	Vector func() []uint32
	// Run is drawn at random when the enclave starts: two runs never ask one question twice.
	Run wire.Nonce
	Key [32]byte
}

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

// Message is a message for a peer enclave.
type Message struct {
	To    wire.ReplicaID
	Bytes []byte
}

// Asker asks and decides. One owner.
type Asker struct {
	o        Options
	queries  *mac.Authenticator
	replies  *mac.Authenticator
	peers    peers
	switches switches
	waiting  []question // to be sent with the next Flush
	rounds   map[wire.Digest]*round
	byAge    []*round // in order of sending; ended ones among them
	open     int      // questions in waiting and in rounds
	number   uint64   // of the last CACHE-Q
	ticket   uint64
	patience int64
	longer   int64 // when patience was doubled last
	now      int64 // what time it was when somebody last said so
	counters Counters
}

// Counters count what an Asker saw.
type Counters struct {
	Asked, Valid, Conflicts, TimedOut uint64 // questions
	Again                             uint64 // conflicts after which a read was asked about once more
	Refused                           uint64 // questions that were not asked: the class is switched off, or too many wait
	Answered                          uint64 // questions of others that were answered
	Foreign, BadMAC, Unasked          uint64 // messages that were dropped
	Skipped                           uint64 // times that a peer was left alone for its silence
	SwitchedOff                       uint64 // times that a class was switched off
}

type question struct {
	ticket  uint64
	attempt int
	avoid   int // the peer that is rather not asked; nobody when it is below 0
	class   wire.KeyKind
	keys    []wire.KeyVersion
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
	early     bool             // it timed out, and was sent before the wait was made longer
}

type answer struct {
	witness  quorum.Witness
	verdicts []wire.Verdict
}

// NewAsker returns an Asker without questions.
func NewAsker(o Options) *Asker {
	return &Asker{
		o: o, queries: mac.New(o.Key, queryTag), replies: mac.New(o.Key, replyTag),
		peers: newPeers(o.Group.N(), o.Self.Replica), switches: newSwitches(), rounds: map[wire.Digest]*round{},
		patience: int64(firstPatience / patienceFactor),
	}
}

// Ask takes a question: are versions, a snapshot of the own index, current? attempt is 1, and one more each time
// that the outcome was Again. False when the read is better ordered: reads of its class conflict often, or too many
// questions wait. It is sent by the next Flush.
func (a *Asker) Ask(versions []wire.KeyVersion, attempt int) (ticket uint64, ok bool) {
	return a.ask(versions, attempt, nobody)
}

// nobody is no peer.
const nobody = -1

// AskOthers is Ask that goes by a peer which was behind: when it has not seen what this enclave was told by f+1, others
// have.
func (a *Asker) AskOthers(versions []wire.KeyVersion, attempt int, behind wire.ReplicaID) (ticket uint64, ok bool) {
	return a.ask(versions, attempt, int(behind))
}

func (a *Asker) ask(versions []wire.KeyVersion, attempt, avoid int) (ticket uint64, ok bool) {
	class := classOf(versions)
	if a.open >= MaxOpen || len(versions) == 0 || len(versions) > wire.MaxCacheKeys || attempt == 1 && !a.switches.let(class, a.now) {
		a.counters.Refused++
		return 0, false
	}
	a.ticket++
	a.open++
	a.counters.Asked++
	a.waiting = append(a.waiting, question{ticket: a.ticket, attempt: attempt, avoid: avoid, class: class, keys: versions})
	return a.ticket, true
}

// Flush sends what was asked since the last one.
func (a *Asker) Flush(now int64) []Message {
	a.now = now
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

func (a *Asker) send(now int64, questions []question) []Message {
	a.number++
	q := wire.CacheQuery{
		Founding: a.o.Self.Founding, Replica: a.o.Self.Replica, Incarnation: a.o.Self.Number,
		Run: a.o.Run, Number: a.number, Questions: make([][]wire.KeyVersion, len(questions)),
	}
	for i := range questions {
		q.Questions[i] = questions[i].keys
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
	if r == nil || !r.expects(m.Replica) || len(m.Verdicts) != len(r.questions) {
		a.counters.Unasked++
		return nil
	}
	r.answers = append(r.answers, answer{
		witness:  quorum.Witness{Founding: m.Founding, Replica: m.Replica, Incarnation: m.Incarnation, Vector: m.Vector},
		verdicts: m.Verdicts,
	})
	a.patience = (7*a.patience + (now - r.sent)) / 8
	a.peers.answered(m.Replica, now-r.sent, slices.ContainsFunc(m.Verdicts, func(v wire.Verdict) bool {
		return v != wire.VerdictEqual && v != wire.VerdictNewer
	}))
	return a.judge(r)
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
	if !r.early && a.switches.note(r.questions[i].class, d.Outcome == Valid, a.now) {
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

// NextDeadline returns when Tick wants to be called, 0 for never.
func (a *Asker) NextDeadline() int64 {
	for len(a.byAge) > 0 && a.byAge[0].left == 0 {
		a.byAge[0] = nil
		a.byAge = a.byAge[1:]
	}
	if len(a.byAge) == 0 {
		return 0
	}
	return a.byAge[0].sent + a.wait()
}

func (a *Asker) wait() int64 {
	return min(max(patienceFactor*a.patience, int64(minPatience)), int64(maxPatience))
}

// Tick ends the questions that were not answered in time. Of those that were asked before the wait for them was made
// longer nothing follows any more: a path that became longer makes all late that are under way.
func (a *Asker) Tick(now int64) []Decision {
	a.now = now
	var ended []Decision
	for at := a.NextDeadline(); at != 0 && at <= now; at = a.NextDeadline() {
		r := a.byAge[0]
		if r.sent >= a.longer {
			a.patience = min(2*a.patience, int64(maxPatience)/patienceFactor)
			for _, peer := range r.asked {
				if r.expects(peer) && a.peers.silent(peer, now, now-r.sent) {
					a.counters.Skipped++
				}
			}
			a.longer = now
		} else {
			r.early = true
		}
		for i := range r.questions {
			if !r.decided[i] {
				ended = append(ended, a.end(r, i, Decision{Ticket: r.questions[i].ticket, Outcome: TimedOut}))
			}
		}
	}
	return ended
}

// Counters returns what was counted.
func (a *Asker) Counters() Counters { return a.counters }

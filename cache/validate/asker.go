package validate

import (
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
	// maxFlying is how many messages are under way while further questions are held back to share one, for maxHold at most.
	maxFlying = 4
	maxHold   = 5 * time.Millisecond
	// maxLate bounds the questions that were given up and whose answers still tell how long they take.
	maxLate = 256
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
	late     []*round // given up, in that order, maxLate at most
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
	Refused                           uint64 // questions that were not asked: the class is switched off, peers are silent, or too many wait
	Late                              uint64 // answers to questions that were given up
	Answered                          uint64 // questions of others that were answered
	Foreign, BadMAC, Unasked          uint64 // messages that were dropped
	Skipped                           uint64 // times that a peer was left alone for its silence
	SwitchedOff                       uint64 // times that a class was switched off
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
// that the outcome was Again. False when the read is better ordered: reads of its class conflict often, too few peers
// answer at all, or too many questions wait. It is sent by a Flush.
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
	if a.open >= MaxOpen || len(versions) == 0 || len(versions) > wire.MaxCacheKeys ||
		attempt == 1 && (!a.peers.enough(a.now, a.o.Group.F()) || !a.switches.let(class, a.now)) {
		a.counters.Refused++
		return 0, false
	}
	a.ticket++
	a.open++
	a.counters.Asked++
	a.waiting = append(a.waiting, question{ticket: a.ticket, attempt: attempt, avoid: avoid, class: class, keys: versions})
	return a.ticket, true
}

// Counters returns what was counted.
func (a *Asker) Counters() Counters { return a.counters }

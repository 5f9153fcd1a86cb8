package lag

import (
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/mac"
)

const (
	// Every is the distance of two rounds: how late, within two of them, an idle client hears of what the host withheld.
	// One message of 21 bytes a key goes to each other enclave.
	Every = 2 * time.Second
	// GraceRounds is for how many rounds a host may lag behind one write: half a minute. Until then its sessions are woken
	// and read through the order, so that nothing is lost by patience, while one that only has much to do (a checkpoint
	// under load, a store on a slow disk, a start) must not send all its clients to the others, which have as much.
	GraceRounds = 15
	// SilentRounds is after how many rounds without an answer an enclave counts as faulty: a minute, longer than replicas
	// take to start again, since for that long its answer would be needed to judge.
	SilentRounds = 30
	// AwayRounds is for how many rounds a verdict of Behind stands: a minute, in which clients that connect do better
	// elsewhere. Then the host is judged anew.
	AwayRounds = 30
	// MaxRoundKeys bounds the keys of one round; more are asked about in turn.
	MaxRoundKeys = 4 * wire.MaxMarkKeys
)

// Tags of the MACs, one a type.
const (
	queryTag = "troxymail/marks-query/v1"
	replyTag = "troxymail/marks-reply/v1"
)

// State is what a Detector says of the own host.
type State uint8

// The states.
const (
	Abreast State = 0 // nothing speaks against it
	Behind  State = 1 // it withholds writes, or is behind by half a minute
	Alone   State = 2 // fewer than f others are heard
)

// String names the state in logs.
func (s State) String() string { return [...]string{"abreast", "behind", "alone"}[s] }

// Options say who asks.
type Options struct {
	Group    quorum.Config
	Self     wire.ReplicaID
	Founding wire.Founding
	// Run is drawn at random when the enclave starts: two runs never ask one question twice.
	Run wire.Nonce
	Key [32]byte
	// Every is the distance of two rounds in nanoseconds; 0 means the constant.
	Every int64
}

// Message is a message for a peer enclave.
type Message struct {
	To    wire.ReplicaID
	Bytes []byte
}

// Counters count what a Detector saw.
type Counters struct {
	Rounds, Behind, Alone    uint64 // rounds that asked; verdicts
	Woken                    uint64 // keys whose watchers were woken, since the host had not
	Answered                 uint64 // questions of others
	Foreign, BadMAC, Unasked uint64 // messages that were dropped
}

// Detector compares marks with other enclaves. One owner.
type Detector struct {
	o        Options
	marks    *Marks
	queries  *mac.Authenticator
	replies  *mac.Authenticator
	next     int64      // of the next round
	number   uint64     // of the last MARKS-Q
	pass     []wire.Key // watched keys that this pass has still to ask about
	asked    []part     // the present round
	watched  map[wire.Key]*follow
	silent   []int // by replica: rounds in a row without an answer
	heard    []bool
	state    State
	away     int // rounds that the verdict still stands
	counters Counters
}

// part is one MARKS-Q of a round, with the answers that came.
type part struct {
	query   wire.Digest
	keys    []wire.Key
	answers [][]uint64 // by replica, nil: none
}

// follow is how the own host does on one key.
type follow struct {
	told    uint64 // the highest mark that those who watch were woken for, or knew when they began
	excused uint64 // a mark up to which nothing is expected of the host any more
	target  uint64 // a mark that it has to reach; 0: none
	rounds  int    // since then
}

// New returns a Detector over the enclave's marks.
func New(o Options, marks *Marks) *Detector {
	if o.Every <= 0 {
		o.Every = int64(Every)
	}
	return &Detector{
		o: o, marks: marks, queries: mac.New(o.Key, queryTag), replies: mac.New(o.Key, replyTag),
		watched: map[wire.Key]*follow{}, silent: make([]int, o.Group.N()), heard: make([]bool, o.Group.N()),
	}
}

// State returns the verdict.
func (d *Detector) State() State { return d.state }

// Counters returns what was counted.
func (d *Detector) Counters() Counters { return d.counters }

// NextDeadline returns when Tick wants to be called; there is always a next round.
func (d *Detector) NextDeadline() int64 { return d.next }

// Answer answers a MARKS-Q of another enclave; false when it is not authentic or of another founding.
func (d *Detector) Answer(message []byte) (Message, bool) {
	q, err := wire.DecodeMarksQuery(message)
	if err != nil || q.Founding != d.o.Founding || int(q.Replica) >= d.o.Group.N() || q.Replica == d.o.Self {
		d.counters.Foreign++
		return Message{}, false
	}
	if !d.queries.Verify(q.Signed, q.MAC) {
		d.counters.BadMAC++
		return Message{}, false
	}
	a := wire.MarksReply{Founding: d.o.Founding, Replica: d.o.Self, Query: wire.Sum(q.Signed), Marks: make([]uint64, len(q.Keys))}
	for i, k := range q.Keys {
		a.Marks[i] = d.marks.Mark(k)
	}
	d.counters.Answered++
	signed := a.AppendSigned(nil)
	return Message{To: q.Replica, Bytes: wire.AppendMACed(make([]byte, 0, len(signed)+32), signed, d.replies.Sum(signed))}, true
}

// OnReply takes a MARKS-A of the present round. What does not hold is dropped and counted.
func (d *Detector) OnReply(message []byte) {
	m, err := wire.DecodeMarksReply(message)
	if err != nil || m.Founding != d.o.Founding || int(m.Replica) >= d.o.Group.N() {
		d.counters.Foreign++
		return
	}
	if !d.replies.Verify(m.Signed, m.MAC) {
		d.counters.BadMAC++
		return
	}
	for i := range d.asked {
		p := &d.asked[i]
		if p.query == m.Query && len(m.Marks) == len(p.keys) && m.Replica != d.o.Self && p.answers[m.Replica] == nil {
			p.answers[m.Replica] = m.Marks
			d.heard[m.Replica] = true
			return
		}
	}
	d.counters.Unasked++
}

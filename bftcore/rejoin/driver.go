package rejoin

import (
	"time"

	"troxymail/bftcore/wire"
)

// Time is a moment in nanoseconds of a monotone clock.
type Time = int64

const (
	again     = Time(250 * time.Millisecond) // small messages are sent again
	largeGap  = Time(time.Second)            // large ones
	patience  = Time(3 * time.Second)        // an attempt that cannot end is given up; grows with each
	maxWait   = Time(30 * time.Second)
	awayAfter = Time(3 * time.Second)         // a peer that said nothing for so long is waited for
	askFor    = Time(time.Second)             // a REC-HELLO is a sign of need for so long: less than resignFor
	resignFor = Time(1500 * time.Millisecond) // f+1 others are in need for so long before anybody asks them
)

// OwnToken is set in all tokens of a driver, so that a core beside it cannot use the same.
const OwnToken = 1 << 63

// peer is what one other replica said.
type peer struct {
	heard     Time // any message
	needs     Time // its last REC-HELLO
	nonce     wire.Nonce
	info      *wire.RecInfo
	state     *wire.RecState
	statement []byte
	own       wire.Nonce // in statement
	cold      *wire.ColdState
	join      []byte
	direct    bool // join came from itself
	answered  Time // JOINs were passed on
	answering bool // the enclave has its REC-HELLO
	granting  bool // and its REC-REQ
	giving    bool // the host looks for a batch that it needs
}

// Driver drives one enclave. One owner.
type Driver struct {
	cfg   Config
	now   Time
	peers []peer
	token uint64
	asked map[uint64]func(t *Told)
	busy  map[Op]bool
	out   Ready

	active  bool
	since   Time // the attempt began, or the last step of it
	tries   int  // attempts given up
	learn   [][][]byte
	hello   []byte
	nonce   wire.Nonce
	helloAt Time

	attempt attempt
	batches batches
	joins   [][]byte // of the founding that the enclave is ACTIVE by
	watch   watch
	refound wish
}

// attempt is what belongs to one nonce.
type attempt struct {
	request    *wire.RecRequest
	requestAt  Time
	asked      int  // requests so far
	shortSince Time // a peer knows of as high a number; 0 for never
	infos      int  // changes of the peers' infos since the last REC-REQ
	states     int  // and of states, or of what is in the log of them, since the last Recover
	refused    int  // Recovers
	cold       *wire.ColdState
	coldAt     Time
	ready      [][]byte // COLD-STATEs of all members, with their batches at hand
	colds      int      // changes of COLD-STATEs, or of what is in the log of them, since the last Join
	planned    bool     // an administrator can see what a founding of fewer would be
	join       []byte   // held until it is synced
	joinAt     Time
	synced     bool
	founding   wire.Founding
	joinsCame  int
	stuckSince Time
}

// New returns a driver whose enclave has not begun.
func New(cfg Config, now Time) *Driver {
	return &Driver{cfg: cfg, now: now, peers: make([]peer, cfg.Quorum.N()), asked: map[uint64]func(*Told){}, busy: map[Op]bool{},
		active: true} // nothing to do before Began
}

// Step takes one event in.
func (d *Driver) Step(now Time, e Event) {
	d.now = max(d.now, now)
	switch e := e.(type) {
	case Began:
		d.begin(&e)
	case Received:
		d.receive(e.From, e.Raw)
	case Told:
		if f := d.asked[e.Token]; f != nil {
			delete(d.asked, e.Token)
			f(&e)
		}
	case Synced:
		d.attempt.synced = d.attempt.join != nil
	case Given:
		if int(e.To) < len(d.peers) {
			d.peers[e.To].giving = false
		}
	case Refound:
		d.onRefound(e)
	case Overtaken:
		d.resignAlone()
	case Tick:
	}
	d.expireRefound()
	if d.active {
		d.watchPeers()
		return
	}
	d.sayHello()
	d.recover()
	d.found()
	d.obtain()
	d.giveUp()
}

// begin starts from nothing: the enclave is not ACTIVE. Answers to what was asked before may never come: whoever
// ordered had them when it ended.
func (d *Driver) begin(e *Began) {
	clear(d.asked)
	clear(d.busy)
	d.active, d.learn, d.joins, d.tries, d.watch = false, e.Proofs, nil, 0, watch{}
	d.batches = batches{applied: e.Applied, follows: e.Follows, held: map[wire.Entry]bool{}, wanted: map[wire.Entry]*wanted{},
		asked: map[wire.Entry]int{}}
	for _, b := range e.Batches {
		d.batches.held[wire.Entry{Order: b.Order, Batch: b.Batch}] = true
	}
	d.forget(func(p *peer) { p.answering, p.granting, p.giving = false, false, false }) // an enclave that is gone answers nothing
	d.renew()
}

// renew begins an attempt under another nonce. What peers said for the one before is nothing.
func (d *Driver) renew() {
	d.hello, d.attempt, d.since = nil, attempt{}, d.now
	clear(d.batches.wanted)
	clear(d.batches.asked)
	d.batches.more = false
	for i := range d.peers {
		p := &d.peers[i]
		p.info, p.state, p.statement, p.cold, p.join = nil, nil, nil, nil, nil
	}
}

// Ready returns what is to be done since the last call.
func (d *Driver) Ready() Ready {
	r := d.out
	d.out = Ready{}
	return r
}

// NextDeadline is when the driver wants a Tick even if nothing happens.
func (d *Driver) NextDeadline() Time { return d.now + again }

// ask puts a question to the enclave, one of a kind at a time; f gets the answer.
func (d *Driver) ask(op Op, messages [][]byte, f func(t *Told)) {
	d.busy[op] = true
	d.put(op, messages, func(t *Told) {
		d.busy[op] = false
		f(t)
	})
}

func (d *Driver) put(op Op, messages [][]byte, f func(t *Told)) {
	token := d.expect(f)
	d.out.Asks = append(d.out.Asks, Ask{Token: token, Op: op, Messages: messages})
}

// expect returns a token whose answer goes to f.
func (d *Driver) expect(f func(t *Told)) uint64 {
	d.token = (d.token + 1) | OwnToken
	d.asked[d.token] = f
	return d.token
}

func (d *Driver) send(to wire.ReplicaID, raw []byte) {
	d.out.Messages = append(d.out.Messages, Message{To: to, Raw: raw})
}

func (d *Driver) multicast(raw []byte) {
	for i := range d.peers {
		if to := wire.ReplicaID(i); to != d.cfg.Self {
			d.send(to, raw)
		}
	}
}

// becomes is the end of an attempt: the enclave is ACTIVE with frontier.
func (d *Driver) becomes(frontier []byte) {
	d.out.Frontier, d.out.Active = frontier, frontier
	d.active, d.learn, d.batches = true, nil, batches{}
	d.watch, d.refound = watch{}, wish{}
	d.renew()
}

// collect returns one kind of message of all peers that have said it.
func (d *Driver) collect(of func(p *peer) []byte) [][]byte {
	var list [][]byte
	for i := range d.peers {
		if raw := of(&d.peers[i]); raw != nil {
			list = append(list, raw)
		}
	}
	return list
}

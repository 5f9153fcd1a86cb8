package bftcore

import (
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// Core is the ordering state of one host. Not safe for concurrent use: one goroutine owns it.
type Core struct {
	cfg      Config
	n        int
	now      Time
	counters Counters

	view      uint64
	inView    bool         // the view began here; else a NEW-VIEW is awaited
	entered   Time         // when it did
	begun     []byte       // the NEW-VIEW of the view that began; nil for a view that a founding began
	selection []wire.Entry // the batches that the view's first orders get
	stable    wire.Stable
	executed  uint64           // highest order handed to Execute
	applied   uint64           // highest order that the store reported
	durable   uint64           // proven by what is synced
	oldest    uint64           // executed slots up to here are forgotten
	nextOwn   pillars          // the own certificates below it are in the log
	nextCall  pillars          // certificates below it were asked for
	frontier  wire.Certificate // the own one of the highest position

	slots     map[uint64]*slot
	dirty     []*slot
	calls     map[uint64]*slot // open certify calls by token
	toVerify  []verification
	verifying map[uint64][]verification
	bodies    map[wire.Digest][]bodyWaiter
	token     uint64
	records   uint64 // handed out
	synced    uint64 // of them, durable
	stored    uint64 // order up to which the store is durable by itself, if told
	keeps     bool   // the host tells it (Stored)
	proofs    []proof
	buffered  int // bytes of proposals that are not executed
	retained  int // bytes of executed ones
	witnesses []quorum.Witness

	pending      pending
	dedup        dedup
	toForward    []wire.Request
	proposeAfter Time
	latency      Time // of own batches, smoothed
	lastBatch    int  // requests in the last one

	peers     []peer
	blames    Blames
	fetching  fetching
	heartbeat heartbeat

	changing    changing
	holdings    holdings
	lessons     map[uint64]*lesson
	early       early
	checkpoints checkpoints
	evidence    Evidence
	statements  map[uint64]statement
	asks        map[uint64]asking
	open        [AskStable + 1]bool
	checks      map[uint64]func(e *Checked)

	out, spare Ready
	taken      bool
}

// Status is how far a core is; for people and for the durable mark of replies.
type Status struct {
	View     uint64
	InView   bool // false: the view did not begin here yet
	Leader   wire.ReplicaID
	Stable   wire.Stable // the stable checkpoint
	Prepared uint64      // highest order that this replica certified (PREPARE or COMMIT), without a gap below
	Executed uint64      // highest order handed to Execute
	Applied  uint64      // highest order that the store reported
	Durable  uint64      // every order up to here is executed, and its proof is synced in the own log
	Known    uint64      // highest order that f+1 replicas claim to have: one of them at least tells the truth
	Pending  int         // requests that wait
	// Missing is the order that this host cannot get on without and asks its peers for, 0 for none, and
	// MissingSince when it first did. Short ones are the daily life of a lossy network; one that stays
	// while peers claim to have it is in no peer's log any more.
	Missing      uint64
	MissingSince Time
	// Frontier is the own certificate of the highest position, as it stands in the log (or in
	// Restored.Frontier); Kind is 0 when there is none. It is logged before it leaves.
	Frontier wire.Certificate
	Peers    []PeerStatus // indexed by replica; the own entry is zero
}

// PeerStatus is what a peer claims about itself.
type PeerStatus struct {
	Prepared, Executed, Synced uint64
	// Voted is the highest order for which the peer itself sent its certificate, since it last said to have
	// less than before. Whoever has voted for an order had all of its pillar below.
	Voted uint64
	// SetBack counts how often the peer said to have executed less than before: what it had written is gone.
	SetBack uint64
	HeardAt Time // of its last message; 0 for never
	// Generation is the newest founding above the present one that a certificate names which came from the peer as its
	// own, unverified; 0 for none.
	Generation uint32
}

// New returns a core that continues where the log ends; its first Ready may hold effects already. Errors:
// ErrConfig, ErrLog, ErrLogBehind.
func New(cfg Config, now Time, restored Restored) (*Core, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	c := &Core{cfg: cfg, now: now, latency: firstLatency}
	c.reset()
	if err := c.restore(restored); err != nil {
		return nil, err
	}
	return c, nil
}

// Step takes one event in. Time never runs backwards: an older now is taken as the last one. Effects
// come out of Ready.
func (c *Core) Step(now Time, e Event) {
	c.now = max(c.now, now)
	switch e := e.(type) {
	case Received:
		c.receive(e.From, e.Raw)
	case Submit:
		c.onSubmit(e)
	case Prepared:
		c.onPrepared(e)
	case Committed:
		c.onCommitted(e)
	case Verified:
		c.onVerified(e)
	case BodyHeld:
		c.onBodyHeld(e.Body)
	case Executed:
		c.onExecuted(e.Order)
	case Synced:
		c.onSynced(e.Record)
	case Stored:
		c.stored, c.keeps = max(c.stored, e.Order), true
	case Loaded:
		c.onLoaded(e)
	case Checked:
		c.onChecked(&e)
	case Told:
		c.onTold(&e)
	case Known:
		c.onKnown(&e.Request)
	case Rooted:
		c.onRooted(e)
	case Installed:
		c.onInstalled(e)
	case NotInstalled:
		c.onNotInstalled()
	case WantCheckpoint:
		c.onWantCheckpoint()
	case Recalled:
		c.onRecalled(e)
	case Tick:
	}
}

// receive dispatches a peer's message.
func (c *Core) receive(from wire.ReplicaID, raw []byte) {
	if int(from) >= c.n || from == c.cfg.Self {
		c.counters.Unexpected++
		return
	}
	if len(raw) > wire.MaxMessageBytes {
		c.malformed(from, nil)
		return
	}
	kind, err := wire.PeekKind(raw)
	if err != nil {
		c.malformed(from, err)
		return
	}
	c.peers[from].heardAt = max(c.now, 1)
	switch kind {
	case wire.KindForward:
		c.onForward(from, raw)
	case wire.KindPrepare:
		c.onPrepare(from, raw)
	case wire.KindCommit:
		c.onCommit(from, raw)
	case wire.KindProgress:
		c.onProgress(from, raw)
	case wire.KindFetch:
		c.onFetch(from, raw)
	case wire.KindProof:
		c.onProof(from, raw)
	case wire.KindReqVC:
		c.onReqVC(from, raw)
	case wire.KindViewChange:
		c.onViewChange(from, raw)
	case wire.KindNewView:
		c.onNewView(from, raw)
	case wire.KindCheckpoint:
		c.onCheckpoint(from, raw)
	default:
		c.counters.Unexpected++
	}
}

// Ready returns what is to be done since the last Ready. The caller does it, then calls Advance; Step is
// allowed in between. Panics when called twice without Advance.
func (c *Core) Ready() Ready {
	if c.taken {
		panic("bftcore: Ready without Advance")
	}
	c.taken = true
	c.flush()
	c.out.LastRecord = c.records
	ready := c.out
	c.out, c.spare = c.spare, c.out
	return ready
}

// Advance takes the slices of the last Ready back.
func (c *Core) Advance() {
	if !c.taken {
		return
	}
	c.taken = false
	s := &c.spare
	clear(s.Records)
	clear(s.Messages)
	clear(s.Calls)
	clear(s.Execute)
	clear(s.Reanswer)
	clear(s.NeedBody)
	*s = Ready{
		Records: s.Records[:0], Messages: s.Messages[:0], Calls: s.Calls[:0], Execute: s.Execute[:0],
		Reanswer: s.Reanswer[:0], Load: s.Load[:0], NeedBody: s.NeedBody[:0], Recall: s.Recall[:0],
		Refusals: s.Refusals[:0],
	}
}

// flush draws the conclusions of all events since the last one: together, so that work is done in batches.
func (c *Core) flush() {
	if c.leads() {
		c.propose()
	} else {
		c.vote()
		c.flushForwards()
	}
	for len(c.dirty) > 0 {
		s := c.dirty[len(c.dirty)-1]
		c.dirty = c.dirty[:len(c.dirty)-1]
		if c.slots[s.order] == s {
			c.evaluate(s)
		}
	}
	c.execute()
	if c.leads() {
		c.propose() // what was executed may have made room
	}
	c.changeViews()
	c.attest()
	c.stabilise()
	c.verify()
	c.fetch()
	c.needsTransfer()
	c.progress()
}

// viewDeadline is when something is due about a view change; 0 for never.
func (c *Core) viewDeadline() Time {
	g, at := &c.changing, Time(0)
	earlier := func(t Time) {
		if t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	switch {
	case g.wanted > c.view || c.open[AskReqVC]:
	case c.inView:
		if at := c.suspectAt(); at != 0 {
			earlier(max(at, g.retryAt))
		}
	default:
		earlier(max(g.since+c.patience(), g.retryAt))
	}
	if c.sayingAgain() {
		earlier(max(g.againAt, 1))
	}
	if g.retryAt > c.now {
		earlier(g.retryAt)
	}
	if k := &c.checkpoints; k.retryAt > c.now {
		earlier(k.retryAt)
	}
	earlier(c.neededAt())
	return at
}

// NextDeadline is when the core wants a Tick even if nothing happens; 0 for never. Ask after Ready.
func (c *Core) NextDeadline() Time {
	at := c.progressDeadline()
	if c.fetching.need != 0 {
		at = min(at, c.fetching.at)
	}
	if c.leads() {
		if c.pending.queued > 0 && c.hasRoom() && c.nextCall.first() > c.selectedEnd() && !c.movingTo(c.nextCall.first()) {
			at = min(at, max(c.batchDeadline(), c.proposeAfter))
		}
		if c.proposeAfter > c.now {
			at = min(at, c.proposeAfter)
		}
	}
	if due := c.checkpoints.transferAt; due > c.now {
		at = min(at, due)
	}
	if due := c.viewDeadline(); due != 0 {
		at = min(at, due)
	}
	return at
}

// Counters returns what was counted since New.
func (c *Core) Counters() Counters { return c.counters }

// Status returns how far the core is. It allocates; not for the hot path (see Durable).
func (c *Core) Status() Status {
	st := Status{
		View: c.view, InView: c.inView, Leader: c.leader(), Stable: c.stable, Prepared: c.nextOwn.first() - 1, Executed: c.executed, Applied: c.applied,
		Durable: c.durable, Known: c.credible(), Pending: len(c.pending.byKey), Frontier: c.frontier,
		Peers: make([]PeerStatus, c.n), Missing: c.fetching.lack, MissingSince: c.fetching.since,
	}
	for r := range c.peers {
		st.Peers[r] = c.peers[r].status
		st.Peers[r].HeardAt = c.peers[r].heardAt
	}
	return st
}

// Durable is Status.Durable, cheap.
func (c *Core) Durable() uint64 { return c.durable }

// leader is the replica that proposes in the current view.
func (c *Core) leader() wire.ReplicaID { return c.cfg.Quorum.Leader(c.view) }

// leads reports whether this replica is the leader of a view that began.
func (c *Core) leads() bool { return c.inView && c.leader() == c.cfg.Self }

// horizon is the highest order that is looked at: beyond what the leader's window and its head start over
// this host can be.
func (c *Core) horizon() uint64 { return c.executed + 2*uint64(c.cfg.Window) }

// newCall registers an open call for s.
func (c *Core) newCall(s *slot) uint64 {
	c.token++
	c.calls[c.token] = s
	return c.token
}

// fits reports whether a certificate is of this group, configuration and founding.
func (c *Core) fits(x *wire.Certificate) bool { return c.cfg.fits(x) }

// acceptable checks what can be checked of a peer's certificate without an enclave. What is of a view to come
// is kept for it.
func (c *Core) acceptable(from wire.ReplicaID, x *wire.Certificate, kind wire.CertKind, raw []byte) bool {
	switch {
	case !c.fits(x):
		c.foreign(from, x)
	case x.New.View != c.view || !c.inView:
		if !c.inView && kind == wire.CertCommit && from == x.Replica {
			c.claim(from, max(x.New.Order, 1)-1) // who votes in a view that is missed here mostly has what is before
		}
		c.keepEarly(from, x, raw)
	case x.New.Order == 0 || (kind == wire.CertPrepare) != (x.Replica == c.leader()):
		c.counters.Unexpected++
	default:
		return true
	}
	return false
}

// Wants reports whether a message of a peer is for the core: a FORWARD, PREPARE, COMMIT, PROGRESS, PROOF, REQ-VC,
// VIEW-CHANGE, NEW-VIEW or CHECKPOINT, or a FETCH of orders. All others, and anything undecodable, are not.
func Wants(raw []byte) bool {
	kind, err := wire.PeekKind(raw)
	if err != nil {
		return false
	}
	switch kind {
	case wire.KindForward, wire.KindPrepare, wire.KindCommit, wire.KindProgress, wire.KindProof, wire.KindReqVC,
		wire.KindViewChange, wire.KindNewView, wire.KindCheckpoint:
		return true
	case wire.KindFetch:
		f, err := wire.DecodeFetch(raw)
		return err == nil && f.From > 0
	}
	return false
}

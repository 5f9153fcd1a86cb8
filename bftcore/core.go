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
	latency      Time   // of own batches, smoothed
	lastBatch    int    // requests in the last one
	lastOwn      bool   // all of them of the own clients
	reserved     uint64 // order that was lent to the own enclave (reservedFor)

	peers     []peer
	blames    Blames
	fetching  fetching
	heartbeat heartbeat

	changing    changing
	holdings    holdings
	lessons     map[uint64]*lesson
	early       early
	checkpoints checkpoints
	retracing   retracing
	evidence    Evidence
	statements  map[uint64]statement
	asks        map[uint64]asking
	open        [AskStable + 1]bool
	checks      map[uint64]func(e *Checked)

	out, spare Ready
	taken      bool
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
	case Proposed:
		c.onProposed(e)
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
	case Retraced:
		c.onRetraced(e)
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

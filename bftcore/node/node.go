package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// Options say what a node is made of. All fields but Faults, Refusals, Synced, Comeback, State and those on checkpoints are required.
type Options struct {
	Config      bftcore.Config
	Dir         string // the host's folder: the boot number is kept here
	Log         *hostlog.Log
	Application Application
	Bodies      Bodies
	Checkpoints Checkpoints // nil: states are neither given nor taken
	// CheckpointEvery is the distance of checkpoints in orders; 0 for none.
	CheckpointEvery uint64
	// KeepLogBytes of log stay below a stable checkpoint, for peers that lag a little; 0 means DefaultKeepLogBytes.
	KeepLogBytes int64
	Link         boundary.Link
	Links        Links
	Boot         uint32       // the newest boot number of this replica that the application knows; 0 for none
	Now          func() int64 // monotonic nanoseconds
	Logger       *slog.Logger
	// Synced is told how long each sync of the log took, by one goroutine; nil: nobody asks.
	Synced func(took time.Duration)
	// Comeback brought the enclave to ACTIVE, with State; Link is a turn of its relay. Nil when the enclave continues
	// from what the log shows.
	Comeback *Comeback
	State    *wire.Frontier
	// Refusals takes note of what peers send that is not right; nil: only this node's own.
	Refusals *Refusals
	// Faults returns what whoever made the node found wrong with the folder, to be raised with the node's own
	// alarms; nil for nothing. Safe for concurrent use.
	Faults func() []boundary.Alarm
}

// Node is the host of one replica. Make it with New, give Receive to the peer links, then call Run.
type Node struct {
	o         Options
	core      *bftcore.Core // owned by the orderer goroutine once Run is called
	inbox     *inbox
	execute   chan work
	peeks     chan boundary.Peek // unordered reads of the own enclave, for the executor
	bodies    *bodyKeeper
	transfers *transfers
	stretches stretches
	durable   atomic.Uint64 // order: everything up to it is executed and synced
	durableC  chan struct{} // tells the executor that durable rose; capacity 1
	unsynced  chan struct{} // tells the syncer that records were written; capacity 1
	written   atomic.Uint64 // records appended since New
	synced    atomic.Uint64 // of those, synced
	dropBelow atomic.Uint64 // order below which the log may be cut; 0 for no wish
	live      atomic.Uint64 // LSN from which on records of order 0 are needed
	status    atomic.Pointer[bftcore.Status]
	counters  atomic.Pointer[bftcore.Counters]
	roots     roots
	began     int64 // when New was called
	// Records that were missing or damaged here, and disk errors.
	recordsLost, diskErrors atomic.Uint64
	floods, cutFrom         []atomic.Uint64 // by peer: refused bodies; cuts of the log below what it needs
	frontiers               *frontiers      // the keeper's
	stored                  atomic.Uint64   // order up to which the store is durable by itself
	stable                  atomic.Uint64   // order of the newest stable checkpoint
	storedC                 chan struct{}   // tells the keeper that stored rose; capacity 1
	needy                   atomic.Uint32   // peers whose enclaves ask for help to come back, as bits
	lacked                  uint64          // the order whose lack was logged; the orderer's
	reads                   atomic.Pointer[boundary.Reads]
	ready                   chan struct{} // closed when the enclave is ACTIVE
	onReady                 sync.Once
}

// New restores the core from the log. The store may be behind the log (it is brought forward) but not
// ahead of it.
func New(o Options) (*Node, error) {
	if _, err := o.Log.Sync(); err != nil {
		return nil, fmt.Errorf("node: syncing the log at start: %w", err)
	}
	var replayErr error
	applied := o.Application.Applied()
	live, zero := uint64(math.MaxUint64), uint64(0)
	records := func(yield func(bftcore.Record) bool) {
		replayErr = o.Log.Replay(0, func(lsn uint64, r hostlog.Record) error {
			if r.Order != 0 {
				zero = 0
			} else if zero == 0 {
				zero = lsn
			}
			if r.Kind == hostlog.Kind(bftcore.RecordFrontier) {
				live = zero
			}
			if o.State != nil && r.Order != 0 && r.Order+replayBelow <= applied {
				return nil
			}
			// The core keeps what it needs, so it must own the bytes.
			body := append([]byte(nil), r.Body...)
			if !yield(bftcore.Record{Kind: bftcore.RecordKind(r.Kind), Order: r.Order, Body: body}) {
				return errStopReplay
			}
			return nil
		})
	}
	kept := openFrontiers(o.Dir)
	restored := bftcore.Restored{Records: records, Applied: applied, Frontier: kept.upTo(applied), State: o.State}
	if o.State != nil {
		o.Config.Founding, restored.Frontier = o.State.Certificate.Founding, nil
	}
	core, err := bftcore.New(o.Config, o.Now(), restored)
	if replayErr != nil && !errors.Is(replayErr, errStopReplay) {
		return nil, fmt.Errorf("node: replaying the log: %w", replayErr)
	}
	if err != nil {
		return nil, err
	}
	if o.Refusals == nil {
		o.Refusals = NewRefusals(o.Config.Quorum.N(), o.Logger)
	}
	n := &Node{
		o: o, core: core, inbox: newInbox(), execute: make(chan work, maxQueuedWork),
		peeks:    make(chan boundary.Peek, maxPeeks),
		durableC: make(chan struct{}, 1), unsynced: make(chan struct{}, 1), ready: make(chan struct{}),
		storedC: make(chan struct{}, 1), frontiers: kept,
		floods: make([]atomic.Uint64, o.Config.Quorum.N()), cutFrom: make([]atomic.Uint64, o.Config.Quorum.N()),
	}
	n.stored.Store(o.Application.Durable())
	n.live.Store(live)
	n.bodies = newBodyKeeper(n)
	n.transfers = newTransfers()
	n.stretches.wake = make(chan struct{}, 1)
	n.began = o.Now()
	n.roots.note(o.Application.Applied(), o.Application.Root())
	n.publish()
	return n, nil
}

// replayBelow is how many orders below the store's the core is told of when its enclave's state is given: so that it
// does not propose again what was executed lately. What is older the state machine knows.
const replayBelow = bftcore.DedupWindow

var errStopReplay = errors.New("node: replay stopped")

// Ready is closed when the enclave said that it is ACTIVE.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Reads returns how the enclave last said that it answered its clients' reads; zero before it did.
func (n *Node) Reads() boundary.Reads {
	if r := n.reads.Load(); r != nil {
		return *r
	}
	return boundary.Reads{}
}

// Status returns how far the host is, as of a moment ago.
func (n *Node) Status() bftcore.Status { return *n.status.Load() }

// Counters returns what the core counted since New, as of a moment ago.
func (n *Node) Counters() bftcore.Counters { return *n.counters.Load() }

// Run runs the node until ctx ends (nil) or something that cannot be gone on with fails.
func (n *Node) Run(ctx context.Context) error {
	run, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if n.o.Comeback == nil {
		if err := n.start(); err != nil {
			return err
		}
	}
	var group sync.WaitGroup
	for name, part := range map[string]func(context.Context) error{
		"orderer": n.order, "syncer": n.sync, "executor": n.run, "door": n.door, "bodies": n.bodies.run,
		"keeper": n.keepFrontiers, "giver": n.serveParts, "taker": n.takeParts, "retracer": n.retraceWays,
	} {
		group.Go(func() {
			if err := part(run); err != nil {
				stop(fmt.Errorf("node: %s: %w", name, err))
			}
			stop(nil)
		})
	}
	<-run.Done()
	n.inbox.close()
	_ = n.o.Link.Close()
	group.Wait()
	if cause := context.Cause(run); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// start shows the enclave what the log holds. It goes first: an enclave drops whatever comes before it, and a
// question that is dropped is never answered.
func (n *Node) start() error {
	boot, err := nextBoot(n.o.Dir, n.o.Boot)
	if err != nil {
		return err
	}
	evidence := n.core.Evidence()
	start := boundary.Start{Boot: boot, Frontier: evidence.Frontier, Certificates: evidence.Own}
	if err := n.o.Link.Send(start.Append(nil)); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

func (n *Node) publish() {
	s := n.core.Status()
	n.status.Store(&s)
	c := n.core.Counters()
	n.counters.Store(&c)
}

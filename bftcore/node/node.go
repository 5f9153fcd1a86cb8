package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// Options say what a node is made of. All fields but Faults are required.
type Options struct {
	Config      bftcore.Config
	Dir         string // the host's folder: the boot number is kept here
	Log         *hostlog.Log
	Application Application
	Bodies      Bodies
	Link        boundary.Link
	Links       Links
	Boot        uint32       // the newest boot number of this replica that the application knows; 0 for none
	Now         func() int64 // monotonic nanoseconds
	Logger      *slog.Logger
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
	bodies    *bodyKeeper
	durable   atomic.Uint64 // order: everything up to it is executed and synced
	durableC  chan struct{} // tells the executor that durable rose; capacity 1
	unsynced  chan struct{} // tells the syncer that records were written; capacity 1
	written   atomic.Uint64 // records appended since New
	synced    atomic.Uint64 // of those, synced
	dropBelow atomic.Uint64 // order below which the log may be cut; 0 for no wish
	status    atomic.Pointer[bftcore.Status]
	counters  atomic.Pointer[bftcore.Counters]
	roots     roots
	began     int64 // when New was called
	// Records that were missing or damaged here, and disk errors.
	recordsLost, diskErrors atomic.Uint64
	floods, cutFrom         []atomic.Uint64 // by peer: refused bodies; cuts of the log below what it needs
	frontiers               *frontiers      // the keeper's
	stored                  atomic.Uint64   // order up to which the store is durable by itself
	storedC                 chan struct{}   // tells the keeper that stored rose; capacity 1
	lacked                  uint64          // the order whose lack was logged; the orderer's
	ready                   chan struct{}   // closed when the enclave is ACTIVE
	onReady                 sync.Once
}

// New restores the core from the log. The store may be behind the log (it is brought forward) but not
// ahead of it.
func New(o Options) (*Node, error) {
	if _, err := o.Log.Sync(); err != nil {
		return nil, fmt.Errorf("node: syncing the log at start: %w", err)
	}
	var replayErr error
	records := func(yield func(bftcore.Record) bool) {
		replayErr = o.Log.Replay(0, func(_ uint64, r hostlog.Record) error {
			// The core keeps what it needs, so it must own the bytes.
			body := append([]byte(nil), r.Body...)
			if !yield(bftcore.Record{Kind: bftcore.RecordKind(r.Kind), Order: r.Order, Body: body}) {
				return errStopReplay
			}
			return nil
		})
	}
	kept := openFrontiers(o.Dir)
	applied := o.Application.Applied()
	core, err := bftcore.New(o.Config, o.Now(), bftcore.Restored{
		Records: records, Applied: applied, Frontier: kept.upTo(applied),
	})
	if replayErr != nil && !errors.Is(replayErr, errStopReplay) {
		return nil, fmt.Errorf("node: replaying the log: %w", replayErr)
	}
	if err != nil {
		return nil, err
	}
	n := &Node{
		o: o, core: core, inbox: newInbox(), execute: make(chan work, maxQueuedWork),
		durableC: make(chan struct{}, 1), unsynced: make(chan struct{}, 1), ready: make(chan struct{}),
		storedC: make(chan struct{}, 1), frontiers: kept,
		floods: make([]atomic.Uint64, o.Config.Quorum.N()), cutFrom: make([]atomic.Uint64, o.Config.Quorum.N()),
	}
	n.stored.Store(o.Application.Durable())
	n.bodies = newBodyKeeper(n)
	n.began = o.Now()
	n.roots.note(o.Application.Applied(), o.Application.Root())
	n.publish()
	return n, nil
}

var errStopReplay = errors.New("node: replay stopped")

// Ready is closed when the enclave said that it is ACTIVE.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Status returns how far the host is, as of a moment ago.
func (n *Node) Status() bftcore.Status { return *n.status.Load() }

// Counters returns what the core counted since New, as of a moment ago.
func (n *Node) Counters() bftcore.Counters { return *n.counters.Load() }

// Run runs the node until ctx ends (nil) or something that cannot be gone on with fails.
func (n *Node) Run(ctx context.Context) error {
	boot, err := nextBoot(n.o.Dir, n.o.Boot)
	if err != nil {
		return err
	}
	// The start goes first: an enclave drops whatever comes before it, and a question that is dropped is
	// never answered.
	start := boundary.Start{Boot: boot}
	if f := n.Status().Frontier; f.Kind != 0 {
		start.Frontier = &f
	}
	run, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if err := n.o.Link.Send(start.Append(nil)); err != nil {
		stop(fmt.Errorf("node: %w", err))
	}
	var group sync.WaitGroup
	for name, part := range map[string]func(context.Context) error{
		"orderer": n.order, "syncer": n.sync, "executor": n.run, "door": n.door, "bodies": n.bodies.run,
		"keeper": n.keepFrontiers,
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

// Receive takes a frame of a peer; give it to the links as their handler. It may block for as long as
// that peer has too much waiting. frame is the node's from here on.
func (n *Node) Receive(from int, frame []byte) {
	kind, err := wire.PeekKind(frame)
	if err != nil {
		return
	}
	switch kind {
	case wire.KindReplies:
		_ = n.o.Link.Send(boundary.AppendPeer(nil, boundary.KindReplies, frame))
	case wire.KindBodyStored:
		_ = n.o.Link.Send(boundary.AppendPeer(nil, boundary.KindBodyStored, frame))
	case wire.KindBody, wire.KindFetched:
		n.bodies.piece(wire.ReplicaID(from), kind, frame)
	default:
		if bftcore.Wants(frame) {
			n.inbox.put(from, len(frame), bftcore.Received{From: wire.ReplicaID(from), Raw: frame})
			return
		}
		if f, err := wire.DecodeFetch(frame); err == nil {
			n.bodies.serve(wire.ReplicaID(from), f)
		}
	}
}

func (n *Node) publish() {
	s := n.core.Status()
	n.status.Store(&s)
	c := n.core.Counters()
	n.counters.Store(&c)
}

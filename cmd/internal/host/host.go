package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/node"
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/transport"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/blob"
	"troxymail/mailstore/kv"
)

// segmentBytes is the size of a file of the host log.
const segmentBytes = 32 << 20

// Options say which host of which group this is. All fields but Pillars, Founding, Strict and Synced are required.
type Options struct {
	Dir      string // made by Prepare
	Self     wire.ReplicaID
	Replicas int
	Pillars  int // parallel instances of ordering; 0 for one
	// Founding lets the enclave continue from this host's log, when it is not zero: UNSAFE against a host that lies.
	Founding     wire.Founding
	Genesis      [32]byte // hash of the genesis file
	FirstMailbox uint32
	// Strict has the log synced before each certificate of the enclave leaves, and not only before a result is durable.
	Strict bool
	// Synced is told how long each sync of the log took, by one goroutine at a time; nil: nobody asks.
	Synced func(took time.Duration)
	Logger *slog.Logger

	segmentBytes, scrubRate, leaseBytes int64 // tests make them smaller or larger; 0: the constants of these names
	checkpointEvery                     uint64
	keepLogBytes                        int64
	bodyGrace                           uint64
}

func setDefault(v *int64, d int64) {
	if *v == 0 {
		*v = d
	}
}

// ErrEnclaveGone is wrapped when the link to the enclave ended: serve the next one.
var ErrEnclaveGone = errors.New("host: the link to the enclave ended")

// Host is an open host: its log and store. It orders while an enclave is there (Serve).
type Host struct {
	o        Options
	group    quorum.Config
	log      *hostlog.Log
	renewed  bool    // the log was begun anew by Open
	history  history // changed by Serve alone
	held     atomic.Pointer[held]
	bodies   *blob.Store
	keeping  keeping[*kv.Snapshot] // snapshots, and what they hold back
	filled   filled
	building building
	// Large bodies that were removed since the folder was opened.
	collected atomic.Uint64
	began     time.Time
	faults    faults
	refusals  *node.Refusals
	scrub     scrub
	serving   sync.Mutex                // held by Serve
	node      atomic.Pointer[node.Node] // the last one; its enclave may be gone
	back      atomic.Pointer[node.Comeback]
	up        atomic.Bool // Serve is running
	links     atomic.Pointer[node.Links]
}

// Open opens the host's folder, brings its parts up from disk and repairs what it can (open.go). It reads the
// whole store. Errors name what is damaged, foreign, newer or in use, and what to do.
func Open(o Options) (*Host, error) {
	group, err := quorum.New(o.Replicas)
	if err != nil {
		return nil, err
	}
	setDefault(&o.segmentBytes, segmentBytes)
	setDefault(&o.scrubRate, scrubRate)
	setDefault(&o.leaseBytes, leaseBytes)
	if o.checkpointEvery == 0 {
		o.checkpointEvery = checkpointEvery
	}
	if o.bodyGrace == 0 {
		o.bodyGrace = bodyGrace
	}
	h := &Host{o: o, group: group, began: time.Now(), refusals: node.NewRefusals(group.N(), o.Logger)}
	h.keeping.most = o.leaseBytes
	h.filled.init()
	if err := h.open(); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *Host) config() bftcore.Config {
	return bftcore.Config{
		Self: h.o.Self, Quorum: h.group, Pillars: h.o.Pillars, Founding: h.o.Founding, Checkpoint: h.o.checkpointEvery,
		Strict: h.o.Strict, Continues: h.o.Founding != (wire.Founding{}), Since: h.history.since,
	}
}

// Serve orders for the enclave behind link, from where the log ends, until ctx ends (nil), the link ends
// (ErrEnclaveGone), or something fails without which a host cannot go on. It closes link. One at a time: a
// second call waits for the first.
func (h *Host) Serve(ctx context.Context, link boundary.Link) error {
	h.serving.Lock()
	defer h.serving.Unlock()
	defer link.Close()
	if err := h.bringForward(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	h.store().SetDurable(h.machine().Applied()) // the log has it all, and was synced
	if err := h.store().Flush(); err != nil {
		return fmt.Errorf("bringing the store forward: %w", err)
	}
	h.filled.again() // while no node ran, bodies may have gone
	var err error
	if h.o.Founding == (wire.Founding{}) {
		err = h.serveReturning(ctx, link)
	} else {
		err = h.serveContinuing(ctx, link)
	}
	switch {
	case ctx.Err() != nil && (err == nil || errors.Is(err, boundary.ErrClosed) || errors.Is(err, ctx.Err())):
		return nil
	case err == nil, errors.Is(err, boundary.ErrClosed):
		return ErrEnclaveGone
	}
	return err
}

// serveContinuing orders for an enclave that continues from what the log shows.
func (h *Host) serveContinuing(ctx context.Context, link boundary.Link) error {
	boot, err := h.machine().Incarnation(h.o.Self, h.o.Founding.Generation)
	if err != nil {
		return err
	}
	o := h.nodeOptions(link)
	o.Boot = boot
	return h.run(ctx, o)
}

func (h *Host) nodeOptions(link boundary.Link) node.Options {
	return node.Options{
		Config: h.config(), Dir: h.o.Dir, Log: h.log, Link: link, Links: late{h}, Logger: h.o.Logger,
		Application: &application{h: h}, Bodies: bodyStore{h.bodies},
		Checkpoints: checkpoints{h}, CheckpointEvery: h.o.checkpointEvery, KeepLogBytes: h.o.keepLogBytes,
		Now: h.now, Faults: h.faults.list, Refusals: h.refusals, Synced: h.o.Synced,
	}
}

func (h *Host) now() int64 { return int64(time.Since(h.began)) + 1 }

// run orders until something ends it.
func (h *Host) run(ctx context.Context, o node.Options) error {
	n, err := node.New(o)
	if err != nil {
		return err
	}
	h.building.set(false) // what the node before did not end is over
	h.node.Store(n)
	h.up.Store(true)
	defer h.up.Store(false)
	scrubbing, stopScrub := context.WithCancel(ctx)
	var scrubbed sync.WaitGroup
	scrubbed.Go(func() { h.runScrub(scrubbing, n) })
	scrubbed.Go(func() { h.runFill(scrubbing, n.Repair, n.Fetch) })
	scrubbed.Go(func() { h.runCollect(scrubbing, n) })
	err = n.Run(ctx)
	stopScrub()
	scrubbed.Wait()
	return err
}

// late sends over the links once they are connected.
type late struct{ h *Host }

func (l late) Send(to int, frame []byte) {
	if links := l.h.links.Load(); links != nil {
		(*links).Send(to, frame)
	}
}

// Connected implements node.Connections: true where the links cannot tell.
func (l late) Connected(peer int) bool {
	if links := l.h.links.Load(); links != nil {
		if c, tells := (*links).(interface{ Stats() transport.Stats }); tells {
			return c.Stats().Peers[peer].Connected
		}
	}
	return true
}

// Connect gives the host its links; before that, what it sends is lost (and sent again by the protocol).
func (h *Host) Connect(links node.Links) { h.links.Store(&links) }

// Receive takes a peer's frame: the handler of the links. Without an enclave it is dropped: peers send
// again.
func (h *Host) Receive(from int, frame []byte) {
	if h.up.Load() {
		h.node.Load().Receive(from, frame)
	} else if back := h.back.Load(); back != nil {
		back.Receive(from, frame)
	}
}

// Close flushes and closes the host's files. Call it after Serve has returned.
func (h *Host) Close() error {
	var errs []error
	if x := h.held.Load(); x != nil {
		h.keeping.drop()
		if err := x.store.Close(); err != nil {
			errs = append(errs, fmt.Errorf("closing the store: %w", err))
		}
	}
	if h.log != nil {
		if err := h.log.Close(); err != nil {
			errs = append(errs, fmt.Errorf("closing the log: %w", err))
		}
	}
	return errors.Join(errs...)
}

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
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/blob"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

// segmentBytes is the size of a file of the host log.
const segmentBytes = 32 << 20

// Options say which host of which group this is. All fields are required.
type Options struct {
	Dir          string // made by Prepare
	Self         wire.ReplicaID
	Replicas     int
	Founding     wire.Founding
	Genesis      [32]byte // hash of the genesis file
	FirstMailbox uint32
	Logger       *slog.Logger

	segmentBytes, scrubRate int64 // tests make them smaller or larger; 0: the constants of these names
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
	o       Options
	group   quorum.Config
	log     *hostlog.Log
	store   *kv.Store
	bodies  *blob.Store
	machine *state.Machine
	began   time.Time
	faults  faults
	scrub   scrub
	serving sync.Mutex                // held by Serve
	node    atomic.Pointer[node.Node] // the last one; its enclave may be gone
	up      atomic.Bool               // Serve is running
	links   atomic.Pointer[node.Links]
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
	h := &Host{o: o, group: group, began: time.Now()}
	if err := h.open(); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *Host) config() bftcore.Config {
	return bftcore.Config{Self: h.o.Self, Quorum: h.group, Founding: h.o.Founding}
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
	boot, err := h.machine.Incarnation(h.o.Self, h.o.Founding.Generation)
	if err != nil {
		return err
	}
	n, err := node.New(node.Options{
		Config: h.config(), Dir: h.o.Dir, Log: h.log, Link: link, Links: late{h}, Logger: h.o.Logger,
		Application: &application{machine: h.machine, store: h.store}, Bodies: bodyStore{h.bodies},
		Now: func() int64 { return int64(time.Since(h.began)) + 1 }, Faults: h.faults.list, Boot: boot,
	})
	if err != nil {
		return err
	}
	h.node.Store(n)
	h.up.Store(true)
	defer h.up.Store(false)
	scrubbing, stopScrub := context.WithCancel(ctx)
	var scrubbed sync.WaitGroup
	scrubbed.Go(func() { h.runScrub(scrubbing, n) })
	err = n.Run(ctx)
	stopScrub()
	scrubbed.Wait()
	switch {
	case ctx.Err() != nil && (err == nil || errors.Is(err, boundary.ErrClosed)):
		return nil
	case err == nil, errors.Is(err, boundary.ErrClosed):
		return ErrEnclaveGone
	}
	return err
}

// late sends over the links once they are connected.
type late struct{ h *Host }

func (l late) Send(to int, frame []byte) {
	if links := l.h.links.Load(); links != nil {
		(*links).Send(to, frame)
	}
}

// Connect gives the host its links; before that, what it sends is lost (and sent again by the protocol).
func (h *Host) Connect(links node.Links) { h.links.Store(&links) }

// Receive takes a peer's frame: the handler of the links. Without an enclave it is dropped: peers send
// again.
func (h *Host) Receive(from int, frame []byte) {
	if h.up.Load() {
		h.node.Load().Receive(from, frame)
	}
}

// Close flushes and closes the host's files. Call it after Serve has returned.
func (h *Host) Close() error {
	var errs []error
	if h.store != nil {
		if err := h.store.Close(); err != nil {
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

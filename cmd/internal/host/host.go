package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/node"
	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/blob"
	"troxymail/mailstore/command"
	"troxymail/mailstore/kv"
	"troxymail/mailstore/state"
)

// segmentBytes is the size of a file of the host log.
const segmentBytes = 32 << 20

// Options say which host of which group this is. All fields are required.
type Options struct {
	Dir          string // exists
	Self         wire.ReplicaID
	Replicas     int
	Founding     wire.Founding
	Genesis      [32]byte // hash of the genesis file
	FirstMailbox uint32
	Link         boundary.Link
	Logger       *slog.Logger
}

// Host is an open host. Connect its links, then call Run; Close it afterwards.
type Host struct {
	log   *hostlog.Log
	store *kv.Store
	node  *node.Node
	links atomic.Pointer[node.Links]
}

// Open opens the host's folder and brings its parts up from disk. Errors name what is damaged, foreign or
// in use, and what to do.
func Open(o Options) (*Host, error) {
	h := &Host{}
	if err := h.open(o); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *Host) open(o Options) error {
	group, err := quorum.New(o.Replicas)
	if err != nil {
		return err
	}
	if h.log, err = hostlog.Open(filepath.Join(o.Dir, "log"), hostlog.Options{SegmentBytes: segmentBytes}); err != nil {
		return err
	}
	if h.store, err = kv.Open(kv.Options{Path: filepath.Join(o.Dir, "store.db"), Cluster: o.Genesis}); err != nil {
		return err
	}
	bodies, err := blob.Open(h.store, blob.Options{Dir: o.Dir, SmallKey: state.SmallKey})
	if err != nil {
		return err
	}
	machine, err := state.Open(h.store, state.Genesis{FirstMailbox: command.MailboxID(o.FirstMailbox)})
	if err != nil {
		return err
	}
	start := time.Now()
	h.node, err = node.New(node.Options{
		Config: bftcore.Config{Self: o.Self, Quorum: group, Founding: o.Founding},
		Dir:    o.Dir, Log: h.log, Link: o.Link, Links: late{h}, Logger: o.Logger,
		Application: &application{machine: machine, store: h.store}, Bodies: bodyStore{bodies},
		Now: func() int64 { return int64(time.Since(start)) + 1 },
	})
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

// Receive takes a peer's frame: the handler of the links.
func (h *Host) Receive(from int, frame []byte) { h.node.Receive(from, frame) }

// Run runs the host until ctx ends (nil), or something that it cannot go on without fails.
func (h *Host) Run(ctx context.Context) error { return h.node.Run(ctx) }

// Status returns how far the host is.
func (h *Host) Status() bftcore.Status { return h.node.Status() }

// Close flushes and closes the host's files. Call it after Run has returned.
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

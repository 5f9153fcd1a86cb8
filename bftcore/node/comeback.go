package node

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

const (
	// maxPeerFrames bounds the frames of each peer that wait for a comeback: it sends again. One that floods keeps
	// nobody else's out.
	maxPeerFrames = 32
	// comebackTick is how often a comeback looks at the time.
	comebackTick = 50 * time.Millisecond
)

// Comeback is what a host does for an enclave that is not ACTIVE, until it is: it gathers what peers say, asks the
// enclave to apply the rules to it, and logs what they leave.
type Comeback struct {
	o      ComebackOptions
	driver *rejoin.Driver
	peers  chan peerFrame // holds maxPeerFrames of each
	held   []atomic.Int32 // by peer: how many of its frames are in peers
	status atomic.Pointer[rejoin.Status]
	wanted atomic.Pointer[[]wire.Entry] // batches that are asked for
}

// ComebackOptions say whose enclave comes back. All but Refusals are required.
type ComebackOptions struct {
	Config rejoin.Config
	Log    *hostlog.Log
	Links  Links
	Now    func() int64 // monotonic nanoseconds
	Logger *slog.Logger
	// Facts is how the host fares, for when the enclave asks.
	Facts func() boundary.HostFacts
	// Applied is the order that the store is at, and Follows the founding whose history it is of.
	Applied func() uint64
	Follows func() wire.Founding
	// Refusals takes note of what peers send that is not right; nil: only this comeback's own.
	Refusals *Refusals
}

type peerFrame struct {
	from  wire.ReplicaID
	frame []byte
}

// NewComeback returns a comeback for one life of an enclave.
func NewComeback(o ComebackOptions) *Comeback {
	n := o.Config.Quorum.N()
	if o.Refusals == nil {
		o.Refusals = NewRefusals(n, o.Logger)
	}
	c := &Comeback{o: o, driver: rejoin.New(o.Config, o.Now()), peers: make(chan peerFrame, n*maxPeerFrames), held: make([]atomic.Int32, n)}
	c.status.Store(&rejoin.Status{})
	c.wanted.Store(&[]wire.Entry{})
	return c
}

// Status tells how far the comeback is and for whom it waits. Safe for concurrent use.
func (c *Comeback) Status() rejoin.Status { return *c.status.Load() }

// Receive takes a frame of a peer while Await runs; what is not for it, or too much, is dropped. frame is the
// comeback's from here on.
func (c *Comeback) Receive(from int, frame []byte) {
	if from < 0 || from >= len(c.held) {
		return
	}
	if _, err := wire.PeekKind(frame); err != nil {
		c.o.Refusals.count(wire.ReplicaID(from), bftcore.CauseMalformed, err)
		return
	}
	if !rejoin.Wants(frame) && !c.wants(frame) {
		return
	}
	if c.held[from].Add(1) > maxPeerFrames {
		c.held[from].Add(-1)
		return
	}
	c.peers <- peerFrame{from: wire.ReplicaID(from), frame: frame} // there is room for all that may be held
}

// wants reports whether a frame is a batch that is asked for, or a question for one. Other batches would crowd out what
// the same peer says.
func (c *Comeback) wants(frame []byte) bool {
	kind, _ := wire.PeekKind(frame)
	wanted := *c.wanted.Load()
	switch {
	case !rejoin.WantsAway(frame):
		return false
	case kind == wire.KindPrepare:
		x, err := wire.CertificateOf(frame)
		return err == nil && slices.ContainsFunc(wanted, func(e wire.Entry) bool { return e.Batch == x.Digest })
	case kind == wire.KindProof:
		return len(wanted) > 0
	}
	return true
}

// Await brings the enclave behind link to ACTIVE and returns the Frontier that it begins with, which is in the log.
// An enclave that has not begun (fresh) is shown what the log holds of it first. Errors: of the log;
// boundary.ErrClosed; ctx's.
func (c *Comeback) Await(ctx context.Context, link *Turn, fresh bool) ([]byte, error) {
	will, err := readTestament(c.o.Log, c.o.Config.Self)
	if err != nil {
		return nil, err
	}
	if fresh {
		start := boundary.Start{Boot: 1, Frontier: will.Frontier, Certificates: will.Own}
		if err := link.Send(start.Append(nil)); err != nil {
			return nil, err
		}
	}
	c.o.Logger.Info("enclave.comes_back", "generation", will.Generation(), "position", will.Position().String())
	ticker := time.NewTicker(comebackTick)
	defer ticker.Stop()
	frames, read := reading(link)
	defer func() {
		_ = link.Close()
		<-read // what it read last is left for the next turn before that begins
	}()
	active, err := c.step(link, rejoin.Began{Proofs: will.Proofs, Batches: will.Batches, Applied: c.o.Applied(), Follows: c.o.Follows()})
	for err == nil && active == nil {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case p := <-c.peers:
			c.held[p.from].Add(-1)
			active, err = c.step(link, rejoin.Received{From: p.from, Raw: p.frame})
		case <-ticker.C:
			active, err = c.step(link, rejoin.Tick{})
		case batch, ok := <-frames:
			if !ok {
				return nil, boundary.ErrClosed
			}
			active, err = c.batch(link, batch)
		}
	}
	return active, err
}

// reading passes on what a link carries until it is closed. What was read and not taken is left for the next turn;
// then the second channel is closed.
func reading(link *Turn) (<-chan [][]byte, <-chan struct{}) {
	frames, ended := make(chan [][]byte), make(chan struct{})
	go func() {
		defer close(ended)
		defer close(frames)
		for {
			batch, err := link.Recv()
			if err != nil {
				return
			}
			select {
			case frames <- batch:
			case <-link.over:
				link.unread(batch)
				return
			}
		}
	}()
	return frames, ended
}

package node

import (
	"context"
	"sync/atomic"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/transfer"
)

const (
	// maxTransferQueue bounds the questions, and the answers, of peers that wait; further ones are dropped and
	// asked again.
	maxTransferQueue = 32
	// serveRate is how fast parts are served, in bytes a second for all peers together: mail goes first.
	serveRate = 64 << 20
	// wantAgain is how often peers that need a state which is not kept bring about a checkpoint.
	wantAgain = int64(30 * time.Second)
)

// transfers is what the two goroutines for state transfer share with others.
type transfers struct {
	asks      chan peerAsk
	answers   chan peerAnswer
	wanted    chan wire.Stable // the newest one; capacity 1
	installed atomic.Uint64
	target    atomic.Uint64 // order that is being taken over, 0 for none
	permille  atomic.Uint64
	liars     atomic.Uint64 // replicas that sent what does not fit, as bits, since the start
	served    atomic.Uint64 // bytes
	fetched   atomic.Uint64 // bytes
	kept      atomic.Uint64 // parts that were on the own disk
	wantAt    int64         // when a checkpoint may be brought about again; of the goroutine that serves
	ownWantAt int64         // the same; of the goroutine that takes
	gaveWay   bool          // an attempt since the last state that was taken over gave way to a newer one; the same
}

type peerAsk struct {
	from int
	ask  *wire.TransferAsk
}

type peerAnswer struct {
	from   wire.ReplicaID
	answer *wire.TransferAnswer
}

func newTransfers() *transfers {
	return &transfers{
		asks: make(chan peerAsk, maxTransferQueue), answers: make(chan peerAnswer, maxTransferQueue),
		wanted: make(chan wire.Stable, 1),
	}
}

// receive takes a peer's TRANSFER.
func (t *transfers) receive(from int, frame []byte) error {
	ask, answer, err := wire.DecodeTransfer(frame)
	switch {
	case err != nil:
	case ask != nil:
		select {
		case t.asks <- peerAsk{from, ask}:
		default:
		}
	case t.target.Load() != 0:
		select {
		case t.answers <- peerAnswer{wire.ReplicaID(from), answer}:
		default:
		}
	}
	return err
}

// serveParts answers peers until ctx ends.
func (n *Node) serveParts(ctx context.Context) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
		var q peerAsk
		select {
		case <-ctx.Done():
			return nil
		case q = <-n.transfers.asks:
		}
		answer := &wire.TransferAnswer{Order: q.ask.Order, Token: q.ask.Token, Gone: true}
		if n.o.Checkpoints != nil {
			if read, ok := n.o.Checkpoints.Read(q.ask.Order, wire.ReplicaID(q.from)); ok {
				answer = transfer.Serve(q.ask, read)
			}
			if answer.Gone {
				n.wantCheckpoint(q.ask.Order)
			}
		}
		frame := answer.Append(nil)
		n.o.Links.Send(q.from, frame)
		n.transfers.served.Add(uint64(len(frame)))
		pause.Reset(time.Duration(len(frame)) * time.Second / serveRate)
	}
}

// wantCheckpoint brings about a checkpoint when a peer asks for the state of one that is stable, and neither that nor a
// newer one is kept: states are kept by a process, and end with it.
func (n *Node) wantCheckpoint(order uint64) {
	stable, now := n.status.Load().Stable.Order, n.o.Now()
	if order > stable || now < n.transfers.wantAt {
		return
	}
	if n.o.Checkpoints.Kept(stable) {
		return // the peer learns of that one
	}
	n.transfers.wantAt = now + wantAgain
	n.inbox.put(sourceSelf, 0, bftcore.WantCheckpoint{})
}

// Transfer has the state of a stable checkpoint taken over from peers: what the core asks for, or whoever knows
// that the checkpoint is stable.
func (n *Node) Transfer(s wire.Stable) {
	if n.o.Checkpoints != nil && s.Order > 0 {
		n.transfers.want(s)
	}
}

// stateComes reports whether the state of a checkpoint is on its way, by a transfer or retraced, and how much of it is there.
func (n *Node) stateComes() (permille uint64, comes bool) {
	t, w := n.transfers, &n.stretches
	switch {
	case w.target.Load() != 0:
		return max(w.permille.Load(), t.permille.Load()), true
	case t.target.Load() != 0:
		return t.permille.Load(), true
	}
	return 0, false
}

// TransferFigures tell of state transfers; for metrics.
type TransferFigures struct {
	Target       uint64 // order that is being taken over, 0 for none
	Permille     uint64 // of it, how much is there
	FetchedBytes uint64 // of it, or of the last one, from peers
	KeptParts    uint64 // of it, or of the last one, from the own disk
	Installed    uint64 // states taken over since the start
	ServedBytes  uint64 // to peers since the start
}

// Transfers returns them as of a moment ago. Safe for concurrent use.
func (n *Node) Transfers() TransferFigures {
	t := n.transfers
	return TransferFigures{
		Target: t.target.Load(), Permille: t.permille.Load(), FetchedBytes: t.fetched.Load(), KeptParts: t.kept.Load(),
		Installed: t.installed.Load(), ServedBytes: t.served.Load(),
	}
}

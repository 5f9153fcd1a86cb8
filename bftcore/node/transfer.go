package node

import (
	"context"
	"errors"
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
	// stuckAgain is how often a transfer that nobody answers looks for a newer state to be taken instead.
	stuckAgain = time.Second
	// fruitlessFor is for how long a state is looked for that nobody who answers has, where a newer one is wanted: after
	// a stop of all the first is gone with the processes that kept it, and the next checkpoint brings the newer one.
	fruitlessFor = int64(500 * time.Millisecond)
	// giveUpAfter is when a transfer of which no part came is given up for another attempt, in which those who sent
	// what did not fit are asked again.
	giveUpAfter = int64(time.Minute)
	// wantAgain is how often peers that need a state which is not kept bring about a checkpoint.
	wantAgain = int64(30 * time.Second)
)

// errNoParts is why a transfer was given up.
var errNoParts = errors.New("node: no peer gave a part of the state for a minute")

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

// want asks for the state of a stable checkpoint; a later one takes its place.
func (t *transfers) want(s wire.Stable) {
	for {
		select {
		case t.wanted <- s:
			return
		default:
		}
		select {
		case <-t.wanted:
		default:
		}
	}
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

// takeParts takes over states that are wanted, one after the other, until ctx ends.
func (n *Node) takeParts(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-n.transfers.wanted:
			if n.status.Load().Applied >= s.Order {
				continue // the state before it was newer, or the store came there by itself
			}
			if err := n.take(ctx, s); err != nil {
				if !errors.Is(err, errNoParts) {
					n.diskErrors.Add(1)
				}
				n.o.Logger.Error("transfer.failed", "order", s.Order, "cause", err.Error())
				n.inbox.put(sourceSelf, 0, bftcore.NotInstalled{})
			}
		}
	}
}

// take takes over one state, and a newer one instead when that is wanted and the first is not to be had.
func (n *Node) take(ctx context.Context, s wire.Stable) error {
	t := n.transfers
	taking, err := n.o.Checkpoints.Take(s)
	if err != nil {
		return err
	}
	defer t.target.Store(0)
	t.permille.Store(0)
	t.target.Store(s.Order)
	n.o.Logger.Info("transfer.begins", "order", s.Order)
	f := transfer.New(n.o.Config.Self, n.o.Config.Quorum.N(), taking.Head(), taking.Check)
	timer := time.NewTimer(0)
	defer timer.Stop()
	parts, since, wantAt := uint64(0), n.o.Now(), int64(0)
	for {
		done, err := n.takeStep(f, taking, s.Order)
		if got := f.Counters(); got.Parts != parts {
			parts, since = got.Parts, n.o.Now()
		} else if err == nil && !done && n.o.Now() > since+giveUpAfter {
			err = errNoParts
		} else if got.Gone > 0 && n.o.Now() >= wantAt { // this host may lead itself
			wantAt = n.o.Now() + wantAgain
			n.inbox.put(sourceSelf, 0, bftcore.WantCheckpoint{})
		}
		if err != nil {
			taking.Abort()
			return err
		}
		if done {
			break
		}
		fruitless := f.Fruitless() && n.o.Now() >= since+fruitlessFor
		if (fruitless || f.Stuck(n.o.Now())) && len(t.wanted) > 0 { // what was taken is read from disk again
			taking.Abort()
			return nil
		}
		wait := time.Duration(giveUpAfter)
		if at := f.Deadline(); at != 0 {
			wait = min(wait, time.Duration(max(0, at-n.o.Now())))
		}
		if f.Stuck(n.o.Now()) {
			wait = min(wait, stuckAgain)
		}
		if f.Fruitless() {
			wait = min(wait, time.Duration(fruitlessFor))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			taking.Abort()
			return nil
		case a := <-t.answers:
			if a.answer.Order == s.Order { // a late one of a state that was wanted before is no lie about this one
				f.Answer(n.o.Now(), a.from, a.answer)
			}
		case <-timer.C:
		}
	}
	if err := taking.Finish(); err != nil {
		taking.Abort()
		return err
	}
	n.awaitInstalled(ctx, &taken{stable: s, taking: taking, done: make(chan struct{})})
	return nil
}

// awaitInstalled hands a finished state to the executor and waits until it is in its place. Before that the next
// one must not begin: both are put together in the same place on disk, so the executor would install a beginning.
func (n *Node) awaitInstalled(ctx context.Context, t *taken) {
	if n.enqueue(ctx, work{taken: t}) != nil {
		t.taking.Abort() // the node stops: the finished state is taken over again from disk
		return
	}
	select {
	case <-t.done:
	case <-ctx.Done():
	}
}

// takeStep does what f asks for now, and reports whether the state is whole.
func (n *Node) takeStep(f *transfer.Fetch, taking Taking, order uint64) (done bool, err error) {
	t := n.transfers
	for again := true; again; {
		again = false
		out := f.Next(n.o.Now())
		for i := range out.Parts {
			if err := taking.Add(&out.Parts[i]); err != nil {
				return false, err
			}
		}
		for _, a := range out.Asks {
			if a.To != n.o.Config.Self {
				q := wire.TransferAsk{Order: order, Token: a.Token}
				for _, x := range a.Items {
					q.Names = append(q.Names, []byte(x.Name))
				}
				n.o.Links.Send(int(a.To), q.Append(nil))
				continue
			}
			own := &wire.TransferAnswer{Order: order, Token: a.Token}
			for _, x := range a.Items {
				own.Parts = append(own.Parts, taking.Own(x))
			}
			f.Answer(n.o.Now(), a.To, own)
			again = true
		}
		again = again || len(out.Parts) > 0
	}
	t.permille.Store(uint64(f.Permille()))
	c := f.Counters()
	t.fetched.Store(c.Bytes)
	t.kept.Store(c.OwnParts)
	for _, r := range f.Liars() {
		if old := t.liars.Or(1 << r); old&(1<<r) == 0 {
			n.o.Logger.Error("transfer.unfit", "replica", r)
		}
	}
	return f.Done(), f.Err()
}

// Transfer has the state of a stable checkpoint taken over from peers: what the core asks for, or whoever knows
// that the checkpoint is stable.
func (n *Node) Transfer(s wire.Stable) {
	if n.o.Checkpoints != nil && s.Order > 0 {
		n.transfers.want(s)
	}
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

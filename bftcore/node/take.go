package node

import (
	"context"
	"errors"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/mailstore/transfer"
)

const (
	// stuckAgain is how often a transfer that nobody answers looks for a newer state to be taken instead.
	stuckAgain = time.Second
	// giveUpAfter is when a transfer of which no part came is given up for another attempt, in which those who sent
	// what did not fit are asked again.
	giveUpAfter = int64(time.Minute)
	// fruitlessAfter is the same when all say that they have not the state, or nothing.
	fruitlessAfter = int64(10 * time.Second)
)

// errNoParts is why a transfer was given up.
var errNoParts = errors.New("node: no peer gave a part of the state")

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
//
// After a stop of all, the state that is wanted first is gone with the processes that kept it, and the next checkpoint
// brings another, so that a fruitless attempt gives way to it soon. But once: sources that answer late, and checkpoints
// that come fast, would make each attempt a fruitless one.
func (n *Node) take(ctx context.Context, s wire.Stable) error {
	t := n.transfers
	n.hold(s)
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
	parts, since := uint64(0), n.o.Now()
	for {
		done, err := n.takeStep(f, taking, s.Order)
		if got := f.Counters(); got.Parts != parts {
			parts, since = got.Parts, n.o.Now()
		} else if now := n.o.Now(); err == nil && !done && (now > since+giveUpAfter || now > since+fruitlessAfter && f.Fruitless()) {
			err = errNoParts
		} else if got.Gone > 0 && n.o.Now() >= t.ownWantAt { // this host may lead itself
			t.ownWantAt = n.o.Now() + wantAgain
			n.inbox.put(sourceSelf, 0, bftcore.WantCheckpoint{})
		}
		if err != nil {
			taking.Abort()
			return err
		}
		if done {
			break
		}
		if n.status.Load().Applied >= s.Order { // the store came there by itself, or retraced the way
			taking.Abort()
			return nil
		}
		fruitless := !t.gaveWay && f.Fruitless()
		if (fruitless || f.Stuck(n.o.Now())) && len(t.wanted) > 0 { // what was taken is read from disk again
			t.gaveWay = true
			taking.Abort()
			return nil
		}
		wait := time.Duration(max(0, since+giveUpAfter+1-n.o.Now()))
		if at := f.Deadline(); at != 0 {
			wait = min(wait, time.Duration(max(0, at-n.o.Now())))
		}
		if f.Stuck(n.o.Now()) {
			wait = min(wait, stuckAgain)
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
	t.gaveWay = false
	n.awaitInstalled(ctx, &taken{stable: s, state: taking, done: make(chan struct{})})
	return nil
}

// holdName is the name of no part.
const holdName = "-"

// hold has peers keep a state from now on, by a question for nothing: to begin may take longer than from one checkpoint to
// the next, because what an attempt before has left is read then, and without a reader a state goes when the next is stable.
func (n *Node) hold(s wire.Stable) {
	q := wire.TransferAsk{Order: s.Order, Names: [][]byte{[]byte(holdName)}} // token 0: no question of a transfer's
	raw := q.Append(nil)
	for to := range n.o.Config.Quorum.N() {
		if to != int(n.o.Config.Self) {
			n.o.Links.Send(to, raw)
		}
	}
}

// awaitInstalled hands a finished state to the executor and waits until it is in its place. Before that the next
// one must not begin: both are put together in the same place on disk, so the executor would install a beginning.
func (n *Node) awaitInstalled(ctx context.Context, t *taken) {
	if n.enqueue(ctx, work{taken: t}) != nil {
		t.state.Abort() // the node stops: the finished state is taken over again from disk
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

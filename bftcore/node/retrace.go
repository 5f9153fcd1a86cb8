package node

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// ErrElsewhere is wrapped by Checkpoints.Retrace when the own log does not lead to where a way begins.
var ErrElsewhere = errors.New("node: the own log does not lead from the store to where the way begins")

// Way is a copy of the store on its way to a stable checkpoint, by batches that nothing but its root proves. One goroutine
// calls it.
type Way interface {
	// Order is where the copy is.
	Order() uint64
	// Apply executes the batch of the next order.
	Apply(order uint64, requests []wire.Request) error
	// Arrive reports whether the copy is the state of a stable checkpoint, and makes it durable then;
	// Application.Install puts it in the place of the present one.
	Arrive(s wire.Stable) (bool, error)
	// Abort ends it, also after Arrive and Install. Nothing is left.
	Abort()
}

// stretches are pieces of a way between the core's goroutine and the one that goes it. The core hands out no more than
// bftcore.MaxFetchOrders orders, and 16 MiB and a batch, beyond what was retraced, which bounds them. Safe for
// concurrent use.
type stretches struct {
	mu   sync.Mutex
	list []bftcore.Retrace
	wake chan struct{} // capacity 1

	newest   atomic.Uint64 // attempt
	target   atomic.Uint64 // order that is being retraced to, 0 for none
	permille atomic.Uint64
}

func (p *stretches) put(r bftcore.Retrace) {
	p.mu.Lock()
	if n := len(p.list); n > 0 && p.list[n-1].Attempt < r.Attempt {
		p.list = p.list[:0] // another attempt: the rest of the former is of no use
	}
	p.list = append(p.list, r)
	p.mu.Unlock()
	p.newest.Store(r.Attempt)
	notify(p.wake)
}

func (p *stretches) take() (list []bftcore.Retrace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list, p.list = p.list, nil
	return list
}

// retracer goes the ways that the core asks for, one at a time. One goroutine owns it.
type retracer struct {
	n       *Node
	attempt uint64
	way     Way // nil for none
	first   uint64
}

// retraceWays goes ways, one after the other, until ctx ends. A transfer may go on beside it: whatever is first counts.
func (n *Node) retraceWays(ctx context.Context) error {
	x := retracer{n: n}
	defer x.end()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.stretches.wake:
			x.retrace(ctx)
		}
	}
}

// retrace goes the pieces that are there.
func (x *retracer) retrace(ctx context.Context) {
	for _, p := range x.n.stretches.take() {
		if p.Attempt != x.attempt {
			x.end()
			x.attempt = p.Attempt
			if p.Stable.Order == 0 {
				continue
			}
			x.begin(ctx, &p)
		}
		if x.way != nil {
			x.piece(ctx, &p)
		}
	}
}

func (x *retracer) begin(ctx context.Context, p *bftcore.Retrace) {
	x.first = p.Batches[0].Order
	x.n.o.Logger.Info("retrace.begins", "order", p.Stable.Order, "from", x.first, "replica", p.From)
	way, err := x.n.o.Checkpoints.Retrace(ctx, x.first-1)
	if err != nil {
		x.fails(ctx, p, err)
		return
	}
	x.way = way
	x.n.stretches.permille.Store(0)
	x.n.stretches.target.Store(p.Stable.Order)
}

// piece applies some batches, and looks where that leads when the copy is at the checkpoint.
func (x *retracer) piece(ctx context.Context, p *bftcore.Retrace) {
	for i := range p.Batches {
		b := &p.Batches[i]
		if b.Order <= x.way.Order() {
			continue // the store went on meanwhile, and the copy has it
		}
		if ctx.Err() != nil || x.n.stretches.newest.Load() != p.Attempt {
			return // another piece tells how it goes on
		}
		if err := x.way.Apply(b.Order, b.Requests); err != nil {
			x.fails(ctx, p, err)
			return
		}
	}
	at := x.way.Order()
	if at < p.Stable.Order {
		x.n.stretches.permille.Store((at + 1 - x.first) * 1000 / (p.Stable.Order + 1 - x.first))
		x.n.inbox.put(sourceSelf, 0, bftcore.Retraced{Attempt: p.Attempt, Order: at})
		return
	}
	switch there, err := x.way.Arrive(p.Stable); {
	case err != nil:
		x.fails(ctx, p, err)
	case !there: // that peer lies, or the own store was another one before
		x.n.o.Logger.Error("retrace.elsewhere", "order", p.Stable.Order, "replica", p.From)
		x.fails(ctx, p, nil)
	default:
		way := x.way
		x.way = nil // the executor ends it
		x.n.stretches.target.Store(0)
		x.n.awaitInstalled(ctx, &taken{stable: p.Stable, state: way, done: make(chan struct{})})
	}
}

// fails ends a way: another peer's is gone next.
func (x *retracer) fails(ctx context.Context, p *bftcore.Retrace, err error) {
	x.end()
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		if !errors.Is(err, ErrElsewhere) {
			x.n.diskErrors.Add(1)
		}
		x.n.o.Logger.Error("retrace.failed", "order", p.Stable.Order, "cause", err.Error())
	}
	x.n.inbox.put(sourceSelf, 0, bftcore.Retraced{Attempt: p.Attempt, Failed: true})
}

func (x *retracer) end() {
	if x.way != nil {
		x.way.Abort()
		x.way = nil
		x.n.stretches.target.Store(0)
	}
}

package node

import (
	"context"
	"errors"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

const (
	// maxQueuedWork bounds the batches that wait for execution; the core's window bounds what they hold.
	maxQueuedWork = 512
	// answerBytes is how large a frame of results may grow before the next begins; one result always
	// fits (wire.MaxResultBytes is below boundary.MaxFrameBytes).
	answerBytes = 512 << 10
	// tickAfter is how long after the last batch the store is told of the time.
	tickAfter = 6 * time.Second
)

// work is one thing for the executor.
type work struct {
	batch    bftcore.Batch
	reanswer *wire.Request
	taken    *taken
}

func (n *Node) enqueue(ctx context.Context, w work) error {
	select {
	case n.execute <- w:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer is a result that waits until what it shows is durable.
type answer struct {
	order   uint64
	depends uint64
	item    boundary.ExecutedItem
}

// executor is what the goroutine that owns the application keeps.
type executor struct {
	n       *Node
	waiting []answer                // in order of execution
	results []boundary.ExecutedItem // of the frame that is being put together
	out     boundary.Outbox
	self    wire.ReplicaID

	lastRooted uint64 // order of the last checkpoint that the core was told of
}

// run executes batches in order and answers them when they are durable.
func (n *Node) run(ctx context.Context) error {
	x := &executor{n: n, self: n.o.Config.Self}
	tick := time.NewTimer(tickAfter)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			n.o.Application.Tick()
			if n.o.Application.Durable() < n.o.Application.Applied() {
				tick.Reset(tickAfter)
			}
		case <-n.durableC:
		case p := <-n.peeks:
			n.answerPeek(p)
			continue
		case w := <-n.execute:
			if err := x.do(ctx, w); err != nil {
				return err
			}
			tick.Reset(tickAfter)
			if err := x.more(ctx); err != nil {
				return err
			}
		}
		durable := n.durable.Load()
		n.o.Application.SetDurable(durable)
		if stored := n.o.Application.Durable(); stored > n.stored.Load() {
			n.stored.Store(stored)
			notify(n.storedC)
		}
		x.rooted()
		if err := x.answer(durable); err != nil {
			return nil // the link is closed: the node stops by that
		}
	}
}

// more does further work that waits already, so that its answers share frames.
func (x *executor) more(ctx context.Context) error {
	for range 64 {
		select {
		case w := <-x.n.execute:
			if err := x.do(ctx, w); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (x *executor) do(ctx context.Context, w work) error {
	if w.reanswer != nil {
		if a, ok := x.n.o.Application.Cached(w.reanswer.ID); ok {
			x.add(w.reanswer, a, true)
			x.n.inbox.put(sourceSelf, 0, bftcore.Known{Request: *w.reanswer})
		}
		return nil
	}
	if w.taken != nil {
		return x.install(w.taken)
	}
	if w.batch.Order <= x.n.o.Application.Applied() {
		return nil // a state that was taken over has it
	}
	applied, err := x.apply(ctx, w.batch)
	if err != nil {
		return err
	}
	for i := range applied {
		x.add(&w.batch.Requests[i], applied[i], false)
	}
	for i := range w.batch.Requests {
		if named := w.batch.Requests[i].Bodies; len(named) > 0 {
			x.n.bodies.named(named)
		}
	}
	x.n.roots.note(w.batch.Order, x.n.o.Application.Root())
	if err := x.boundary(w.batch.Order); err != nil {
		return err
	}
	x.n.inbox.put(sourceSelf, 0, bftcore.Executed{Order: w.batch.Order})
	return nil
}

// apply executes a batch, waiting for the log where the store has to.
func (x *executor) apply(ctx context.Context, b bftcore.Batch) ([]Applied, error) {
	for {
		applied, err := x.n.o.Application.Apply(b.Order, b.Requests)
		if !errors.Is(err, ErrWaitForLog) {
			return applied, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-x.n.durableC:
			x.n.o.Application.SetDurable(x.n.durable.Load())
		}
	}
}

// add queues the answer to q. The payload goes along when the own enclave asked, or when the origin asked
// again.
func (x *executor) add(q *wire.Request, a Applied, again bool) {
	it := boundary.ExecutedItem{Item: item(q), Head: a.Result.Head(), Depends: a.Depends}
	if again || q.ID.Origin == x.self {
		it.Full, it.Payload = true, a.Result.Payload
	}
	x.waiting = append(x.waiting, answer{order: a.Order, depends: a.Depends, item: it})
}

// answer hands the enclave what is durable, grouped by order, in frames of bounded size.
func (x *executor) answer(durable uint64) error {
	e := boundary.Executed{Results: x.results[:0]}
	size := 0
	flush := func() {
		if len(e.Results) > 0 {
			x.out.Add(e.Append)
		}
		e.Results, size = e.Results[:0], 0
	}
	kept := x.waiting[:0]
	for i := range x.waiting {
		a := &x.waiting[i]
		if a.depends > durable {
			kept = append(kept, *a)
			continue
		}
		cost := len(a.item.Item.Header) + len(a.item.Payload) + 256
		if e.Order != a.order || size+cost > answerBytes || len(e.Results) >= boundary.MaxItems {
			flush()
			e.Order, e.DurableUpTo = a.order, durable
		}
		e.Results = append(e.Results, a.item)
		size += cost
	}
	clear(x.waiting[len(kept):])
	x.waiting = kept
	flush()
	clear(e.Results[:cap(e.Results)])
	x.results = e.Results
	return x.out.SendTo(x.n.o.Link)
}

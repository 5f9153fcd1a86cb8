package node

import (
	"context"
	"time"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/rejoin"
	"troxymail/enclave/boundary"
)

const (
	// publishEvery bounds how often the status is copied for others.
	publishEvery = int64(100 * time.Millisecond)
	// truncateEvery is how many durable orders pass between two looks at what the log may drop.
	truncateEvery = 4096
	// sourceSelf is the own enclave and the own goroutines among the sources of the inbox.
	sourceSelf = -1
)

// orderer is what the goroutine that owns the core keeps beside it.
type orderer struct {
	n         *Node
	calls     map[uint64]callKind // open calls to the enclave
	held      []heldMessages      // wait for a sync, in order
	published int64
	helped    int64
	truncated uint64 // durable order at the last look
	out       boundary.Outbox
	items     []boundary.Item // memory of itemsOf
}

// callKind tells what an answer of the enclave answers.
type callKind uint8

const (
	callPrepare callKind = iota + 1
	callCommit
	callVerify
	callCheck
)

// heldMessages leave when the log is synced up to record.
type heldMessages struct {
	record   uint64
	messages []bftcore.Message
}

// order owns the core until ctx ends.
func (n *Node) order(ctx context.Context) error {
	o := &orderer{n: n, calls: map[uint64]callKind{}}
	timer := time.NewTimer(0)
	defer timer.Stop()
	armed := n.o.Now() // when timer fires; 0 once it has
	var spare []entry
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.inbox.wake:
		case <-timer.C:
			armed = 0
		}
		now := n.o.Now()
		taken := n.inbox.take(spare)
		for i := range taken {
			if x, ok := taken[i].event.(returning); !ok {
				o.step(now, taken[i].event)
			} else if err := o.help(x.event); err != nil {
				return err
			}
		}
		spare = taken
		if now >= o.helped+int64(comebackTick) && n.o.Comeback != nil {
			o.helped = now
			var e rejoin.Event = rejoin.Tick{}
			if n.overtaken() {
				e = rejoin.Overtaken{}
			}
			if err := o.help(e); err != nil {
				return err
			}
		}
		n.core.Step(now, bftcore.Tick{})
		if err := o.ready(ctx); err != nil {
			return err
		}
		o.after(now)
		due := now + int64(time.Hour)
		if at := n.core.NextDeadline(); at != 0 {
			due = at
		}
		if n.o.Comeback != nil {
			due = min(due, now+int64(5*comebackTick))
		}
		if armed == 0 || due < armed { // one that fires sooner does no harm, and setting one costs
			armed = due
			timer.Reset(max(0, time.Duration(due-n.o.Now())))
		}
	}
}

// certified is an answer of the enclave to either certify call: which one, its token tells.
type certified struct {
	bftcore.Event
	answer boundary.Certified
}

func (o *orderer) step(now int64, e bftcore.Event) {
	switch x := e.(type) {
	case certified:
		kind := o.calls[x.answer.Token]
		delete(o.calls, x.answer.Token)
		o.n.core.Step(now, x.event(kind))
		return
	case statusAsked:
		o.answerStatus(x)
		return
	case bftcore.Verified:
		delete(o.calls, x.Token)
	}
	o.n.core.Step(now, e)
}

// ready does what the core asks for, in the order that its contract demands.
func (o *orderer) ready(ctx context.Context) error {
	r := o.n.core.Ready()
	defer o.n.core.Advance()
	if len(r.Records) > 0 {
		records := make([]hostlog.Record, len(r.Records))
		for i, x := range r.Records {
			records[i] = hostlog.Record{Kind: hostlog.Kind(x.Kind), Order: x.Order, Body: x.Body}
		}
		if err := o.n.append(records); err != nil {
			return err
		}
	}
	if r.Sync {
		notify(o.n.unsynced)
	}
	o.n.o.Refusals.core(r.Refusals)
	o.sendMessages(r.Messages, r.LastRecord)
	o.makeCalls(r.Calls)
	for _, b := range r.Execute {
		if err := o.n.enqueue(ctx, work{batch: b}); err != nil {
			return nil
		}
	}
	for _, q := range r.Reanswer {
		if err := o.n.enqueue(ctx, work{reanswer: &q}); err != nil {
			return nil
		}
	}
	for _, l := range r.Load {
		go o.n.load(l)
	}
	for _, d := range r.NeedBody {
		o.n.bodies.need(d)
	}
	if r.Stable != nil {
		o.n.NoteStable(*r.Stable)
	}
	if r.Transfer != nil {
		o.n.Transfer(r.Transfer.Stable)
	}
	if r.Retrace != nil && o.n.o.Checkpoints != nil {
		o.n.stretches.put(*r.Retrace)
	}
	for _, order := range r.Recall {
		go o.n.recall(order)
	}
	return nil
}

func (o *orderer) sendMessages(messages []bftcore.Message, lastRecord uint64) {
	var later []bftcore.Message
	for _, m := range messages {
		if m.AfterSync {
			later = append(later, m)
		} else {
			o.n.o.Links.Send(int(m.To), m.Raw)
		}
	}
	if len(later) > 0 {
		o.held = append(o.held, heldMessages{record: lastRecord, messages: later})
	}
	o.release()
}

// release sends what waited for a sync that has happened.
func (o *orderer) release() {
	synced := o.n.synced.Load()
	n := 0
	for n < len(o.held) && o.held[n].record <= synced {
		for _, m := range o.held[n].messages {
			o.n.o.Links.Send(int(m.To), m.Raw)
		}
		n++
	}
	o.held = append(o.held[:0], o.held[n:]...)
}

func (o *orderer) makeCalls(calls []bftcore.Call) {
	for _, c := range calls {
		o.call(c)
	}
	_ = o.out.SendTo(o.n.o.Link) // a link that is closed ends the node
}

// after lets the rest of the host know what changed.
func (o *orderer) after(now int64) {
	durable := o.n.core.Durable()
	if durable > o.n.durable.Load() {
		o.n.durable.Store(durable)
		notify(o.n.durableC)
	}
	if now >= o.published+publishEvery {
		o.published = now
		o.n.publish()
		if order := o.n.lacking(o.n.status.Load()); order > o.n.lacked {
			o.n.lacked = order
			o.n.o.Logger.Error("order.lacking", "order", order, "do", boundary.AlarmNeedsTransfer.Sentence())
		}
	}
	if durable >= o.truncated+truncateEvery {
		o.truncated = durable
		o.n.truncate()
	}
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

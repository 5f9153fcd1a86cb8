package replica

import (
	"context"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/troxy"
	"troxymail/mailstore/command"
)

// Outcome is a voted, durable result.
type Outcome struct {
	Order   uint64
	Status  wire.Status
	Payload []byte
}

// submission is a request that waits for room in the client's window.
type submission struct {
	command []byte
	flags   wire.RequestFlags
	keys    []wire.Key
	bodies  []wire.Digest
	done    chan troxy.Outcome
}

// withBodies is a command that names large bodies.
type withBodies interface{ Bodies() []wire.Digest }

// Do orders c and returns its voted result, durable at f+1 replicas. ErrUnavailable after
// troxy.GiveUpAfter: the outcome is unknown. When ctx ends first, the outcome is unknown as well and
// ctx's error is returned. Safe for concurrent use; c must not change afterwards.
func (r *Replica) Do(ctx context.Context, c command.Command) (Outcome, error) {
	s := submission{command: c.Append(nil), keys: c.Keys(), done: make(chan troxy.Outcome, 1)}
	if c.ReadOnly() {
		s.flags = wire.FlagReadOnly
	}
	if b, ok := c.(withBodies); ok {
		s.bodies = b.Bodies()
	}
	if err := r.call(ctx, func(w *owner) { w.queue = append(w.queue, s) }); err != nil {
		return Outcome{}, err
	}
	select {
	case o := <-s.done:
		if o.Err != nil {
			return Outcome{}, o.Err
		}
		return Outcome{Order: o.Order, Status: o.Result.Status, Payload: o.Result.Payload}, nil
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	case <-r.done:
		return Outcome{}, ErrStopped
	}
}

// submitQueued gives waiting submissions to the client while it has room. Before the enclave is ACTIVE
// they wait.
func (w *owner) submitQueued(now int64) {
	n := 0
	for n < len(w.queue) && w.client.Room() {
		s := w.queue[n]
		ticket, raw, err := w.client.Submit(now, s.command, s.flags, s.keys, s.bodies)
		if err != nil {
			break
		}
		w.waiting[ticket] = s.done
		q := boundary.Request{Raw: raw}
		w.send(q.Append(nil))
		n++
	}
	clear(w.queue[:n])
	w.queue = w.queue[n:]
	if len(w.queue) == 0 {
		w.queue = nil
	}
}

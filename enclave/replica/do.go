package replica

import (
	"context"

	"troxymail/bftcore/wire"
	"troxymail/enclave/troxy"
	"troxymail/mailstore/command"
)

// Outcome is a voted, durable result. Touched are the digests, at the end of the order, of the command's keys.
type Outcome struct {
	Order   uint64
	Status  wire.Status
	Payload []byte
	Touched []wire.KeyDigest
}

// submission is a request that waits for room in the client's window, and then for its outcome.
type submission struct {
	ctx     context.Context // of the caller: when it ended, nobody waits
	since   int64
	command []byte // nil once it was submitted
	bytes   int    // of the command
	flags   wire.RequestFlags
	keys    []wire.Key
	bodies  []wire.Digest
	done    chan troxy.Outcome // capacity 1
	enqueue func(*owner)       // the call that takes it in
}

func newSubmission() any {
	s := &submission{done: make(chan troxy.Outcome, 1)}
	s.enqueue = func(w *owner) { w.enqueue(s) }
	return s
}

// writes returns what the command may change: nothing if it reads.
func (s *submission) writes() []wire.Key {
	if s.flags&wire.FlagReadOnly != 0 {
		return nil
	}
	return s.keys
}

// Do orders c and returns its voted result, durable at f+1 replicas. ErrUnavailable after
// troxy.GiveUpAfter: the outcome is unknown. When ctx ends first, the outcome is unknown as well and
// ctx's error is returned. ErrSize for a command over the limits of package wire; ErrBusy when too much
// waits already: it was not sent. Safe for concurrent use; c must not change afterwards.
func (r *Replica) Do(ctx context.Context, c command.Command) (Outcome, error) {
	s := r.submissions.Get().(*submission)
	s.ctx, s.command, s.keys, s.bodies, s.flags = ctx, c.Append(nil), c.Keys(), command.Bodies(c), 0
	if len(s.command) > wire.MaxCommandBytes || len(s.keys) > wire.MaxKeys || len(s.bodies) > wire.MaxBodies {
		return Outcome{}, ErrSize
	}
	if c.ReadOnly() {
		s.flags = wire.FlagReadOnly
	}
	if err := r.call(ctx, s.enqueue); err != nil {
		return Outcome{}, err
	}
	select {
	case o := <-s.done:
		s.ctx, s.command, s.keys, s.bodies = nil, nil, nil, nil
		r.submissions.Put(s)
		if o.Err != nil {
			return Outcome{}, o.Err
		}
		return Outcome{Order: o.Order, Status: o.Result.Status, Payload: o.Result.Payload, Touched: o.Result.Touched}, nil
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	case <-r.done:
		return Outcome{}, ErrStopped
	}
}

// enqueue takes a submission in, within bounds. One whose caller leaves still counts until its outcome, or
// until its time is up.
func (w *owner) enqueue(s *submission) {
	s.bytes = len(s.command)
	if len(w.queue) >= maxWaiting || w.pendingBytes+s.bytes > maxPendingBytes {
		s.done <- troxy.Outcome{Err: ErrBusy}
		return
	}
	s.since = w.r.o.Now()
	w.pendingBytes += s.bytes
	w.queue = append(w.queue, s)
}

// submitQueued gives waiting submissions to the client while it has room. Before the enclave is ACTIVE
// they wait. Who waited too long is told so.
func (w *owner) submitQueued(now int64) {
	n := 0
	for n < len(w.queue) && w.takeUp(now, w.queue[n]) {
		n++
	}
	w.proposeOwn()
	clear(w.queue[:n])
	if n == len(w.queue) {
		n, w.queue = 0, w.queue[:0]
	}
	w.queue = w.queue[n:]
}

// takeUp submits or ends a queued submission; false when it has to wait on.
func (w *owner) takeUp(now int64, s *submission) bool {
	switch {
	case s.ctx.Err() != nil: // it was never sent and nobody waits
		w.pendingBytes -= s.bytes
		return true
	case now >= s.since+int64(troxy.GiveUpAfter):
		w.pendingBytes -= s.bytes
		s.done <- troxy.Outcome{Err: ErrUnavailable}
		return true
	case w.client == nil || !w.fence.Serves():
		return false
	}
	ticket, raw, err := w.client.Submit(now, s.since, s.command, s.flags, s.keys, s.bodies)
	if err != nil {
		return false
	}
	w.waiting[ticket], s.command = s, nil
	w.gather(ticket, raw, s.bodies)
	return true
}

// settle hands outcomes to whoever waits for them, and first to the index: what a session was told is known.
func (w *owner) settle(outcomes []troxy.Outcome) {
	for _, o := range outcomes {
		w.voted(&o)
		if s := w.waiting[o.Ticket]; s != nil {
			delete(w.waiting, o.Ticket)
			w.pendingBytes -= s.bytes
			if o.Err == nil {
				w.r.watches.fire(s.writes()) // the own host may have kept its own result back
			}
			s.done <- o // capacity 1, one outcome a ticket
		}
	}
}

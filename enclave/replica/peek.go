package replica

import (
	"context"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mailstore/command"
)

const (
	// maxPeeks bounds the unordered reads without an answer; each may bring wire.MaxResultBytes.
	maxPeeks = 64
	// peekTimeout is when a host that does not answer is given up: ordering the read is better then.
	peekTimeout = time.Second
)

// Seen is what the own host says that a read gives: its word alone. Evidence is the record that names the state read
// (command.MailboxState, NamespaceState or AccountState); whoever knows its digest can check Payload.
type Seen struct {
	Status   wire.Status
	Payload  []byte
	Evidence []byte
}

// peeks are the unordered reads in progress, by token.
type peeks struct {
	open map[uint64]*peekCall
	next uint64
	due  alarm
}

type peekCall struct {
	giveUp  int64
	outcome chan *Seen // capacity 1; nil: the host did not do it
}

// Peek has the own host execute a command that changes nothing, on the state that it has now. False when it did not
// answer in time, or too many wait. Nothing that it says may be shown before it was checked against a validated
// digest. Safe for concurrent use.
func (r *Replica) Peek(ctx context.Context, c command.Command) (Seen, bool) {
	call := &peekCall{outcome: make(chan *Seen, 1)}
	encoded := c.Append(nil)
	if len(encoded) > wire.MaxCommandBytes || r.call(ctx, func(w *owner) { w.peek(call, encoded) }) != nil {
		return Seen{}, false
	}
	select {
	case seen := <-call.outcome:
		if seen != nil {
			return *seen, true
		}
	case <-ctx.Done(): // the call stays until its answer or its time
	case <-r.done:
	}
	return Seen{}, false
}

func (w *owner) peek(c *peekCall, encoded []byte) {
	t := &w.peeks
	if w.client == nil || len(t.open) >= maxPeeks {
		c.outcome <- nil // capacity 1; a call ends once
		return
	}
	if t.open == nil {
		t.open = map[uint64]*peekCall{}
	}
	t.next++
	c.giveUp = w.r.o.Now() + int64(peekTimeout)
	t.open[t.next] = c
	t.due.by(c.giveUp)
	p := boundary.Peek{Token: t.next, Command: encoded}
	w.send(p.Append)
}

func (w *owner) peeked(f []byte) error {
	p, err := boundary.DecodePeeked(f)
	if err != nil {
		return err
	}
	c := w.peeks.open[p.Token]
	if c == nil {
		w.stats.UnaskedAnswers++
		return nil
	}
	delete(w.peeks.open, p.Token)
	if !p.Done {
		c.outcome <- nil
		return nil
	}
	c.outcome <- &Seen{Status: p.Status, Payload: p.Payload, Evidence: p.Evidence}
	return nil
}

func (t *peeks) expire(now int64) {
	if !t.due.rings(now) {
		return
	}
	for token, c := range t.open {
		if now >= c.giveUp {
			delete(t.open, token)
			c.outcome <- nil
		} else {
			t.due.by(c.giveUp)
		}
	}
}

package replica

import (
	"context"
	"io"

	"troxymail/bftcore/wire"
	"troxymail/cache/index"
	"troxymail/cache/validate"
	"troxymail/enclave/boundary"
	"troxymail/enclave/troxy"
	"troxymail/mailstore/command"
)

// reads is what the owner keeps for validated reads. The index is raised by note before a reply is authenticated,
// and by voted before a session hears of an outcome; nothing else writes it.
type reads struct {
	index   *index.Index
	asker   *validate.Asker
	open    map[uint64]*validation // by ticket
	unknown uint64
}

// validation is one Validate call in progress.
type validation struct {
	ctx      context.Context
	keys     []wire.Key
	versions []wire.KeyVersion
	attempt  int
	behind   *wire.ReplicaID        // who was, at the attempt before; nil: nobody
	outcome  chan []wire.KeyVersion // capacity 1; nil: not validated
}

// ReadStats count validated reads.
type ReadStats struct {
	validate.Counters
	Unknown uint64 // reads of keys that this enclave does not know
	Entries uint64 // keys in the index
	Evicted uint64
	Off     uint8 // classes of keys that are switched off, one bit a wire.KeyKind
}

// recoveryOrder is the order up to which a former incarnation of this enclave may have told things: the highest one
// of the bundle that this one began with. Only votes above it count for the index.
func (w *owner) recoveryOrder() uint64 {
	d := w.counter.State().Disclosure()
	return d.End()
}

// beginReads makes the index and the asker of this run.
func (w *owner) beginReads() error {
	o := validate.Options{
		Group: w.r.o.Group, Self: w.counter.Incarnation(), Vector: w.counter.Vector, Key: w.r.o.Cache,
	}
	if _, err := io.ReadFull(w.r.o.Rand, o.Run[:]); err != nil {
		w.r.o.Logger.Error("enclave.no_randomness", "cause", err.Error())
		return err
	}
	w.reads = reads{index: index.New(w.recovered), asker: validate.NewAsker(o), open: map[uint64]*validation{}}
	return nil
}

// note raises the index by what the own host claims of one request, before the reply that says so is authenticated.
// A result other than StatusOK need not depend on all that it names: its keys count as durable with its order.
func (w *owner) note(order, durableUpTo uint64, q *wire.Request, c *troxy.Claim) error {
	depends := c.Depends
	if c.Head.Status != command.StatusOK {
		depends = order
	}
	return w.reads.index.Claims(order, depends <= durableUpTo, q.Keys, c.Head.Touched)
}

// voted raises the index by an outcome. One other than StatusOK says nothing of how durable its keys are, and so
// only that this incarnation was answered.
func (w *owner) voted(o *troxy.Outcome) {
	switch {
	case o.Err != nil:
	case o.Result.Status != command.StatusOK:
		w.reads.index.Voted(o.Order, nil)
	default:
		w.reads.index.Voted(o.Order, o.Result.Touched)
	}
}

// Validate returns the versions of keys (at most wire.MaxCacheKeys) that f other enclaves know as well, durably: the
// state of all of them at one moment since the call began. False when that cannot be said: then read through the
// order (Do), which also tells this enclave what it did not know. It waits for at most about a second. Safe for
// concurrent use; keys must not change afterwards.
func (r *Replica) Validate(ctx context.Context, keys []wire.Key) ([]wire.KeyVersion, bool) {
	v := &validation{ctx: ctx, keys: keys, attempt: 1, outcome: make(chan []wire.KeyVersion, 1)}
	if r.call(ctx, func(w *owner) { w.validate(v) }) != nil {
		return nil, false
	}
	select {
	case versions := <-v.outcome:
		return versions, versions != nil
	case <-ctx.Done():
	case <-r.done:
	}
	return nil, false
}

// validate asks about v, or ends it when there is nothing to ask.
func (w *owner) validate(v *validation) {
	if w.client == nil || !w.fence.Serves() || v.ctx.Err() != nil {
		v.outcome <- nil // capacity 1; a validation ends once
		return
	}
	versions, known := w.reads.index.Snapshot(v.keys)
	if !known {
		w.reads.unknown++
		v.outcome <- nil
		return
	}
	var ticket uint64
	var ok bool
	if v.behind == nil {
		ticket, ok = w.reads.asker.Ask(versions, v.attempt)
	} else {
		ticket, ok = w.reads.asker.AskOthers(versions, v.attempt, *v.behind)
	}
	if !ok {
		v.outcome <- nil
		return
	}
	v.versions = versions
	w.reads.open[ticket] = v
}

// cacheMessage takes a question or an answer of a peer enclave, about versions of keys or about marks.
func (w *owner) cacheMessage(message []byte) {
	kind, err := wire.PeekKind(message)
	switch {
	case err != nil:
		w.stats.BadFrames++
	case kind == wire.KindCacheQuery:
		if a, ok := w.reads.asker.Answer(w.reads.index, message); ok {
			w.sendMessage(boundary.KindSendCache, a.To, a.Bytes)
		}
	case kind == wire.KindMarksQuery:
		if a, ok := w.lag.detector.Answer(message); ok {
			w.sendMessage(boundary.KindSendCache, a.To, a.Bytes)
		}
	case kind == wire.KindMarksReply:
		w.lag.detector.OnReply(message)
	default:
		w.decided(w.reads.asker.OnReply(w.r.o.Now(), message))
	}
}

func (w *owner) decided(all []validate.Decision) {
	for _, d := range all {
		v := w.reads.open[d.Ticket]
		delete(w.reads.open, d.Ticket)
		switch d.Outcome {
		case validate.Valid:
			v.outcome <- v.versions
		case validate.Again:
			v.attempt++
			if v.behind = nil; d.Verdict != wire.VerdictNewer {
				v.behind = &d.Peer
			}
			w.validate(v)
		default:
			v.outcome <- nil
		}
	}
}

// validations ends what was not answered in time, and sends the questions of this turn together.
func (w *owner) validations(now int64) {
	if w.reads.asker == nil {
		return
	}
	w.decided(w.reads.asker.Tick(now))
	for _, m := range w.reads.asker.Flush(now) {
		w.sendMessage(boundary.KindSendCache, m.To, m.Bytes)
	}
}

func (w *owner) readDeadline() int64 {
	if w.reads.asker == nil {
		return 0
	}
	return w.reads.asker.NextDeadline()
}

func (w *owner) readStats() ReadStats {
	return ReadStats{
		Counters: w.reads.asker.Counters(), Unknown: w.reads.unknown, Entries: uint64(w.reads.index.Len()),
		Evicted: w.reads.index.Evicted(), Off: w.reads.asker.Off(),
	}
}

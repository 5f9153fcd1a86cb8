package replica

import (
	"encoding/binary"
	"errors"
	"io"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/troxy"
	"troxymail/mailstore/command"
)

// start takes what the host's log holds: once. The enclave is RECOVERING then, until its host's questions bring it
// to ACTIVE (ask.go).
func (w *owner) start(f []byte) error {
	s, err := boundary.DecodeStart(f)
	if err != nil || w.counter.Standing() != wire.Booted {
		return errors.Join(err, boundary.ErrFrame)
	}
	if w.r.o.Founding != (wire.Founding{}) {
		err = w.resume(&s)
	} else {
		err = w.begin(&s)
	}
	if err != nil {
		w.r.o.Logger.Error("enclave.refused_start", "cause", err.Error())
	}
	return err
}

// begin makes the enclave RECOVERING with a nonce of its own.
func (w *owner) begin(s *boundary.Start) error {
	if err := w.counter.Restore(s.Frontier, s.Certificates); err != nil {
		return err
	}
	nonce, err := w.nonce()
	if err != nil {
		return err
	}
	w.r.o.Logger.Info("enclave.recovering")
	return w.counter.Boot(nonce)
}

// resume makes the counter ACTIVE again with what the host shows. UNSAFE against a host that shows old evidence.
func (w *owner) resume(s *boundary.Start) error {
	if err := w.counter.ResumeLog(w.r.o.Founding, s.Frontier, s.Certificates); err != nil {
		return err
	}
	self := w.counter.Incarnation()
	self.Number = s.Boot // nobody granted a number: the boot tells requests of runs apart
	return w.activate(self)
}

func (w *owner) nonce() (n wire.Nonce, err error) {
	if _, err = io.ReadFull(w.r.o.Rand, n[:]); err != nil {
		w.r.o.Logger.Error("enclave.no_randomness", "cause", err.Error())
	}
	return n, err
}

// activate begins to order and to answer as self. Its first command is a FENCE: once that executed, no request
// of an incarnation before is executed any more, and only then do others follow (troxy.Fence).
func (w *owner) activate(self wire.Incarnation) error {
	var first [8]byte
	if _, err := io.ReadFull(w.r.o.Rand, first[:]); err != nil {
		w.r.o.Logger.Error("enclave.no_randomness", "cause", err.Error())
		return err
	}
	keys := troxy.Keys{Requests: w.requests, Reply: w.r.o.Reply}
	w.client = troxy.NewClient(w.r.o.Group, self, w.counter.Vector, binary.BigEndian.Uint64(first[:])%troxy.MaxFirst, keys)
	w.replier = troxy.NewReplier(w.r.o.Group, w.counter.Incarnation(), w.counter.Vector, keys, w.note)
	w.recovered = w.recoveryOrder()
	if err := errors.Join(w.beginReads(), w.beginLag()); err != nil {
		return err
	}
	w.r.o.Logger.Info("enclave.active", "generation", self.Founding.Generation, "incarnation", self.Number)
	ready := boundary.Ready{Incarnation: w.counter.Incarnation()}
	w.send(ready.Append)
	w.fence = troxy.FenceUnasked
	if w.r.o.Founding != (wire.Founding{}) {
		w.fence = troxy.FenceExecuted // incarnations that nobody granted have none
	}
	select {
	case <-w.r.ready:
	default:
		w.publish() // who sees Ready sees Stats that say so
		close(w.r.ready)
	}
	return nil
}

// fenceOff submits the first command of this incarnation, again until somebody tells what became of it.
func (w *owner) fenceOff(now int64) {
	if w.client == nil {
		return
	}
	if w.fence == troxy.FenceAsked && len(w.fencing) > 0 {
		o := <-w.fencing
		w.fence, w.fencing = w.fence.After(&o), nil
		if w.fence == troxy.FenceRefused {
			w.r.o.Logger.Error("enclave.former")
		}
	}
	if w.fence != troxy.FenceUnasked {
		return
	}
	done := make(chan troxy.Outcome, 1)
	c := &command.Ping{Data: []byte("fence")}
	ticket, raw, err := w.client.Submit(now, now, c.Append(nil), 0, c.Keys(), nil)
	if err != nil {
		return // the window is empty at the beginning
	}
	w.waiting[ticket], w.fencing, w.fence = &submission{done: done}, done, w.fence.Asked()
	w.request(raw, false)
}

// retire ends this incarnation: what its clients wait for has an unknown outcome, and nothing is answered any more.
func (w *owner) retire() {
	w.r.o.Logger.Warn("enclave.resigned")
	for ticket, s := range w.waiting {
		delete(w.waiting, ticket)
		w.pendingBytes -= s.bytes
		s.done <- troxy.Outcome{Ticket: ticket, Err: ErrUnavailable} // capacity 1, one outcome a ticket
	}
	for _, v := range w.reads.open {
		v.outcome <- nil
	}
	w.client, w.replier, w.reads, w.lag, w.fencing, w.own = nil, nil, reads{}, lags{}, nil, own{}
}

package replica

import (
	"context"

	"troxymail/enclave/boundary"
)

// maxStatusCalls bounds the questions to the host that wait for an answer.
const maxStatusCalls = 16

// statusCalls are the questions how the host fares that it has not answered, by token.
type statusCalls struct {
	open map[uint64]chan boundary.HostFacts
	next uint64
}

// HostFacts asks the host how it fares and returns its word. ctx bounds the wait: a host may never answer.
// ErrBusy when too many ask at once. Safe for concurrent use; only while the enclave is ACTIVE.
func (r *Replica) HostFacts(ctx context.Context) (boundary.HostFacts, error) {
	answer := make(chan boundary.HostFacts, 1)
	asked := make(chan uint64, 1) // 0: refused
	if err := r.call(ctx, func(w *owner) { asked <- w.askStatus(answer) }); err != nil {
		return boundary.HostFacts{}, err
	}
	var token uint64
	select {
	case token = <-asked:
	case <-r.done:
		return boundary.HostFacts{}, ErrStopped
	}
	if token == 0 {
		return boundary.HostFacts{}, ErrBusy
	}
	select {
	case facts := <-answer:
		return facts, nil
	case <-ctx.Done():
		r.tell(func(w *owner) { delete(w.statusCalls.open, token) })
		return boundary.HostFacts{}, ctx.Err()
	case <-r.done:
		return boundary.HostFacts{}, ErrStopped
	}
}

// askStatus sends the question and returns its token, or 0 when too many wait.
func (w *owner) askStatus(answer chan boundary.HostFacts) uint64 {
	c := &w.statusCalls
	if len(c.open) >= maxStatusCalls {
		return 0
	}
	if c.open == nil {
		c.open = map[uint64]chan boundary.HostFacts{}
	}
	c.next++
	c.open[c.next] = answer
	q := boundary.HostStatusQuery{Token: c.next}
	w.send(q.Append)
	return c.next
}

// hostStatus hands the answer to who asked; one that nobody asked for is counted and dropped.
func (w *owner) hostStatus(f []byte) error {
	s, err := boundary.DecodeHostStatus(f)
	if err != nil {
		return err
	}
	answer := w.statusCalls.open[s.Token]
	if answer == nil {
		w.stats.UnaskedAnswers++
		return nil
	}
	delete(w.statusCalls.open, s.Token)
	answer <- s.Facts // capacity 1; a token is answered once
	return nil
}

// Report tells the host how clients' reads were answered, for its metrics. It is left out when too many calls wait. Safe
// for concurrent use.
func (r *Replica) Report(reads boundary.Reads) {
	_ = r.call(context.Background(), func(w *owner) { w.send(reads.Append) })
}

// Alarms returns what of the counters a person should look at, in order of code.
func (s *Stats) Alarms() []boundary.Alarm {
	var list []boundary.Alarm
	c := &s.Client
	for _, x := range []struct {
		code  boundary.AlarmCode
		count uint64
	}{
		{boundary.AlarmBadFrames, s.BadFrames},
		{boundary.AlarmBadMACs, s.BadMACs + c.BadMAC},
		{boundary.AlarmRefusedCertificate, s.RefusedCertificates},
		{boundary.AlarmRefusedClaim, s.RefusedClaims},
		{boundary.AlarmBadReplies, c.Malformed + c.BadResult},
		{boundary.AlarmBadRecord, s.BadRecords},
		{boundary.AlarmBehind, s.Lag.Behind},
		{boundary.AlarmAlone, s.Lag.Alone},
	} {
		if x.count > 0 {
			list = append(list, boundary.Alarm{Code: x.code, Subject: boundary.NoReplica, Count: x.count})
		}
	}
	return list
}

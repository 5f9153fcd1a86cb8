package replica

import (
	"context"
	"errors"
	"slices"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/mac"
	"troxymail/enclave/troxy"
	"troxymail/mailstore/command"
)

// unborn returns the enclaves of a group that was never founded, with their hosts' empty logs shown to them.
func unborn(t *testing.T, n int) []*solo {
	var all []*solo
	for i := range n {
		s := newSolo(t, n, wire.ReplicaID(i))
		s.w.r.o.Founding = wire.Founding{}
		s.w.r.o.Rand = &dice{next: byte(i * 50)}
		if out := s.send((&boundary.Start{Boot: 1}).Append(nil)); len(out) != 0 || s.w.counter.Standing() != wire.Recovering {
			t.Fatalf("%d frames, %v", len(out), s.w.counter.Standing())
		}
		all = append(all, s)
	}
	return all
}

// dice gives every reader other bytes.
type dice struct{ next byte }

func (d *dice) Read(b []byte) (int, error) {
	d.next++
	for i := range b {
		b[i] = d.next
	}
	return len(b), nil
}

// say asks an enclave and returns its message, which there must be.
func (s *solo) say(op boundary.Op, messages ...[]byte) []byte {
	s.t.Helper()
	a := boundary.Ask{Token: 1, Op: op, Messages: messages}
	out := s.send(a.Append(nil))
	answer, err := boundary.DecodeTold(out[0])
	if err != nil || answer.Refusal != boundary.RefusedNothing {
		s.t.Fatalf("%v, refusal %d", err, answer.Refusal)
	}
	return answer.Message
}

// answers asks the others how they stand.
func (s *solo) answers(all []*solo) (list [][]byte) {
	s.t.Helper()
	hello := s.say(boundary.OpHello)
	for _, o := range all {
		if o != s {
			list = append(list, o.say(boundary.OpAnswer, hello))
		}
	}
	return list
}

// found founds the group and returns what each enclave said when it became ACTIVE.
func found(t *testing.T, all []*solo) [][][]byte {
	t.Helper()
	var states, joins [][]byte
	for _, s := range all {
		states = append(states, s.say(boundary.OpCold, s.answers(all)...))
	}
	for _, s := range all {
		joins = append(joins, s.say(boundary.OpJoin, states...))
	}
	var out [][][]byte
	for _, s := range all {
		out = append(out, s.send((&boundary.Ask{Token: 1, Op: boundary.OpFound, Messages: joins}).Append(nil)))
	}
	return out
}

// While it is not ACTIVE an enclave certifies, verifies and authenticates nothing (M7), and clients wait. Then its
// first request is a FENCE, and theirs follow once that was ordered.
func TestFenceComesFirst(t *testing.T) {
	all := unborn(t, 3)
	s := all[0]
	c := boundary.CertifyCommit{}
	v := boundary.Verify{Certificates: make([]wire.Certificate, 1)}
	e := boundary.Executed{Order: 1}
	for name, f := range map[string][]byte{"COMMIT": c.Append(nil), "Verify": v.Append(nil), "Executed": e.Append(nil)} {
		if out := s.send(f); len(out) != 0 {
			t.Errorf("%s was answered by an enclave that is RECOVERING", name)
		}
	}
	done := make(chan troxy.Outcome, 1)
	s.w.enqueue(&submission{ctx: context.Background(), command: []byte("mine"), done: done})
	out := found(t, all)[0]
	if len(out) != 3 {
		t.Fatalf("%d frames, want the answer, Ready and a FENCE", len(out))
	}
	ready, err := boundary.DecodeReady(out[1])
	if err != nil || ready.Incarnation.Number != 1 || ready.Incarnation.Founding.Generation != 1 {
		t.Errorf("%v %+v", err, ready)
	}
	q, err := boundary.DecodeRequest(out[2])
	if err != nil {
		t.Fatal(err)
	}
	request, err := wire.DecodeRequest(q.Raw)
	if err != nil || request.ReadOnly() || request.ID.Generation != 1 || request.ID.Incarnation != 1 || string(request.Command) == "mine" {
		t.Fatalf("%v: the first request is %+v", err, request.ID)
	}
	if len(s.w.waiting) != 1 || len(s.w.queue) != 1 {
		t.Fatalf("%d requests left, %d wait", len(s.w.waiting), len(s.w.queue))
	}
	s.w.fencing <- troxy.Outcome{Err: troxy.ErrUnavailable} // nobody ordered it: another one
	clear(s.w.waiting)
	s.w.turn()
	if s.w.out.Len() != 1 || len(s.w.queue) != 1 {
		t.Fatalf("%d frames after a FENCE without answer", s.w.out.Len())
	}
	s.w.fencing <- troxy.Outcome{}
	clear(s.w.waiting)
	s.w.turn()
	if s.w.out.Len() != 2 || len(s.w.queue) != 0 {
		t.Errorf("%d frames, %d wait still", s.w.out.Len(), len(s.w.queue))
	}
}

// A quorum's answer to a FENCE may be that a later incarnation's came first: who is told so lives on beside its
// successor, asks no further and serves nobody.
func TestRefusedFence(t *testing.T) {
	all := unborn(t, 3)
	s := all[0]
	done := make(chan troxy.Outcome, 1)
	s.w.enqueue(&submission{ctx: context.Background(), command: []byte("mine"), done: done})
	found(t, all)
	frames := s.w.out.Len()
	s.w.fencing <- troxy.Outcome{Result: wire.Result{Status: command.StatusFenced}}
	clear(s.w.waiting)
	s.w.turn()
	s.w.turn()
	if s.w.out.Len() != frames || len(s.w.queue) != 1 || len(s.w.waiting) != 0 {
		t.Errorf("%d frames more, %d commands wait, %d were submitted", s.w.out.Len()-frames, len(s.w.queue), len(s.w.waiting))
	}
}

// Its host has to know in every standing which requests are genuine: batches that the enclave is to take over from
// others are checked first. Nothing is certified for it.
func TestRequestsAreCheckedWhileRecovering(t *testing.T) {
	s := unborn(t, 3)[0]
	header := wire.AppendRequestHeader(nil, wire.RequestID{Sequence: 1}, 0, nil, nil, nil)
	genuine := boundary.Item{Header: header, MAC: mac.New(s.w.r.o.Request, "troxymail/request/v1").Sum(header)}
	for _, c := range []struct {
		items   []boundary.Item
		refusal boundary.Refusal
		bad     []uint32
	}{
		{[]boundary.Item{genuine}, boundary.RefusedInactive, nil},
		{[]boundary.Item{genuine, {Header: header}}, boundary.RefusedRequest, []uint32{1}},
	} {
		q := boundary.CertifyPrepare{Token: 3, Position: wire.Position{View: 1, Order: 1}, Items: c.items}
		out := s.send(q.Append(nil))
		if len(out) != 1 {
			t.Fatalf("%d answers", len(out))
		}
		a, err := boundary.DecodeCertified(out[0])
		if err != nil || a.Token != 3 || a.Refusal != c.refusal || !slices.Equal(a.Bad, c.bad) {
			t.Errorf("%v %+v", err, a)
		}
	}
}

// An enclave that resigns answers nothing of that life any more, and serves again after the next founding.
func TestResignedEnclaveIsSilent(t *testing.T) {
	all := unborn(t, 3)
	found(t, all)
	s := all[0]
	lost := make(chan troxy.Outcome, 1)
	s.w.waiting[77] = &submission{done: lost}
	if a := s.told(boundary.Ask{Token: 1, Op: boundary.OpResign}); a.Refusal != boundary.RefusedNothing {
		t.Fatal(a.Refusal)
	}
	if o := <-lost; !errors.Is(o.Err, ErrUnavailable) {
		t.Errorf("who waited hears %v", o.Err)
	}
	c := boundary.CertifyPrepare{Position: wire.Position{View: 1, Order: 1}}
	if a := s.certified(c.Append(nil)); a.Refusal != boundary.RefusedInactive {
		t.Error("it certifies")
	}
	if s.w.client != nil || s.w.replier != nil {
		t.Error("it could answer")
	}
	if a := s.told(boundary.Ask{Token: 1, Op: boundary.OpReqVC, Number: 5}); a.Refusal != boundary.RefusedInactive {
		t.Errorf("REQ-VC: %d", a.Refusal)
	}
	for _, o := range all[1:] {
		o.say(boundary.OpResign)
	}
	found(t, all)
	if inc := s.w.counter.Incarnation(); s.w.client == nil || inc.Founding.Generation != 2 || inc.Number != 1 {
		t.Errorf("%+v", inc)
	}
	if out := s.send((&boundary.Start{Boot: 9}).Append(nil)); len(out) != 0 || s.w.counter.Standing() != wire.Active {
		t.Error("started again")
	}
}

// One of three returns while the others run on, as a new incarnation.
func TestReturnsAlone(t *testing.T) {
	all := unborn(t, 3)
	found(t, all)
	again := unborn(t, 3)[2]
	again.w.r.o.Rand = &dice{next: 200}
	others := []*solo{all[0], all[1]}
	req := again.say(boundary.OpRequest, again.answers(others)...)
	states := [][]byte{all[0].say(boundary.OpGrant, req), all[1].say(boundary.OpGrant, req)}
	out := again.send((&boundary.Ask{Token: 3, Op: boundary.OpRecover, Messages: states}).Append(nil))
	if len(out) != 3 || again.w.counter.Incarnation().Number != 2 {
		t.Fatalf("%d frames, %+v", len(out), again.w.counter.Incarnation())
	}
	told, err := boundary.DecodeTold(out[0])
	if f, e := wire.DecodeFrontier(told.Frontier); err != nil || e != nil || f.Certificate.Incarnation != 2 || f.InView {
		t.Errorf("%v %v %+v", err, e, f.Certificate)
	}
	for op := boundary.OpAnswer; op <= boundary.OpPropose; op++ {
		if a := again.told(boundary.Ask{Token: 2, Op: op, Messages: [][]byte{{1}}}); a.Refusal == boundary.RefusedNothing {
			t.Errorf("rule %d took rubbish", op)
		}
	}
}

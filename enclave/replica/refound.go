package replica

import (
	"context"
	"errors"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/counter"
	"troxymail/enclave/refound"
)

// ErrMembers is returned by Propose for members that are no such group, or that this replica is not one of.
var ErrMembers = errors.New("replica: not members that this replica is one of")

// Propose has the host gather a founding by members alone, rising, for an administrator, and returns what it would
// be, or nil as long as the host has not gathered it: ask again. An ACTIVE enclave resigns for it, when its host
// agrees. No members end that: then all found the group again. The caller has checked who asks; nothing is founded
// without Order. Errors: ErrMembers, ErrBusy, ErrStopped, ctx's.
func (r *Replica) Propose(ctx context.Context, members []wire.ReplicaID) (*refound.Plan, error) {
	own := len(members) == 0
	for i, m := range members {
		if int(m) >= r.o.Group.N() || i > 0 && m <= members[i-1] {
			return nil, ErrMembers
		}
		own = own || m == r.o.Self
	}
	if !own {
		return nil, ErrMembers
	}
	answer := make(chan *refound.Plan, 1)
	if err := r.call(ctx, func(w *owner) { answer <- w.propose(members) }); err != nil {
		return nil, err
	}
	select {
	case p := <-answer:
		return p, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.done:
		return nil, ErrStopped
	}
}

// propose tells the host, and returns the plan if it is of these members.
func (w *owner) propose(members []wire.ReplicaID) *refound.Plan {
	p := w.counter.Plan()
	if p != nil && !sameMembers(p, members) {
		p = nil
	}
	if p == nil { // with a plan, the wish is known: said again, it would make an order of before nothing
		w.wish(members, false)
	}
	return p
}

func sameMembers(p *refound.Plan, members []wire.ReplicaID) bool {
	if len(p.Members) != len(members) {
		return false
	}
	for i := range members {
		if p.Members[i].Replica != members[i] {
			return false
		}
	}
	return true
}

// wish tells the host what an administrator wants.
func (w *owner) wish(members []wire.ReplicaID, ordered bool) {
	w.r.o.Logger.Warn("enclave.refound", "members", members, "ordered", ordered)
	x := boundary.Refound{Ordered: ordered, Members: members}
	w.send(x.Append)
}

// Order gives the enclave an administrator's order to found the group as it was planned, and lets its host go on.
// Errors: refound.ErrFormat, ErrSignature, ErrWords; ErrOther also when nothing is planned any more; ErrBusy,
// ErrStopped, ctx's.
func (r *Replica) Order(ctx context.Context, order []byte) error {
	answer := make(chan error, 1)
	if err := r.call(ctx, func(w *owner) { answer <- w.order(order) }); err != nil {
		return err
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-r.done:
		return ErrStopped
	}
}

func (w *owner) order(order []byte) error {
	switch err := w.counter.Order(order); {
	case errors.Is(err, counter.ErrForged):
		return refound.ErrFormat
	case errors.Is(err, counter.ErrOrder), errors.Is(err, counter.ErrStanding):
		return refound.ErrOther
	case err != nil:
		w.r.o.Logger.Warn("enclave.refused_order", "cause", err.Error())
		return err
	}
	var members []wire.ReplicaID
	for _, m := range w.counter.Plan().Members {
		members = append(members, m.Replica)
	}
	w.wish(members, true)
	return nil
}

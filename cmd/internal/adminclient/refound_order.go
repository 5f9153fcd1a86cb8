package adminclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/mail/adminapi"
)

// check sees that the plan is of these members, and asks for the genesis to sign for.
func (x *Refounding) check(ctx context.Context) error {
	same := len(x.Plan.Members) == len(x.Members)
	for i := range x.Members {
		same = same && x.Plan.Members[i].Replica == wire.ReplicaID(x.Members[i].ID)
	}
	if !same || x.Plan.Loss() == "" {
		return fmt.Errorf("%w: they plan something else: run the same version everywhere", ErrNoPlan)
	}
	if err := x.c.isNew(x.Plan.Founding.Generation); err != nil {
		return err
	}
	conn, signing, err := x.c.connect(ctx, x.Members[0].at)
	if err != nil {
		return fmt.Errorf("%w: replica %d %w: %w", ErrNoPlan, x.Members[0].ID, ErrUnreachable, err)
	}
	x.genesis = signing.Genesis
	return conn.Close()
}

// Order signs the plan, gives the order to all members, and waits until they serve. Errors: ErrNoPlan when a member
// has another plan by now (nothing was founded: gather again); ErrOrdered; ErrFile when it cannot be noted what is ordered
// (nothing was); ErrDenied, ctx's.
func (x *Refounding) Order(ctx context.Context, notice func(string)) error {
	if err := x.c.noteOrder(ordered{Generation: x.Plan.Founding.Generation}); err != nil {
		return err
	}
	order := x.Plan.Sign(x.c.key, x.genesis)
	q := adminapi.Request{Op: adminapi.OpOrder, Order: string(order.Append(nil))}
	until := time.Now().Add(foundPatience)
	given := map[int]bool{}
	for {
		var failed error
		for _, m := range x.Members {
			if !given[m.ID] {
				err := x.give(ctx, m, &q)
				if errors.Is(err, ErrDenied) || errors.Is(err, ErrNoPlan) && len(given) == 0 {
					return err
				}
				if given[m.ID] = err == nil; err != nil {
					delete(given, m.ID)
					failed = err
				}
			}
		}
		serving, err := x.serving(ctx)
		if err != nil {
			return err
		}
		if len(serving) == len(x.Members) {
			return x.c.noteOrder(ordered{Generation: x.Plan.Founding.Generation, Serves: true})
		}
		if time.Now().After(until) {
			return fmt.Errorf("%w: replicas %v do: %w. Run the command again: what was ordered stays ordered, or is asked for anew",
				ErrOrdered, serving, errors.Join(failed, errors.New("see `troxymail status`")))
		}
		if failed != nil && notice != nil {
			notice(failed.Error())
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// give gives one member the order.
func (x *Refounding) give(ctx context.Context, m Member, q *adminapi.Request) error {
	response, err := x.c.Ask(ctx, m.at, q)
	switch {
	case err != nil:
		return err
	case response.Result == adminapi.ResultOK:
		return nil
	case response.Result == adminapi.ResultOtherPlan:
		return fmt.Errorf("%w: replica %d was restarted, or plans something else by now: nothing was founded, run the command again",
			ErrNoPlan, m.ID)
	}
	return fmt.Errorf("replica %d: %s", m.ID, response.Text)
}

// serving are the members whose enclaves are active in the founding that was ordered.
func (x *Refounding) serving(ctx context.Context) ([]int, error) {
	report, err := x.c.Status(ctx)
	if err != nil {
		return nil, err
	}
	var list []int
	for i := range report.Replicas {
		if r := &report.Replicas[i]; r.Enclave == enclaveActive && r.Generation >= x.Plan.Founding.Generation {
			list = append(list, r.ID)
		}
	}
	return list, nil
}

// Withdraw has the members wait for all replicas again, as far as they hear it.
func (x *Refounding) Withdraw(ctx context.Context) {
	for _, m := range x.Members {
		_, _ = x.c.Ask(ctx, m.at, &adminapi.Request{Op: adminapi.OpRefound})
	}
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(again):
		return nil
	}
}

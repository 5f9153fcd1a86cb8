package adminclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"troxymail/mail/accounts"
	"troxymail/mail/adminapi"
)

const (
	// Patience is how long Do waits for a replica that serves.
	Patience = 30 * time.Second
	// again is the pause after all replicas were asked in vain.
	again = 300 * time.Millisecond
)

// Errors of Do, beside those of Ask.
var (
	// ErrNobody is returned when no replica served within Patience: nothing was done.
	ErrNobody = errors.New("no replica serves")
	// ErrUnknown is returned when the change may have been made and no replica could tell.
	ErrUnknown = errors.New("it is not known whether the change was made")
	// ErrRefused is wrapped when the cluster refused; the text says why.
	ErrRefused = errors.New("refused")
)

// Outcome says how a change was made.
type Outcome struct {
	// Looked is set when a replica did not say how the change ended, and the list of accounts then showed
	// that it was made, by this request or another.
	Looked bool
}

// Change makes a change and tells notice, which may be nil, about anything that a person waits for. It asks
// one replica after the other. When the outcome at one is unknown it looks at the list of accounts, and
// repeats the change where that is harmless. Errors: ErrDenied, ErrNobody, ErrUnknown, ErrRefused.
func (c *Client) Change(ctx context.Context, q *adminapi.Request, notice func(string)) (Outcome, error) {
	tour := c.tour(ctx, notice)
	unknown := false
	for r, ok := tour.next(); ok; r, ok = tour.next() {
		if unknown {
			if made, err := c.look(tour.ctx, r, q); err != nil {
				tour.failed(err)
				continue
			} else if made {
				return Outcome{Looked: true}, nil
			}
		}
		response, err := c.Ask(tour.ctx, r, q)
		switch {
		case errors.Is(err, ErrDenied):
			return Outcome{}, err
		case errors.Is(err, ErrUnreachable):
			tour.failed(err)
		case err != nil:
			unknown = true
			tour.failed(err)
			tour.say(fmt.Sprintf("%v; looking whether it was done", err))
		case response.Result == adminapi.ResultUnknown:
			unknown = true
			tour.failed(fmt.Errorf("replica %d: %s", r.ID, response.Text))
			tour.say(fmt.Sprintf("replica %d got no answer from the others; looking whether it was done", r.ID))
		case response.Result == adminapi.ResultNotServing:
			tour.failed(fmt.Errorf("replica %d: %s", r.ID, response.Text))
		case response.Result == adminapi.ResultOK:
			return Outcome{}, nil
		case unknown && (q.Op == adminapi.OpAdd && response.Result == adminapi.ResultExists ||
			q.Op == adminapi.OpRemove && response.Result == adminapi.ResultNoAccount ||
			q.Op == adminapi.OpAppRemove && response.Result == adminapi.ResultNoLabel):
			return Outcome{Looked: true}, nil // the first attempt was executed between the look and this
		default:
			return Outcome{}, refusal(&response)
		}
	}
	if unknown {
		return Outcome{}, fmt.Errorf("%w: %w: see with `troxymail account list` once the cluster answers, "+
			"and repeat the command if need be", ErrUnknown, tour.last)
	}
	return Outcome{}, tour.nobody()
}

// look reports whether the list of accounts shows q's change.
func (c *Client) look(ctx context.Context, r Replica, q *adminapi.Request) (bool, error) {
	switch q.Op {
	case adminapi.OpPassword, adminapi.OpAppAdd:
		return false, nil // nothing shows it; to set the same password again is harmless
	case adminapi.OpAppRemove:
		return false, nil // asking again shows it
	}
	list, err := c.listAt(ctx, r)
	if err != nil {
		return false, err
	}
	address, err := accounts.Normalize(q.Address)
	if err != nil {
		return false, err
	}
	for i := range list {
		if list[i].Address == address {
			return q.Op == adminapi.OpAdd || q.Op != adminapi.OpRemove && list[i].Enabled == (q.Op == adminapi.OpEnable), nil
		}
	}
	return q.Op == adminapi.OpRemove, nil
}

// List returns all accounts, sorted by address, from the first replica that serves. Errors: ErrDenied,
// ErrNobody, ErrRefused.
func (c *Client) List(ctx context.Context, notice func(string)) ([]adminapi.Account, error) {
	tour := c.tour(ctx, notice)
	for r, ok := tour.next(); ok; r, ok = tour.next() {
		list, err := c.listAt(tour.ctx, r)
		if err == nil || errors.Is(err, ErrDenied) || errors.Is(err, ErrRefused) {
			return list, err
		}
		tour.failed(err)
	}
	return nil, tour.nobody()
}

// AppPasswords returns the names of an account's app passwords, oldest first, from the first replica that serves.
// Errors: as of List.
func (c *Client) AppPasswords(ctx context.Context, address string, notice func(string)) ([]string, error) {
	q := adminapi.Request{Op: adminapi.OpAppList, Address: address}
	tour := c.tour(ctx, notice)
	for r, ok := tour.next(); ok; r, ok = tour.next() {
		response, err := c.Ask(tour.ctx, r, &q)
		switch {
		case errors.Is(err, ErrDenied):
			return nil, err
		case err != nil:
			tour.failed(err)
		case response.Result == adminapi.ResultOK:
			return response.Labels, nil
		case response.Result == adminapi.ResultNotServing, response.Result == adminapi.ResultUnknown:
			tour.failed(fmt.Errorf("replica %d: %s", r.ID, response.Text))
		default:
			return nil, refusal(&response)
		}
	}
	return nil, tour.nobody()
}

// listAt returns all accounts as one replica answers. A result that another replica may better is an error.
func (c *Client) listAt(ctx context.Context, r Replica) ([]adminapi.Account, error) {
	var list []adminapi.Account
	for q := (adminapi.Request{Op: adminapi.OpList}); ; {
		response, err := c.Ask(ctx, r, &q)
		if err != nil {
			return nil, err
		}
		switch response.Result {
		case adminapi.ResultOK:
		case adminapi.ResultNotServing, adminapi.ResultUnknown:
			return nil, fmt.Errorf("replica %d: %s", r.ID, response.Text)
		default:
			return nil, refusal(&response)
		}
		list = append(list, response.Accounts...)
		if !response.More || len(response.Accounts) == 0 {
			return list, nil
		}
		q.After = list[len(list)-1].Address
	}
}

func refusal(r *adminapi.Response) error { return fmt.Errorf("%w: %s", ErrRefused, r.Text) }

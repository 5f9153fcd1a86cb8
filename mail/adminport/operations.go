package adminport

import (
	"context"
	"errors"
	"slices"
	"strings"

	"troxymail/bftcore/wire"
	"troxymail/enclave/refound"
	"troxymail/mail/accounts"
	"troxymail/mail/adminapi"
	"troxymail/mail/auth"
)

var unsupported = adminapi.Response{
	Result: adminapi.ResultUnsupported, Text: "this replica does not know that request: run the same version everywhere",
}

// do does what a request that was checked asks for.
func (s *Server) do(ctx context.Context, q *adminapi.Request) adminapi.Response {
	switch q.Op {
	case adminapi.OpStatus:
		status := s.o.Status(ctx)
		return adminapi.Response{Result: adminapi.ResultOK, Status: &status}
	case adminapi.OpRefound:
		plan, err := s.o.Refounding.Propose(ctx, replicas(q.Members))
		r := refoundResult(err)
		r.Plan = plan
		return r
	case adminapi.OpOrder:
		return refoundResult(s.o.Refounding.Order(ctx, []byte(q.Order)))
	}
	if !s.o.Active() {
		return adminapi.Response{Result: adminapi.ResultNotServing, Text: "this replica does not serve now"}
	}
	a := s.o.Accounts
	switch q.Op {
	case adminapi.OpAdd:
		return result(a.Create(ctx, q.Address, q.Password, q.QuotaBytes))
	case adminapi.OpPassword:
		return result(a.SetPassword(ctx, q.Address, q.Password))
	case adminapi.OpDisable, adminapi.OpEnable:
		return result(a.Enable(ctx, q.Address, q.Op == adminapi.OpEnable))
	case adminapi.OpRemove:
		return result(a.Remove(ctx, q.Address))
	case adminapi.OpAppAdd:
		return result(a.AddAppPassword(ctx, q.Address, q.Label, q.Password))
	case adminapi.OpAppRemove:
		return result(a.RemoveAppPassword(ctx, q.Address, q.Label))
	case adminapi.OpAppList:
		labels, err := a.AppPasswords(ctx, q.Address)
		r := result(err)
		r.Labels = labels
		return r
	case adminapi.OpList:
		return list(ctx, a, q.After)
	}
	return unsupported
}

// replicas are those whose bits are set.
func replicas(set uint16) []wire.ReplicaID {
	var list []wire.ReplicaID
	for i := range wire.ReplicaID(wire.MaxReplicas) {
		if set>>i&1 == 1 {
			list = append(list, i)
		}
	}
	return list
}

// refoundResult translates an error of a refounding.
func refoundResult(err error) adminapi.Response {
	r := adminapi.Response{Result: adminapi.ResultOK}
	switch {
	case err == nil:
		return r
	case errors.Is(err, refound.ErrOther):
		r.Result = adminapi.ResultOtherPlan
	case errors.Is(err, refound.ErrSignature), errors.Is(err, refound.ErrFormat):
		r.Result = adminapi.ResultInvalid
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		r.Result = adminapi.ResultUnknown
	default:
		r.Result = adminapi.ResultFailed
	}
	r.Text = forPeople(err)
	return r
}

// list returns the page of accounts behind after.
func list(ctx context.Context, a Accounts, after string) adminapi.Response {
	all, err := a.List(ctx)
	if err != nil {
		return result(err)
	}
	from, found := slices.BinarySearchFunc(all, after, func(x accounts.Account, address string) int {
		return strings.Compare(x.Address, address)
	})
	if found {
		from++
	}
	rest := all[from:]
	response := adminapi.Response{Result: adminapi.ResultOK, More: len(rest) > adminapi.MaxPage}
	for _, x := range rest[:min(len(rest), adminapi.MaxPage)] {
		response.Accounts = append(response.Accounts, adminapi.Account(x))
	}
	return response
}

// result translates an error of an operation.
func result(err error) adminapi.Response {
	r := adminapi.Response{Result: adminapi.ResultOK}
	switch {
	case err == nil:
		return r
	case errors.Is(err, accounts.ErrExists), errors.Is(err, auth.ErrLabelTaken):
		r.Result = adminapi.ResultExists
	case errors.Is(err, accounts.ErrNoAccount):
		r.Result = adminapi.ResultNoAccount
	case errors.Is(err, auth.ErrNoLabel):
		r.Result = adminapi.ResultNoLabel
	case errors.Is(err, accounts.ErrAddress), errors.Is(err, auth.ErrPasswordLength), errors.Is(err, auth.ErrLabel),
		errors.Is(err, auth.ErrAppPassword), errors.Is(err, auth.ErrFull):
		r.Result = adminapi.ResultInvalid
	case errors.Is(err, auth.ErrBusy):
		r.Result = adminapi.ResultNotServing // before anything was ordered
	case errors.Is(err, accounts.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		r.Result = adminapi.ResultUnknown
	default:
		r.Result = adminapi.ResultFailed
	}
	r.Text = forPeople(err)
	return r
}

// forPeople returns an error's text without the package that it starts with.
func forPeople(err error) string {
	text := err.Error()
	for _, p := range []string{"accounts: ", "auth: ", "refound: ", "replica: "} {
		text = strings.TrimPrefix(text, p)
	}
	return text
}

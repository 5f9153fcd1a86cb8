package adminclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"troxymail/enclave/boundary"
	"troxymail/enclave/refound"
	"troxymail/enclave/rr"
	"troxymail/mail/adminapi"
)

const (
	// planPatience is how long the members may take to show one plan.
	planPatience = 45 * time.Second
	// foundPatience is how long they may take to become active with the order.
	foundPatience = 60 * time.Second
)

// Errors of a refounding; what wraps them says what to do.
var (
	// ErrNotNeeded is wrapped when the group serves, or can found itself.
	ErrNotNeeded = errors.New("nothing is left out")
	// ErrTooFew is wrapped when those that are there are too few to found the group at all.
	ErrTooFew = errors.New("too few replicas are there")
	// ErrNoPlan is wrapped when the members did not come to show one plan.
	ErrNoPlan = errors.New("the replicas that are there do not come together")
	// ErrOrdered is wrapped when the order was given and not all members serve yet.
	ErrOrdered = errors.New("the order was given, but not all members serve")
)

// Refounding is a founding of the group without replicas that are gone for good, on its way. Not safe for concurrent
// use.
type Refounding struct {
	Members []Member
	LeftOut []int
	// Heard are those of LeftOut of which the hosts of members have heard lately: they may be running.
	Heard   []int
	Plan    refound.Plan // what Gather found
	c       *Client
	genesis [32]byte
}

// Member is a replica that takes part.
type Member struct {
	ID   int
	Runs bool // its enclave is active, alone with too few others, and stops for the founding
	at   Replica
}

// Refound looks who is there and who is not. without names replicas that are left out even if they answer. Nothing is
// changed. Errors: ErrNotNeeded, ErrTooFew, ErrDenied, ctx's.
func (c *Client) Refound(ctx context.Context, without []int) (*Refounding, error) {
	report, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	return c.survey(&report, without)
}

func (c *Client) survey(report *Report, without []int) (*Refounding, error) {
	model, err := rr.Majority(len(report.Replicas))
	if err != nil {
		return nil, fmt.Errorf("%w: %s names %d replicas: name a file with all replicas of the group", ErrTooFew, c.File, len(report.Replicas))
	}
	x := &Refounding{c: c}
	active := map[uint32]int{}
	for i := range report.Replicas {
		row := &report.Replicas[i]
		if row.Enclave == enclaveActive {
			active[row.Generation]++
		}
		if row.Role == Unreachable || slices.Contains(without, row.ID) {
			x.LeftOut = append(x.LeftOut, row.ID)
			continue
		}
		x.Members = append(x.Members, Member{ID: row.ID, Runs: row.Enclave == enclaveActive, at: c.Replicas[i]})
	}
	for _, r := range x.LeftOut {
		if x.heardOf(report, r) {
			x.Heard = append(x.Heard, r)
		}
	}
	slices.SortFunc(x.Members, func(a, b Member) int { return a.ID - b.ID })
	slices.Sort(x.LeftOut)
	for _, r := range without {
		if !slices.ContainsFunc(report.Replicas, func(row Row) bool { return row.ID == r }) {
			return nil, fmt.Errorf("%w: there is no replica %d in %s", ErrNotNeeded, r, c.File)
		}
	}
	for _, n := range active {
		if n >= model.W {
			return nil, fmt.Errorf("%w: %d of %d replicas serve, which is enough. A replica that lost its disk comes back by "+
				"itself: start its host with --new", ErrNotNeeded, n, model.N)
		}
	}
	switch {
	case len(x.LeftOut) == 0:
		return nil, fmt.Errorf("%w: all replicas answer and found the group by themselves. `troxymail status` says what they "+
			"wait for; a replica that keeps the others waiting is left out by --without", ErrNotNeeded)
	case len(x.Members) < model.Refounding():
		return nil, fmt.Errorf("%w: a group of %d is founded by at least %d, and %s: start more of them, or put their folders "+
			"back on other machines", ErrTooFew, model.N, model.Refounding(), there(x.Members))
	}
	return x, nil
}

// heardOf reports whether a member's host does not miss a replica.
func (x *Refounding) heardOf(report *Report, id int) bool {
	for i := range report.Replicas {
		row := &report.Replicas[i]
		member := slices.ContainsFunc(x.Members, func(m Member) bool { return m.ID == row.ID })
		missed := slices.ContainsFunc(row.Sees, func(o Out) bool { return o.Replica == id && o.Why == boundary.CauseSilent.String() })
		if member && row.Sync != "" && !missed { // without Sync its host said nothing
			return true
		}
	}
	return false
}

func there(members []Member) string {
	if len(members) == 0 {
		return "none takes part"
	}
	var list []string
	for _, m := range members {
		list = append(list, fmt.Sprint(m.ID))
	}
	return "only replica " + strings.Join(list, ", ") + " takes part"
}

// Gather has the members come together and fills in Plan: what they show, and the founding that would follow. Members
// that run stop for it. Nothing is founded. Errors: ErrNoPlan, ErrDenied, ctx's.
func (x *Refounding) Gather(ctx context.Context, notice func(string)) error {
	q := adminapi.Request{Op: adminapi.OpRefound}
	for _, m := range x.Members {
		q.Members |= 1 << m.ID
	}
	said := ""
	for until := time.Now().Add(planPatience); ; {
		plans, missing, err := x.plans(ctx, &q)
		if err != nil {
			return err
		}
		if missing == "" && !slices.ContainsFunc(plans, func(p *refound.Plan) bool { return p.Founding != plans[0].Founding }) {
			x.Plan = *plans[0]
			return x.check(ctx)
		}
		if missing == "" {
			missing = "they do not show the same"
		}
		if missing != said && said != "" && notice != nil {
			notice("waiting: " + missing)
		}
		said = missing
		if time.Now().After(until) {
			return fmt.Errorf("%w: %s%s: see their hosts' logs and `troxymail status`; leave one that does not come out by "+
				"--without, as long as at least f+1 are left", ErrNoPlan, missing, x.awaited(ctx))
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// awaited says for whom members wait, as their hosts say: among them whoever speaks of what it gives to nobody.
func (x *Refounding) awaited(ctx context.Context) string {
	report, err := x.c.Status(ctx)
	if err != nil {
		return ""
	}
	text := ""
	for i := range report.Replicas {
		for _, a := range report.Replicas[i].Alarms {
			if name, _, _ := strings.Cut(a, ":"); strings.HasPrefix(name, boundary.AlarmAwaits.Name()) {
				text += fmt.Sprintf("; replica %d %s", report.Replicas[i].ID, name)
			}
		}
	}
	return text
}

// plans asks all members once; missing says whose plan is not there.
func (x *Refounding) plans(ctx context.Context, q *adminapi.Request) (plans []*refound.Plan, missing string, err error) {
	for _, m := range x.Members {
		response, err := x.c.Ask(ctx, m.at, q)
		switch {
		case errors.Is(err, ErrDenied), ctx.Err() != nil:
			return nil, "", errors.Join(err, ctx.Err())
		case err != nil:
			missing = err.Error()
		case response.Result != adminapi.ResultOK:
			missing = fmt.Sprintf("replica %d: %s", m.ID, response.Text)
		case response.Plan == nil:
			missing = fmt.Sprintf("replica %d has not heard of all members yet", m.ID)
		default:
			plans = append(plans, response.Plan)
		}
	}
	return plans, missing, nil
}

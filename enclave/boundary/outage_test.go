package boundary

import (
	"testing"

	"troxymail/bftcore/wire/canon"
)

func TestBudget(t *testing.T) {
	for _, x := range []struct {
		n, out int
		says   string
	}{
		{3, 0, "3 of 3 serve; 1 further fault is survived"}, {3, 1, "2 of 3 serve; 0 further faults are survived"},
		{3, 2, "1 of 3 serve, and 2 are needed: the group does not serve"}, {3, 3, "0 of 3 serve, and 2 are needed: the group does not serve"},
		{5, 0, "5 of 5 serve; 2 further faults are survived"}, {5, 1, "4 of 5 serve; 1 further fault is survived"},
		{5, 2, "3 of 5 serve; 0 further faults are survived"}, {5, 3, "2 of 5 serve, and 3 are needed: the group does not serve"},
	} {
		if got := Budget(x.n, x.out); got != x.says {
			t.Errorf("%d of %d out: %s", x.out, x.n, got)
		}
	}
}

func TestOutagesRise(t *testing.T) {
	r := canon.NewReader(appendOutages(nil, []Outage{{Replica: 2, Cause: CauseSilent}, {Replica: 1, Cause: CauseSilent}}))
	if readOutages(r); r.Err() == nil {
		t.Error("out of order")
	}
	if Cause(200).String() != "cause-200" || CauseNotActive.String() != "not active" {
		t.Error("names of causes")
	}
}

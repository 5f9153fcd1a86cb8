package adminclient

import (
	"fmt"
	"strings"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mail/adminapi"
)

// seen is a row of an active replica whose host does not count on others: replica and cause, one after the other.
func seen(id int, out ...uint8) Row {
	h := &boundary.HostFacts{Executed: 9, Roots: []boundary.Root{{Order: 9, Digest: wire.Digest{1}}}}
	for i := 0; i < len(out); i += 2 {
		h.Out = append(h.Out, boundary.Outage{Replica: wire.ReplicaID(out[i]), Cause: boundary.Cause(out[i+1])})
	}
	return row(id, &adminapi.Status{Replica: uint16(id), Active: true, Host: h})
}

func starting(id int) Row { return row(id, &adminapi.Status{Replica: uint16(id)}) }

func TestFaults(t *testing.T) {
	const silent, lags = uint8(boundary.CauseSilent), uint8(boundary.CauseLagging)
	late := seen(2)
	lag := uint64(lagging + 1)
	late.Lag = &lag
	other := answered(2, 9, 7)
	for name, x := range map[string]struct {
		rows   []Row
		out    string // replica: why, by whom
		budget string
	}{
		"all":                        {[]Row{seen(0), seen(1), seen(2)}, "", "3 of 3 serve; 1 further fault is survived"},
		"one unreachable":            {[]Row{seen(0), seen(1), row(2, nil)}, "2 unreachable []", "2 of 3 serve; 0 further faults are survived"},
		"one comes back":             {[]Row{seen(0), starting(1), seen(2)}, "1 not active [1]", "2 of 3 serve; 0"},
		"one lags, as its host says": {[]Row{seen(0), seen(1, 1, lags), seen(2)}, "1 lagging [1]", "2 of 3"},
		"one lags, as seen here":     {[]Row{seen(0), seen(1), late}, "2 lagging []", "2 of 3"},
		"one diverged":               {[]Row{seen(0), seen(1), other}, "2 diverged []", "2 of 3"},
		"one that others miss":       {[]Row{seen(0, 2, silent), seen(1, 2, silent), seen(2)}, "2 silent [0 1]", "2 of 3"},
		"one that a liar misses":     {[]Row{seen(0, 1, silent, 2, silent), seen(1), seen(2)}, "", "3 of 3"},
		"two comes back":             {[]Row{seen(0), starting(1), starting(2)}, "1 not active [1], 2 not active [2]", "1 of 3 serve, and 2 are needed"},
		"five, one out":              {[]Row{seen(0), seen(1), seen(2), seen(3), row(4, nil)}, "4 unreachable []", "4 of 5 serve; 1 further fault is survived"},
		"five, two out":              {[]Row{seen(0), seen(1, 3, silent), seen(2, 3, silent), seen(3), row(4, nil)}, "3 silent [1 2], 4 unreachable []", "3 of 5 serve; 0"},
		"five, half of them say so":  {[]Row{seen(0), seen(1, 3, silent), seen(2, 3, silent), seen(3), seen(4)}, "", "5 of 5 serve; 2"},
	} {
		r := Report{Replicas: x.rows}
		if name != "one lags, as seen here" {
			r.compare()
		}
		r.count()
		var out []string
		for _, o := range r.Faults.Out {
			out = append(out, fmt.Sprint(o.Replica, " ", o.Why, " ", o.SeenBy))
		}
		if got := strings.Join(out, ", "); got != x.out || !strings.HasPrefix(r.Budget(), x.budget) {
			t.Errorf("%s: %s; %s", name, got, r.Budget())
		}
		if f := r.Faults; f.Serving != len(x.rows)-len(f.Out) || f.Tolerated != (len(x.rows)-1)/2 || f.Serves != (f.Serving > f.Tolerated) || f.Survived != max(0, f.Serving-f.Tolerated-1) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

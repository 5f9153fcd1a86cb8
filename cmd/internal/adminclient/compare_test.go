package adminclient

import (
	"slices"
	"strings"
	"testing"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/mail/adminapi"
)

// answered is a row of a replica that executed up to the last of its roots, given as order and digest.
func answered(id int, roots ...uint64) Row {
	h := &boundary.HostFacts{}
	for i := 0; i < len(roots); i += 2 {
		h.Roots = append(h.Roots, boundary.Root{Order: roots[i], Digest: wire.Digest{byte(roots[i+1])}})
		h.Executed = roots[i]
	}
	return row(id, &adminapi.Status{Replica: uint16(id), Replicas: 3, Active: true, Host: h})
}

func TestCompare(t *testing.T) {
	for name, x := range map[string]struct {
		rows     []Row
		orders   []uint64 // at which digests are shown
		lags     []int    // -1: none
		diverged []int
	}{
		"equal":             {[]Row{answered(0, 9, 1), answered(1, 9, 1), answered(2, 9, 1)}, []uint64{9, 9, 9}, []int{0, 0, 0}, nil},
		"apart":             {[]Row{answered(0, 8, 7, 9, 1), answered(1, 8, 7), answered(2, 8, 7, 9, 1, 10, 2)}, []uint64{8, 8, 8}, []int{1, 2, 0}, nil},
		"one far behind":    {[]Row{answered(0, 9, 1), answered(1, 1, 5), answered(2, 9, 1)}, []uint64{9, 1, 9}, []int{0, 8, 0}, nil},
		"one unreachable":   {[]Row{answered(0, 9, 1), row(1, nil), answered(2, 9, 1)}, []uint64{9, 0, 9}, []int{0, -1, 0}, nil},
		"one diverged":      {[]Row{answered(0, 9, 1), answered(1, 9, 3), answered(2, 9, 1)}, []uint64{9, 9, 9}, []int{0, 0, 0}, []int{1}},
		"diverged long ago": {[]Row{answered(0, 8, 1, 9, 2), answered(1, 8, 9, 10, 4), answered(2, 8, 1, 9, 2)}, []uint64{8, 8, 8}, []int{1, 0, 1}, []int{1}},
		"two that disagree": {[]Row{answered(0, 9, 1), row(1, nil), answered(2, 9, 2)}, []uint64{9, 0, 9}, []int{0, -1, 0}, []int{0, 2}},
		"nobody":            {[]Row{row(0, nil), row(1, nil), row(2, nil)}, []uint64{0, 0, 0}, []int{-1, -1, -1}, nil},
	} {
		r := Report{Replicas: x.rows}
		r.compare()
		for i := range r.Replicas {
			got := &r.Replicas[i]
			lag := -1
			if got.Lag != nil {
				lag = int(*got.Lag)
			}
			if name == "diverged long ago" { // any order that all have will do
				if got.DigestOrder != 8 {
					t.Errorf("%s: replica %d is shown at %d", name, i, got.DigestOrder)
				}
			} else if got.DigestOrder != x.orders[i] {
				t.Errorf("%s: replica %d is shown at %d, want %d", name, i, got.DigestOrder, x.orders[i])
			}
			if lag != x.lags[i] {
				t.Errorf("%s: replica %d lags %d, want %d", name, i, lag, x.lags[i])
			}
			alarmed := slices.ContainsFunc(got.Alarms, func(a string) bool { return strings.HasPrefix(a, "diverged: ") })
			if alarmed != slices.Contains(x.diverged, i) {
				t.Errorf("%s: replica %d: %v", name, i, got.Alarms)
			}
		}
	}
}

func TestRow(t *testing.T) {
	if r := row(1, &adminapi.Status{Replica: 2}); r.Role != Unreachable {
		t.Errorf("another replica's answer was taken: %+v", r)
	}
	if r := row(1, &adminapi.Status{Replica: 1, Platform: "a\x1b[2Jb"}); r.Role != "starting" || r.Platform != "a?[2Jb" {
		t.Errorf("%+v", r)
	}
	if r := row(1, &adminapi.Status{Replica: 1, Active: true}); r.Role != "unknown" || r.Enclave != "active" {
		t.Errorf("%+v", r)
	}
	r := row(1, &adminapi.Status{Replica: 1, Active: true, Host: &boundary.HostFacts{Leader: 1}})
	if r.Role != "leader" || r.Alarms == nil {
		t.Errorf("%+v", r)
	}
}

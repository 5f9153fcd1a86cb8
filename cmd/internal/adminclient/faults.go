package adminclient

import (
	"slices"

	"troxymail/enclave/boundary"
)

// lagging is how many orders behind the furthest replica one cannot be counted on.
const lagging = 1024

// count fills in Faults. What a replica's own enclave says goes first; then what this program sees by comparing; then
// what more than half of the other active ones say of it, so that one that lies takes nobody out.
func (r *Report) count() {
	n := len(r.Replicas)
	r.Faults = Faults{Tolerated: (n - 1) / 2, Out: []Out{}}
	for i := range r.Replicas {
		if o := r.outage(i); o != nil {
			r.Faults.Out = append(r.Faults.Out, *o)
		}
	}
	out := len(r.Faults.Out)
	r.Faults.Serving, r.Faults.Serves, r.Faults.Survived = n-out, boundary.Serves(n, out), boundary.Survives(n, out)
}

// Budget is Faults for people.
func (r *Report) Budget() string { return boundary.Budget(len(r.Replicas), len(r.Faults.Out)) }

// outage says why a replica cannot be counted on, nil when it can.
func (r *Report) outage(i int) *Out {
	row := &r.Replicas[i]
	own := func(why string, by ...int) *Out {
		return &Out{Replica: row.ID, Why: why, SeenBy: append([]int{}, by...)}
	}
	self := slices.IndexFunc(row.Sees, func(o Out) bool { return o.Replica == row.ID })
	switch {
	case row.Role == Unreachable:
		return own(Unreachable)
	case row.Enclave != enclaveActive:
		return own(boundary.CauseNotActive.String(), row.ID)
	case slices.Contains(r.diverged(), i):
		return own("diverged")
	case self >= 0:
		return own(row.Sees[self].Why, row.ID)
	case row.Lag != nil && *row.Lag > lagging:
		return own(boundary.CauseLagging.String())
	}
	why, by, active := "", []int(nil), 0
	for k := range r.Replicas {
		other := &r.Replicas[k]
		if k == i || other.Enclave != enclaveActive {
			continue
		}
		active++
		for _, o := range other.Sees {
			if o.Replica == row.ID {
				why, by = o.Why, append(by, other.ID)
			}
		}
	}
	if 2*len(by) > active {
		return own(why, by...)
	}
	return nil
}

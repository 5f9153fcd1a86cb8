package adminclient

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// compare fills in what only a look at all replicas shows: lag, digests of one order, and who diverged.
func (r *Report) compare() {
	var furthest uint64
	for i := range r.Replicas {
		furthest = max(furthest, r.Replicas[i].Executed)
	}
	at := r.commonOrder()
	for i := range r.Replicas {
		x := &r.Replicas[i]
		if len(x.roots) == 0 {
			continue
		}
		lag := furthest - x.Executed
		x.Lag = &lag
		newest := x.roots[len(x.roots)-1]
		x.Digest, x.DigestOrder = digestText(newest.Digest), newest.Order
		for _, root := range x.roots {
			if root.Order == at {
				x.Digest, x.DigestOrder = digestText(root.Digest), root.Order
			}
		}
	}
	for _, i := range r.diverged() {
		r.Replicas[i].Alarms = append(r.Replicas[i].Alarms,
			boundary.Alarm{Code: boundary.AlarmDiverged, Subject: boundary.NoReplica}.String())
	}
}

// commonOrder is the order that most replicas can tell the digest of, and of those the highest.
func (r *Report) commonOrder() uint64 {
	count := map[uint64]int{}
	for i := range r.Replicas {
		for _, root := range r.Replicas[i].roots {
			count[root.Order]++
		}
	}
	var best uint64
	for order, n := range count {
		if n > count[best] || n == count[best] && order > best {
			best = order
		}
	}
	return best
}

// diverged returns the replicas whose digest differs from the majority's at any order that they share; where
// there is no majority, all that disagree.
func (r *Report) diverged() []int {
	byOrder := map[uint64]map[wire.Digest]int{}
	for i := range r.Replicas {
		for _, root := range r.Replicas[i].roots {
			if byOrder[root.Order] == nil {
				byOrder[root.Order] = map[wire.Digest]int{}
			}
			byOrder[root.Order][root.Digest]++
		}
	}
	var list []int
	for i := range r.Replicas {
		for _, root := range r.Replicas[i].roots {
			if others := byOrder[root.Order]; len(others) > 1 && !prevails(others, root.Digest) {
				list = append(list, i)
				break
			}
		}
	}
	return list
}

// prevails reports whether more replicas tell digest than any other one.
func prevails(count map[wire.Digest]int, digest wire.Digest) bool {
	for other, n := range count {
		if other != digest && n >= count[digest] {
			return false
		}
	}
	return true
}

package boundary

import (
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Cause says why a replica cannot be counted on at the moment. Numbers and names are fixed for ever.
type Cause uint8

// The causes, the first that fits.
const (
	CauseSilent     Cause = 1 // nothing was heard of its host lately
	CauseNotActive  Cause = 2 // its enclave comes back
	CauseSuspicious Cause = 3 // it sent what no correct host sends
	CauseLagging    Cause = 4 // it is far behind the others
)

var causeNames = map[Cause]string{CauseSilent: "silent", CauseNotActive: "not active", CauseSuspicious: "suspicious", CauseLagging: "lagging"}

// String returns the cause's name for people and scripts, such as "not active".
func (c Cause) String() string {
	if n, ok := causeNames[c]; ok {
		return n
	}
	return fmt.Sprintf("cause-%d", uint8(c))
}

// Outage is a replica that cannot be counted on: part of the faults that the group survives is used up by it.
type Outage struct {
	Replica wire.ReplicaID
	Cause   Cause
}

const outageBytes = 2 + 1

func appendOutages(dst []byte, list []Outage) []byte {
	dst = canon.AppendCount(dst, len(list))
	for _, o := range list {
		dst = append(canon.AppendUint16(dst, uint16(o.Replica)), byte(o.Cause))
	}
	return dst
}

// readOutages reads what appendOutages appended: replicas rise strictly. An unknown cause is kept.
func readOutages(r *canon.Reader) []Outage {
	list := make([]Outage, r.Count(wire.MaxReplicas, outageBytes))
	for i := range list {
		list[i] = Outage{Replica: wire.ReplicaID(r.Uint16()), Cause: Cause(r.Uint8())}
		if i > 0 && list[i].Replica <= list[i-1].Replica {
			r.Fail(canon.ErrNonCanonical)
		}
	}
	return list
}

// Survives is how many further faults a group of n = 2f+1 survives when out of its replicas cannot be counted on:
// f - out, and 0 when it does not serve at all.
func Survives(n, out int) int { return max(0, (n-1)/2-out) }

// Serves reports whether f+1 of n = 2f+1 replicas are left, so that the group can order.
func Serves(n, out int) bool { return n-out >= (n-1)/2+1 }

// Budget says for people how much of what a group survives is used up.
func Budget(n, out int) string {
	if !Serves(n, out) {
		return fmt.Sprintf("%d of %d serve, and %d are needed: the group does not serve", n-out, n, (n-1)/2+1)
	}
	if left := Survives(n, out); left != 1 {
		return fmt.Sprintf("%d of %d serve; %d further faults are survived", n-out, n, left)
	}
	return fmt.Sprintf("%d of %d serve; 1 further fault is survived", n-out, n)
}

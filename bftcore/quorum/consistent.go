package quorum

import "troxymail/bftcore/wire"

// Witness is what a certificate or a reply says about incarnations: who speaks, in which founding and
// incarnation, and the newest incarnation of each replica that the speaker knew of.
type Witness struct {
	Founding    wire.Founding
	Replica     wire.ReplicaID
	Incarnation uint32
	Vector      []uint32
}

// WitnessOf returns the witness of a certificate; it aliases the certificate's vector.
func WitnessOf(c *wire.Certificate) Witness {
	return Witness{Founding: c.Founding, Replica: c.Replica, Incarnation: c.Incarnation, Vector: c.Vector}
}

// Consistent reports whether a and b may be counted in one quorum: one founding, and neither knows of a
// newer incarnation of the other.
func Consistent(a, b Witness) bool {
	return a.Founding == b.Founding && !outdates(a, b) && !outdates(b, a)
}

// outdates reports whether a knows a newer incarnation of b's replica, or cannot speak of it.
func outdates(a, b Witness) bool {
	return int(b.Replica) >= len(a.Vector) || a.Vector[b.Replica] > b.Incarnation
}

// Holds reports whether some need of the witnesses, of distinct replicas and pairwise consistent, exist
// among ws, and returns their indices (ascending; the first such set in index order). The search is
// exhaustive but small: at most wire.MaxReplicas witnesses are looked at, one a replica.
func Holds(ws []Witness, need int) ([]int, bool) {
	if need <= 0 {
		return nil, true
	}
	if len(ws) < need {
		return nil, false
	}
	chosen := make([]int, 0, need)
	return extend(ws, need, 0, chosen)
}

func extend(ws []Witness, need, from int, chosen []int) ([]int, bool) {
	if len(chosen) == need {
		return chosen, true
	}
	for i := from; i < len(ws) && len(ws)-i >= need-len(chosen); i++ {
		if !fits(ws, chosen, i) {
			continue
		}
		if set, ok := extend(ws, need, i+1, append(chosen, i)); ok {
			return set, true
		}
	}
	return nil, false
}

func fits(ws []Witness, chosen []int, i int) bool {
	for _, j := range chosen {
		if ws[j].Replica == ws[i].Replica || !Consistent(ws[i], ws[j]) {
			return false
		}
	}
	return true
}

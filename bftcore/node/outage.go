package node

import (
	"troxymail/bftcore"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// laggingFrom is how many orders behind this host makes a peer one that cannot be counted on: what it says of itself is
// some tenths of a second old.
const laggingFrom = 4 * catchingUpFrom

// outages are the replicas that this host does not count on now, by what it sees: each uses up one of the f faults
// that the group survives. A peer whose link is down is out at once, one that says nothing over it after a while. Itself it
// does not count on while it has no whole state to attest: with one more gone no checkpoint would become stable, and after
// wire.MaxEntries orders none would be certified any more.
func (n *Node) outages(s *bftcore.Status) []boundary.Outage {
	var list []boundary.Outage
	_, stateComes := n.stateComes()
	for i := range s.Peers {
		r := wire.ReplicaID(i)
		cause := n.outage(s, i)
		if r == n.o.Config.Self {
			cause = 0
			if s.Known > s.Applied+catchingUpFrom || stateComes || n.o.Checkpoints != nil && !n.o.Checkpoints.Whole() {
				cause = boundary.CauseLagging
			}
		}
		if cause != 0 {
			list = append(list, boundary.Outage{Replica: r, Cause: cause})
		}
	}
	return list
}

// outage is why a peer cannot be counted on, 0 when it can.
func (n *Node) outage(s *bftcore.Status, i int) boundary.Cause {
	p := &s.Peers[i]
	connections, tells := n.o.Links.(Connections)
	switch {
	case tells && !connections.Connected(i), max(p.HeardAt, n.began)+silentAfter < n.o.Now():
		return boundary.CauseSilent
	case n.needy.Load()>>i&1 == 1:
		return boundary.CauseNotActive
	case n.floods[i].Load() > 0, n.transfers.liars.Load()>>i&1 == 1:
		return boundary.CauseSuspicious
	case s.Applied > p.Executed+laggingFrom:
		return boundary.CauseLagging
	}
	return 0
}

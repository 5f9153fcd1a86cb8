package bftcore

import "troxymail/bftcore/wire"

// Status is how far a core is; for people and for the durable mark of replies.
type Status struct {
	View     uint64
	InView   bool // false: the view did not begin here yet
	Leader   wire.ReplicaID
	Stable   wire.Stable // the stable checkpoint
	Prepared uint64      // highest order that this replica certified (PREPARE or COMMIT), without a gap below
	Executed uint64      // highest order handed to Execute
	Applied  uint64      // highest order that the store reported
	Durable  uint64      // every order up to here is executed, and its proof is synced in the own log
	Known    uint64      // highest order that f+1 replicas claim to have: one of them at least tells the truth
	Pending  int         // requests that wait
	// Missing is the order that this host cannot get on without and asks its peers for, 0 for none, and
	// MissingSince when it first did. Short ones are the daily life of a lossy network; one that stays
	// while peers claim to have it is in no peer's log any more.
	Missing      uint64
	MissingSince Time
	// Frontier is the own certificate of the highest position, as it stands in the log (or in
	// Restored.Frontier); Kind is 0 when there is none. It is logged before it leaves.
	Frontier wire.Certificate
	Peers    []PeerStatus // indexed by replica; the own entry is zero
}

// PeerStatus is what a peer claims about itself.
type PeerStatus struct {
	Prepared, Executed, Synced uint64
	// Voted is the highest order for which the peer itself sent its certificate, since it last said to have
	// less than before. Whoever has voted for an order had all of its pillar below.
	Voted uint64
	// SetBack counts how often the peer said to have executed less than before: what it had written is gone.
	SetBack uint64
	HeardAt Time // of its last message; 0 for never
	// Generation is the newest founding above the present one that a certificate names which came from the peer as its
	// own, unverified; 0 for none.
	Generation uint32
}

// Status returns how far the core is. It allocates; not for the hot path (see Durable).
func (c *Core) Status() Status {
	st := Status{
		View: c.view, InView: c.inView, Leader: c.leader(), Stable: c.stable, Prepared: c.nextOwn.first() - 1, Executed: c.executed, Applied: c.applied,
		Durable: c.durable, Known: c.credible(), Pending: len(c.pending.byKey), Frontier: c.frontier,
		Peers: make([]PeerStatus, c.n), Missing: c.fetching.lack, MissingSince: c.fetching.since,
	}
	for r := range c.peers {
		st.Peers[r] = c.peers[r].status
		st.Peers[r].HeardAt = c.peers[r].heardAt
	}
	return st
}

// Counters returns what was counted since New.
func (c *Core) Counters() Counters { return c.counters }

// Durable is Status.Durable, cheap.
func (c *Core) Durable() uint64 { return c.durable }

package bftcore

import (
	"troxymail/bftcore/wire"
)

// Core is the ordering state of one host. Not safe for concurrent use: one goroutine owns it.
type Core struct {
	cfg      Config
	now      Time
	counters Counters
	out      Ready
	taken    bool
}

// Status is how far a core is; for people and for the durable mark of replies.
type Status struct {
	View     uint64
	Leader   wire.ReplicaID
	Prepared uint64 // highest order that this replica certified (PREPARE or COMMIT), without a gap below
	Executed uint64 // highest order handed to Execute
	Applied  uint64 // highest order that the store reported
	Durable  uint64 // every order up to here is executed, and its proof is synced in the own log
	Known    uint64 // highest order that anybody claimed to have
	Pending  int    // requests that wait
	// Frontier is the own certificate of the highest position, as it stands in the log; Kind is 0
	// when there is none. It is logged before it leaves.
	Frontier wire.Certificate
	Peers    []PeerStatus // indexed by replica; the own entry is zero
}

// PeerStatus is what a peer claims about itself.
type PeerStatus struct {
	Prepared, Executed, Synced uint64
	HeardAt                    Time // of its last valid message; 0 for never
}

// New returns a core that continues where the log ends. Errors: ErrConfig, ErrLog, ErrLogBehind.
func New(cfg Config, now Time, restored Restored) (*Core, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	return &Core{cfg: cfg, now: now}, nil
}

// Step takes one event in. Time never runs backwards: an older now is taken as the last one. Effects
// come out of Ready.
func (c *Core) Step(now Time, e Event) { c.now = max(c.now, now) }

// Ready returns what is to be done since the last Ready. The caller does it, then calls Advance; Step is
// allowed in between. Panics when called twice without Advance.
func (c *Core) Ready() Ready {
	if c.taken {
		panic("bftcore: Ready without Advance")
	}
	c.taken = true
	return c.out
}

// Advance takes the slices of the last Ready back.
func (c *Core) Advance() { c.taken = false }

// NextDeadline is when the core wants a Tick even if nothing happens; 0 for never. It may lie in the past.
func (c *Core) NextDeadline() Time { return 0 }

// Counters returns what was counted since New.
func (c *Core) Counters() Counters { return c.counters }

// Status returns how far the core is. It allocates; not for the hot path (see Durable).
func (c *Core) Status() Status { return Status{} }

// Durable is Status.Durable, cheap.
func (c *Core) Durable() uint64 { return 0 }

// Wants reports whether a message of a peer is for the core: a FORWARD, PREPARE, COMMIT, PROGRESS, or a
// FETCH of orders. All others, and anything undecodable, are not.
func Wants(raw []byte) bool {
	kind, err := wire.PeekKind(raw)
	if err != nil {
		return false
	}
	switch kind {
	case wire.KindForward, wire.KindPrepare, wire.KindCommit, wire.KindProgress:
		return true
	case wire.KindFetch:
		f, err := wire.DecodeFetch(raw)
		return err == nil && f.From > 0
	}
	return false
}

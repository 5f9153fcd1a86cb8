package node

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"troxymail/bftcore"
	"troxymail/bftcore/rejoin"
	"troxymail/bftcore/wire"
)

// Refusals are the messages of peers that no correct replica sends: the first of each peer and cause makes a line in the
// log, and those that no core counts are counted here. Safe for concurrent use.
type Refusals struct {
	logger *slog.Logger
	counts [bftcore.Causes]atomic.Uint64

	mu     sync.Mutex
	blames bftcore.Blames // guarded by mu
}

// NewRefusals returns those of a group of n, none. Without a logger they are only counted.
func NewRefusals(n int, logger *slog.Logger) *Refusals {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Refusals{logger: logger, blames: bftcore.NewBlames(n)}
}

// Counts returns by cause what was refused before any core saw it.
func (r *Refusals) Counts() map[string]uint64 {
	m := map[string]uint64{}
	for i := range r.counts {
		if n := r.counts[i].Load(); n > 0 {
			m[bftcore.Cause(i).String()] = n
		}
	}
	return m
}

// count notes a refused message that no core sees; err may be nil.
func (r *Refusals) count(from wire.ReplicaID, cause bftcore.Cause, err error) {
	r.counts[cause].Add(1)
	r.tell(from, cause, err, "")
}

// driver notes what a driver refused.
func (r *Refusals) driver(list []rejoin.Refusal) {
	for _, x := range list {
		cause := bftcore.CauseMalformed
		if x.Err == nil {
			cause = bftcore.CauseMisattributed
		}
		r.count(x.From, cause, x.Err)
	}
}

// core notes what a core refused, and counts.
func (r *Refusals) core(list []bftcore.Refusal) {
	for _, x := range list {
		r.tell(x.From, x.Cause, nil, x.Detail)
	}
}

// tell writes a line for the first of a peer and cause.
func (r *Refusals) tell(from wire.ReplicaID, cause bftcore.Cause, err error, detail string) {
	r.mu.Lock()
	first := r.blames.Add(nil, from, cause, err)
	r.mu.Unlock()
	for _, x := range first {
		if x.Detail != "" {
			detail = x.Detail
		}
		r.logger.Warn("peer.refused", "peer", x.From, "cause", x.Cause.String(), "detail", detail)
	}
}

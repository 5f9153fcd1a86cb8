package host

import (
	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/node"
	"troxymail/enclave/boundary"
)

// Figures say how a host fares, for metrics and status. They are the host's word.
type Figures struct {
	Connected bool // an enclave is linked
	Ready     bool // and it is active
	Status    bftcore.Status
	Facts     boundary.HostFacts // with the alarms
	Counters  bftcore.Counters   // since the enclave was linked
	Refused   map[string]uint64  // messages of peers that no core saw, by cause, since the start
	Log       hostlog.Stats
	Scrub     ScrubFigures
	Flushed   uint64 // order up to which the store is durable by itself
	Transfer  node.TransferFigures
	Lacking   uint64         // large bodies of the state that no peer delivered yet
	Reads     boundary.Reads // of clients, as the enclave says
	Collected uint64         // large bodies that were removed because nothing refers to them
}

// Figures returns them as of a moment ago; before the first enclave, Status and Counters are zero. Safe
// for concurrent use.
func (h *Host) Figures() Figures {
	up := h.up.Load()
	f := Figures{Connected: up || h.back.Load() != nil, Log: h.log.Stats(), Flushed: h.store().FlushedOrder(), Scrub: h.scrub.figures(),
		Refused: h.refusals.Counts()}
	f.Lacking, f.Collected = h.filled.missing.Load(), h.collected.Load()
	n := h.node.Load()
	if n != nil {
		f.Status, f.Counters, f.Facts, f.Transfer = n.Status(), n.Counters(), n.Facts(), n.Transfers()
	}
	if !up { // those of the last node are of the past
		f.Facts.Alarms, f.Facts.Out = h.awaited()
		return f
	}
	f.Reads = n.Reads()
	select {
	case <-n.Ready():
		f.Ready = true
	default:
	}
	return f
}

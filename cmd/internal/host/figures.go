package host

import (
	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/enclave/boundary"
)

// Figures say how a host fares, for metrics and status. They are the host's word.
type Figures struct {
	Connected bool // an enclave is linked
	Ready     bool // and it said that it is active
	Status    bftcore.Status
	Facts     boundary.HostFacts // with the alarms
	Counters  bftcore.Counters   // since the enclave was linked
	Log       hostlog.Stats
	Scrub     ScrubFigures
	Flushed   uint64 // order up to which the store is durable by itself
}

// Figures returns them as of a moment ago; before the first enclave, Status and Counters are zero. Safe
// for concurrent use.
func (h *Host) Figures() Figures {
	f := Figures{Connected: h.up.Load(), Log: h.log.Stats(), Flushed: h.store.FlushedOrder(), Scrub: h.scrub.figures()}
	n := h.node.Load()
	if n == nil {
		f.Facts.Alarms = h.faults.list()
		return f
	}
	f.Status, f.Counters, f.Facts = n.Status(), n.Counters(), n.Facts()
	select {
	case <-n.Ready():
		f.Ready = f.Connected
	default:
	}
	return f
}

package replica

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/troxy"
)

// Stats count what a replica's enclave saw and refused. No entry names a person, a mailbox or a message.
type Stats struct {
	Pending             uint64 // requests without an outcome yet
	Position            wire.Position
	Incarnation         uint32 // of this enclave
	BadFrames           uint64 // frames of the host that did not decode or made no sense
	EarlyFrames         uint64 // frames before the enclave was ACTIVE
	UnaskedAnswers      uint64
	BadMACs             uint64
	RefusedCertificates uint64
	RefusedClaims       uint64
	Client              troxy.Counters
}

// publish makes the owner's counters visible to Replica.Stats.
func (w *owner) publish() {
	s := w.stats
	s.Pending = uint64(len(w.waiting) + len(w.queue))
	s.Position, s.Incarnation = w.counter.Position(), w.counter.Incarnation().Number
	if w.client != nil {
		s.Client = w.client.Counters()
	}
	w.r.stats.Store(&s)
}

package replica

import (
	"troxymail/bftcore/wire"
	"troxymail/cache/lag"
	"troxymail/enclave/troxy"
)

// Stats count what a replica's enclave saw and refused. No entry names a person, a mailbox or a message.
type Stats struct {
	Pending             uint64 // requests without an outcome yet
	Position            wire.Position
	Standing            wire.Standing
	Generation          uint32 // of this enclave, as is
	Incarnation         uint32
	BadFrames           uint64 // frames of the host that did not decode or made no sense
	EarlyFrames         uint64 // frames before the enclave was ACTIVE
	UnaskedAnswers      uint64
	BadMACs             uint64
	RefusedCertificates uint64
	RefusedClaims       uint64
	BadRecords          uint64 // records that the host delivered otherwise than they were stored
	Client              troxy.Counters
	Reads               ReadStats
	Lag                 lag.Counters
}

// publish makes the owner's counters visible to Replica.Stats.
func (w *owner) publish() {
	w.r.statsMu.Lock()
	defer w.r.statsMu.Unlock()
	s := &w.r.stats
	*s = w.stats
	s.Pending = uint64(len(w.waiting) + len(w.queue))
	self := w.counter.Incarnation()
	s.Position, s.Generation, s.Incarnation, s.Standing = w.counter.Position(), self.Founding.Generation, self.Number, w.counter.Standing()
	if w.client != nil {
		s.Client = w.client.Counters()
		s.Reads = w.readStats()
		s.Lag = w.lag.detector.Counters()
	}
}

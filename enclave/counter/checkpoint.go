package counter

import (
	"slices"

	"troxymail/bftcore/wire"
)

// Checkpoint attests the host's claim that the state after order has root and is durable. f+1 of them make
// it stable, one of which is a correct host's. Orders rise; the last one, and the stable one, may be said
// again: a founding's checkpoint is attested anew in its generation before a state is transferred by it.
func (s *State) Checkpoint(order uint64, root wire.Digest) (wire.Checkpoint, error) {
	if err := s.active(0, order); err != nil {
		return wire.Checkpoint{}, err
	}
	claim := wire.Stable{Order: order, Root: root}
	switch {
	case order == 0:
		return wire.Checkpoint{}, ErrRange
	case claim == s.stable || claim == s.attested:
	case order == s.attested.Order || order == s.stable.Order:
		return wire.Checkpoint{}, ErrDigest
	case order <= s.attested.Order || order <= s.stable.Order:
		return wire.Checkpoint{}, ErrPosition
	default:
		s.attested = claim
	}
	return wire.Checkpoint{Certificate: s.certificate(wire.CertCheckpoint, wire.Position{Order: order}, root)}, nil
}

// Advance moves the stable checkpoint to what f+1 CHECKPOINTs of one order and root show, and forgets what is
// below. An enclave that lags takes part from there on.
func (s *State) Advance(shown []wire.Checkpoint) error {
	if s.standing != wire.Active {
		return ErrInactive
	}
	if len(shown) == 0 {
		return ErrQuorum
	}
	to := shown[0].Stable()
	certs := make([]*wire.Certificate, 0, len(shown))
	for i := range shown {
		if shown[i].Stable() == to {
			certs = append(certs, &shown[i].Certificate)
		}
	}
	switch {
	case to.Order <= s.stable.Order:
		return ErrPosition
	case !s.quorate(certs, false):
		return ErrQuorum
	}
	s.stable = to
	above, _ := s.find(to.Order + 1)
	s.entries = slices.Clone(s.entries[above:])
	if s.inView {
		s.lift(to.Order)
	}
	return nil
}

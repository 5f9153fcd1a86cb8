package wire

// MaxPillars bounds how many instances of the ordering protocol one group runs beside each other.
const MaxPillars = 8

// PillarOf returns which of so many parallel instances an order belongs to. None is one.
func PillarOf(order uint64, pillars int) uint16 { return uint16(order % uint64(max(1, pillars))) }

// Counts reports whether c names the counter that its statement belongs to: a PREPARE or COMMIT that of its order's
// pillar. All else is said for all counters at once and names the first.
func (c *Certificate) Counts(pillars int) bool {
	return c.Counter == counterOf(c.Kind, c.New.Order, pillars)
}

// SetCounter has c name the counter that it belongs to; see Counts.
func (c *Certificate) SetCounter(pillars int) { c.Counter = counterOf(c.Kind, c.New.Order, pillars) }

func counterOf(kind CertKind, order uint64, pillars int) uint16 {
	if kind == CertPrepare || kind == CertCommit {
		return PillarOf(order, pillars)
	}
	return 0
}

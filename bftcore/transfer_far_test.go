package bftcore

import (
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// A host that is far below the stable checkpoint takes over the state at once, however fast its peers send it what it
// misses; one that is less far below does not, before an order has been missing for long.
func TestStateIsTakenByWhoIsFarBehind(t *testing.T) {
	group, _ := quorum.New(3)
	const k = 8
	for _, x := range []struct {
		stable uint64
		asks   bool
	}{{farBehind * k, false}, {(farBehind + 1) * k, true}} {
		c, err := New(Config{Quorum: group, Checkpoint: k}, 1, Restored{})
		if err != nil {
			t.Fatal(err)
		}
		s := wire.Stable{Order: x.stable, Root: wire.Digest{1}}
		c.raise(s)
		c.claim(1, s.Order)
		c.fetching.lack, c.fetching.since = 1, c.now // its first order is on the way
		c.needsTransfer()
		if got := c.out.Transfer != nil; got != x.asks {
			t.Errorf("stable at %d: asks for the state: %v", s.Order, got)
		}
		if x.asks && (c.out.Transfer.Stable != s || len(c.out.Transfer.From) != 1) {
			t.Errorf("asks for %+v", c.out.Transfer)
		}
	}
}

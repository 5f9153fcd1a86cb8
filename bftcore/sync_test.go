package bftcore_test

import (
	"testing"

	"troxymail/bftcore"
)

// Each host syncs its log once for an order, when it holds what proves it: not for the own vote before that. Everything is
// durable nevertheless, at hosts that sync when they are asked to and never else.
func TestOneSyncForAnOrder(t *testing.T) {
	for _, n := range []int{3, 5} {
		w := newWorld(n, func(*bftcore.Config) {})
		w.quiet = true
		const orders = 20
		syncs := make([]int, n)
		for i := range orders {
			w.hosts[i%n].core.Step(w.now, bftcore.Submit{Raw: w.request("r", i%n, nil, 256).Raw})
			for busy := true; busy; {
				busy = w.arrive()
				for r, p := range w.hosts {
					did := p.round(false, false)
					if did.sync {
						syncs[r]++
					}
					busy = busy || did.busy
				}
			}
			w.now += millisecond
		}
		for r, p := range w.hosts {
			if got := p.core.Status(); got.Executed != orders || got.Durable != orders {
				t.Errorf("n=%d: replica %d executed %d orders, %d durably", n, r, got.Executed, got.Durable)
			}
			if syncs[r] != orders {
				t.Errorf("n=%d: replica %d synced %d times for %d orders", n, r, syncs[r], orders)
			}
		}
	}
}

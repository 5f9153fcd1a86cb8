package bftcore_test

import (
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/wire"
)

// A peer's own certificate of a later founding is noted; what is older, or comes from another, says nothing of it.
func TestLaterFoundingsOfPeersAreNoted(t *testing.T) {
	w := newWorld(3, func(*bftcore.Config) {})
	w.quiet = true
	core := w.hosts[1].core
	says := func(from, of wire.ReplicaID, generation uint32) {
		f := wire.Founding{Generation: generation, Digest: wire.Digest{9}}
		x := wire.Certificate{Kind: wire.CertCommit, Founding: f, Replica: of, Vector: []uint32{1, 1, 1}, New: wire.Position{View: 7, Order: 4}}
		p := x
		p.Kind, p.Replica = wire.CertPrepare, 0
		core.Step(w.now, bftcore.Received{From: from, Raw: wire.AppendCommit(nil, &x, &p)})
	}
	noted := func() [2]uint32 {
		s := core.Status()
		return [2]uint32{s.Peers[0].Generation, s.Peers[2].Generation}
	}
	says(2, 0, 5)
	says(2, 2, 1)
	if got := noted(); got != [2]uint32{} {
		t.Fatalf("%v after a relayed one and one of the same generation", got)
	}
	says(2, 2, 3)
	says(2, 2, 2)
	if got := noted(); got != [2]uint32{0, 3} {
		t.Fatalf("%v", got)
	}
}

// After a founding that took something over, its leader goes on to the next checkpoint by itself; one that returned
// alone, or that begins a group, does not.
func TestCheckpointAfterAFounding(t *testing.T) {
	for name, x := range map[string]struct {
		incarnation uint32
		entries     uint64 // above the stable checkpoint, which is at 8
		last        uint64 // proposed
	}{
		"founding": {1, 2, 12}, "founding up to a checkpoint": {1, 4, 16}, "founding that takes nothing over": {1, 0, 0},
		"returned alone": {2, 2, 10},
	} {
		w := newWorld(3, func(*bftcore.Config) {})
		config := w.hosts[2].config
		config.Checkpoint, config.Founding = 4, wire.Founding{Generation: 2, Digest: wire.Digest{1}}
		state := wire.Frontier{InView: true, Selected: 8 + x.entries, NewView: 3, Disclosure: wire.Disclosure{Stable: wire.Stable{Order: 8}}}
		state.Certificate = wire.Certificate{Kind: wire.CertFrontier, Founding: config.Founding, Replica: 2, Incarnation: x.incarnation,
			Vector: []uint32{1, 1, x.incarnation}, New: wire.Position{View: 2, Order: 8}}
		for order := uint64(9); order <= 8+x.entries; order++ {
			state.Disclosure.Entries = append(state.Disclosure.Entries, wire.Entry{Order: order, Rank: wire.Rank{Generation: 1}, Batch: wire.BatchDigest(nil)})
		}
		core, err := bftcore.New(config, w.now, bftcore.Restored{State: &state, Applied: 8})
		if err != nil {
			t.Fatal(err)
		}
		core.Step(w.now, bftcore.Tick{})
		last := uint64(0)
		for _, call := range core.Ready().Calls {
			if p, ok := call.(bftcore.CertifyPrepare); ok {
				last = p.Order
			}
		}
		if last != x.last {
			t.Errorf("%s: proposed up to order %d, want %d", name, last, x.last)
		}
	}
}

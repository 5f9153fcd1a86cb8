package bftcore

import (
	"testing"

	"troxymail/bftcore/wire"
)

// The enclave of a new leader counts the first f+1 VIEW-CHANGEs that fit together. With those of 0 and 1 it would
// select a batch that only the host of 1 has and keeps to itself; no enclave could forget it, and no view begin, ever
// after. So exactly those are shown to it that select what is at hand.
func TestViewBeginsWithWhatIsAtHand(t *testing.T) {
	c := oneOfThree(t)
	c.view, c.inView = 3, false
	change := func(r wire.ReplicaID, entries ...wire.Entry) {
		x := wire.Certificate{Replica: r, New: wire.Position{View: 3}, Incarnation: 1, Vector: []uint32{1, 1, 1}}
		c.changing.changes[r] = &wire.ViewChange{Certificate: x, Disclosure: wire.Disclosure{Entries: entries}, Raw: []byte{byte(r)}}
	}
	known := &wire.Prepare{Raw: make([]byte, 10), Digests: []wire.Digest{{2}}}
	c.hold(1, known, 2, true)
	change(0)
	change(1, wire.Entry{Order: 1, Rank: wire.Rank{View: 1}, Batch: wire.Digest{1}})
	change(2, wire.Entry{Order: 1, Rank: wire.Rank{View: 2}, Batch: wire.BatchDigest(known.Digests)})
	shown := func() []*wire.ViewChange {
		c.out.Calls = nil
		c.begin()
		var set []*wire.ViewChange
		for _, call := range c.out.Calls {
			for _, raw := range call.(Ask).Messages {
				set = append(set, c.changing.changes[raw[0]])
			}
		}
		return set
	}
	set := shown()
	if len(set) != 2 || len(c.lacking(selected(set))) > 0 {
		t.Fatalf("%d are shown", len(set))
	}
	// One refused (it knows of a restart that its host does not see): another is tried.
	c.onTold(&Told{Token: c.token, Refused: true})
	c.now += refusedAgain
	if next := shown(); len(next) != 2 || next[0] == set[0] && next[1] == set[1] {
		t.Errorf("the same %d again", len(next))
	}
}

package bftcore

import (
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// oneOfThree is the core of replica 0, with nothing behind it.
func oneOfThree(t *testing.T) *Core {
	t.Helper()
	group, _ := quorum.New(3)
	c, err := New(Config{Quorum: group}, 1, Restored{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a leader proposed and a later view passed over is kept no longer than until a checkpoint is above it: a
// leader that makes views fail could fill the memory otherwise.
func TestPassedOverBatchesGo(t *testing.T) {
	c := oneOfThree(t)
	for order := uint64(1); order <= 10; order++ {
		c.hold(order, &wire.Prepare{Raw: make([]byte, 10), Digests: []wire.Digest{{byte(order)}}}, 1, true)
	}
	c.raise(wire.Stable{Order: 8})
	if n := len(c.holdings.held); n != 2 || c.holdings.bytes != 20 {
		t.Errorf("%d held, %d bytes", n, c.holdings.bytes)
	}
}

// A batch that a view selects at two orders, and that was held for the first, stays until both are executed: nobody
// would be asked for it in the log of the second.
func TestBatchOfTwoOrdersStays(t *testing.T) {
	c := oneOfThree(t)
	batch := &wire.Prepare{Raw: make([]byte, 10), Digests: []wire.Digest{{1}}}
	d := wire.BatchDigest(batch.Digests)
	c.hold(3, batch, 1, true)
	both := []wire.Entry{{Order: 3, Batch: d}, {Order: 9, Batch: d}}
	if n := len(c.lacking(both)); n != 0 {
		t.Fatalf("%d lacking", n)
	}
	c.unhold(d, 3)
	if n := len(c.lacking(both)); n != 0 {
		t.Errorf("%d lacking after the first was executed", n)
	}
	c.unhold(d, 9)
	if n := len(c.lacking(both)); n != 2 {
		t.Errorf("%d lacking after the second", n)
	}
}

// A version that the own enclave has not found genuine is not passed on: a peer blames its sender for it, and the
// certificate with it may pretend to be of the own enclave. (Simulator, seed 7000094815.)
func TestUnprovenVersionsStay(t *testing.T) {
	c := oneOfThree(t)
	batch := &wire.Prepare{Raw: make([]byte, 10), Digests: []wire.Digest{{1}}}
	d := wire.BatchDigest(batch.Digests)
	ask := wire.Fetch{From: 3, To: 3, Body: d}
	c.hold(3, batch, 2, false)
	c.onFetchBatch(1, ask)
	if n := len(c.out.Messages); n != 0 {
		t.Fatalf("%d messages before anybody looked at the batch", n)
	}
	if len(c.out.Calls) == 0 {
		t.Fatal("the own enclave was not asked")
	}
	c.holdings.held[d].genuine = true
	c.onFetchBatch(1, ask)
	if n := len(c.out.Messages); n != 1 || c.out.Messages[0].To != 1 {
		t.Errorf("%d messages once it is genuine", n)
	}
}

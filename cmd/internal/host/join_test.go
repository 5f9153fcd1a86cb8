package host

import (
	"log/slog"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// reopened opens a folder whose store is at order 5 and whose log holds some orders, and Frontiers with stable
// checkpoints.
func reopened(t *testing.T, orders []uint64, stable ...uint64) *Host {
	t.Helper()
	dir := t.TempDir()
	if err := Prepare(dir, testGenesis, 1); err != nil {
		t.Fatal(err)
	}
	o := Options{Dir: dir, Self: 1, Replicas: 3, Genesis: testGenesis, FirstMailbox: 1, Logger: slog.New(slog.DiscardHandler)}
	h, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	for order := uint64(1); order <= 5; order++ {
		if _, _, err := h.machine().Apply(order, nil); err != nil {
			t.Fatal(err)
		}
	}
	prepare := wire.AppendPrepare(nil, &wire.Certificate{Kind: wire.CertPrepare, Vector: make([]uint32, 3), Digest: wire.BatchDigest(nil)}, nil)
	f := wire.Frontier{Certificate: wire.Certificate{Kind: wire.CertFrontier, Replica: 1, Vector: make([]uint32, 3)}}
	var records []hostlog.Record
	for _, order := range stable {
		f.Disclosure.Stable.Order = order
		f.Certificate.Digest = f.BodyDigest()
		records = append(records, hostlog.Record{Kind: hostlog.Kind(bftcore.RecordFrontier), Body: f.Append(nil)})
	}
	for _, order := range orders {
		records = append(records, hostlog.Record{Kind: hostlog.Kind(bftcore.RecordPrepare), Order: order, Body: prepare})
	}
	if _, err := h.log.Append(records); err != nil {
		t.Fatal(err)
	}
	h.store().SetDurable(5)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if h, err = Open(o); err != nil {
		t.Fatal(err)
	}
	return h
}

// A store that is at a stable checkpoint and has executed what its log does not prove, because that was lost or set
// back without it, is not believed: the group may have put something else there.
func TestStoreAheadOfItsLogIsGivenUp(t *testing.T) {
	h := reopened(t, nil, 4)
	defer h.Close()
	if at := h.machine().Applied(); at != 0 {
		t.Errorf("the store is at %d", at)
	}
	if list := h.faults.list(); len(list) != 1 || list[0].Code != boundary.AlarmStoreRebuilt {
		t.Errorf("%v", list)
	}
}

// An enclave that came back has taken over what others told, who knew of an older checkpoint; the log was cut by then, and
// shows that the store is right by what the enclave before knew.
func TestFormerFrontierVouchesForTheStore(t *testing.T) {
	h := reopened(t, nil, 5, 3)
	defer h.Close()
	if at, list := h.machine().Applied(), h.faults.list(); at != 5 || len(list) > 0 {
		t.Errorf("the store is at %d, %v", at, list)
	}
}

// A replica that took a state over, or waits for one, stops: its log ends before its store, or has a gap behind it.
// Both are legal, and what its enclave certified is still there when it starts again: to a founding that counts.
func TestLogApartFromStoreStays(t *testing.T) {
	for name, orders := range map[string][]uint64{"ends before": {1, 2, 3}, "gap behind": {1, 2, 3, 9}} {
		t.Run(name, func(t *testing.T) {
			h := reopened(t, orders, 5)
			defer h.Close()
			if at := h.machine().Applied(); at != 5 {
				t.Fatalf("the store is at %d", at)
			}
			if last := h.log.Stats().MaxOrder; last != orders[len(orders)-1] {
				t.Errorf("the log ends at %d", last)
			}
			if list := h.faults.list(); len(list) > 0 {
				t.Errorf("%v", list)
			}
		})
	}
}

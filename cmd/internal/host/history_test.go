package host

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

	"troxymail/bftcore"
	"troxymail/bftcore/hostlog"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// historyHost opens a folder of replica 1.
func historyHost(t *testing.T, dir string) *Host {
	t.Helper()
	h, err := Open(Options{Dir: dir, Self: 1, Replicas: 3, Genesis: testGenesis, FirstMailbox: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// certificateIn is what the enclave is ACTIVE with.
func certificateIn(generation, incarnation uint32) *wire.Certificate {
	return &wire.Certificate{
		Kind: wire.CertFrontier, Replica: 1, Vector: make([]uint32, 3), Incarnation: incarnation,
		Founding: wire.Founding{Generation: generation, Digest: wire.Digest{byte(generation)}},
	}
}

// writes logs three empty batches as committed in a generation.
func writes(t *testing.T, h *Host, generation uint32) {
	t.Helper()
	var records []hostlog.Record
	for order := uint64(1); order <= 3; order++ {
		x := certificateIn(generation, 1)
		x.Kind, x.Replica, x.New.Order, x.Digest = wire.CertPrepare, 0, order, wire.BatchDigest(nil)
		y := *x
		y.Kind, y.Replica = wire.CertCommit, 1
		records = append(records,
			hostlog.Record{Kind: hostlog.Kind(bftcore.RecordPrepare), Order: order, Body: wire.AppendPrepare(nil, x, nil)},
			hostlog.Record{Kind: hostlog.Kind(bftcore.RecordCommit), Order: order, Body: wire.AppendCommit(nil, &y, x)})
	}
	if _, err := h.log.Append(records); err != nil {
		t.Fatal(err)
	}
}

// at brings the store forward by the log, and returns the order that it is at.
func at(t *testing.T, h *Host) uint64 {
	t.Helper()
	if err := h.bringForward(context.Background()); err != nil {
		t.Fatal(err)
	}
	return h.machine().Applied()
}

// follows is told of a life of the enclave, and returns the order that the store is at then.
func follows(t *testing.T, h *Host, begins *wire.Certificate) uint64 {
	t.Helper()
	if err := h.follow(begins); err != nil {
		t.Fatal(err)
	}
	return h.machine().Applied()
}

// A replica that was left out of a founding believes neither its store nor what its log shows of former ones, and does not
// begin to when it is started again. Those that the founding heard, or that only return to it, keep what they have.
func TestLeftOut(t *testing.T) {
	dir := t.TempDir()
	if err := Prepare(dir, testGenesis, 1); err != nil {
		t.Fatal(err)
	}
	h := historyHost(t, dir)
	writes(t, h, 1)
	for _, life := range []struct{ generation, incarnation uint32 }{{1, 1}, {1, 2}, {2, 1}, {2, 5}} {
		follows(t, h, certificateIn(life.generation, life.incarnation))
		if got := at(t, h); got != 3 {
			t.Fatalf("in its life %d of generation %d it is at order %d", life.incarnation, life.generation, got)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}

	h = historyHost(t, dir)
	if got := at(t, h); got != 3 {
		t.Fatalf("opened again it is at order %d", got)
	}
	if got := follows(t, h, certificateIn(3, 2)); got != 0 {
		t.Fatalf("left out it is at order %d", got)
	}
	if list := h.faults.list(); len(list) != 1 || list[0].Code != boundary.AlarmStoreRebuilt {
		t.Errorf("%v", list)
	}
	if _, err := os.Stat(h.path(storeName) + asideSuffix + "1"); err != nil {
		t.Errorf("what only this replica has is gone: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}

	h = historyHost(t, dir)
	defer h.Close()
	if got := at(t, h); got != 0 {
		t.Fatalf("it believes its log again, up to order %d", got)
	}
	writes(t, h, 3)
	if got := at(t, h); got != 3 {
		t.Errorf("what it heard since brings it to order %d", got)
	}
	if got := follows(t, h, certificateIn(3, 4)); got != 3 {
		t.Errorf("returning once more it is at order %d", got)
	}
}

// An enclave that joined a founding, and returned to it like one that was elsewhere, is of it.
func TestJoinedAndReturned(t *testing.T) {
	dir := t.TempDir()
	if err := Prepare(dir, testGenesis, 1); err != nil {
		t.Fatal(err)
	}
	h := historyHost(t, dir)
	defer h.Close()
	writes(t, h, 1)
	at(t, h)
	f := wire.Frontier{Certificate: *certificateIn(2, 1)}
	f.Certificate.Digest = f.BodyDigest()
	if _, err := h.log.Append([]hostlog.Record{{Kind: hostlog.Kind(bftcore.RecordFrontier), Body: f.Append(nil)}}); err != nil {
		t.Fatal(err)
	}
	if got := follows(t, h, certificateIn(2, 2)); got != 3 {
		t.Errorf("it is at order %d", got)
	}
	f.Certificate = *certificateIn(3, 1)
	f.Certificate.Founding.Digest[0]++ // of a founding that came to nothing
	f.Certificate.Digest = f.BodyDigest()
	if _, err := h.log.Append([]hostlog.Record{{Kind: hostlog.Kind(bftcore.RecordFrontier), Body: f.Append(nil)}}); err != nil {
		t.Fatal(err)
	}
	if got := follows(t, h, certificateIn(3, 2)); got != 0 {
		t.Errorf("having joined another it is at order %d", got)
	}
}

// A damaged file makes the least of store and log.
func TestDamagedHistory(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "cut": history{generation: 2}.encode()[:30], "longer": history{generation: 2}.encode() + "x",
		"changed": strings.Replace(history{generation: 1}.encode(), "generation 1", "generation 2", 1),
	} {
		if y, ok := decodeHistory(text); ok {
			t.Errorf("%s: %+v", name, y)
		}
	}
	if y, ok := decodeHistory(history{generation: 7, since: 3}.encode()); !ok || y != (history{generation: 7, since: 3}) {
		t.Errorf("%+v, %v", y, ok)
	}
	dir := t.TempDir()
	if err := Prepare(dir, testGenesis, 1); err != nil {
		t.Fatal(err)
	}
	h := historyHost(t, dir)
	writes(t, h, 1)
	at(t, h)
	follows(t, h, certificateIn(2, 1))
	if err := os.WriteFile(h.path(historyName), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h = historyHost(t, dir)
	defer h.Close()
	if got := follows(t, h, certificateIn(2, 2)); got != 0 {
		t.Errorf("with a damaged file it is at order %d", got)
	}
}

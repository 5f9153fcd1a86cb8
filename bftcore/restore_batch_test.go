package bftcore

import (
	"slices"
	"testing"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// A batch that a view begins with may have come from a liar, in a PREPARE that nobody made: its digest is right, and
// so are the MACs of its requests, but its certificate is any bytes. Written to the log it is taken for the batch
// alone. As a PREPARE it made the log unreadable for ever.
func TestBatchInTheLogIsNoPrepare(t *testing.T) {
	group, _ := quorum.New(3)
	command := []byte("x")
	header := wire.AppendRequestHeader(nil, wire.RequestID{Generation: 1, Incarnation: 1, Sequence: 1}, 0, nil, nil, command)
	q, err := wire.DecodeRequest(wire.AppendRequest(nil, header, wire.MAC{1}, command))
	if err != nil {
		t.Fatal(err)
	}
	digest := wire.BatchDigest([]wire.Digest{q.Digest()})
	forged := wire.Certificate{Kind: wire.CertPrepare, Replica: 2, Vector: make([]uint32, 3), New: wire.Position{View: 3, Order: 7}, Digest: digest}
	raw := wire.AppendPrepare(nil, &forged, []wire.Request{q})

	c, err := New(Config{Quorum: group}, 1, Restored{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := wire.DecodePrepare(raw)
	if err != nil {
		t.Fatal(err)
	}
	c.hold(5, &p, 1, true)
	c.logContents([]wire.Entry{{Order: 5, Batch: digest}})
	records := c.out.Records
	if len(records) != 1 || records[0].Order != 5 {
		t.Fatalf("%+v", records)
	}

	again, err := New(Config{Quorum: group}, 1, Restored{Records: slices.Values(records)})
	if err != nil {
		t.Fatal(err)
	}
	if x := again.holdings.held[digest]; x == nil || !x.genuine || len(again.slots) > 0 || again.frontier.Kind != 0 {
		t.Errorf("held %+v, %d slots, frontier %+v", x, len(again.slots), again.frontier)
	}
	if len(again.lacking([]wire.Entry{{Order: 5, Batch: digest}})) > 0 {
		t.Error("it lacks the batch")
	}
	will, err := ReadTestament(slices.Values(records), 0)
	if err != nil || !slices.Equal(will.Batches, []wire.Entry{{Order: 5, Batch: digest}}) || len(will.Own) > 0 || len(will.Proofs) > 0 {
		t.Errorf("%+v, %v", will, err)
	}
	if _, proven, err := again.cfg.Proven(5, records); proven || err != nil {
		t.Errorf("proven %v, %v", proven, err)
	}
}

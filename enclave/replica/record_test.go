package replica

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// Pieces that follow each other but are small would cost far more memory than the record: refused at once.
func TestDrippedRecord(t *testing.T) {
	s := active(t, 3, 0)
	c := &recordCall{digest: wire.Digest{1}, size: 2 * wire.ChunkBytes, outcome: make(chan [][]byte, 1)}
	s.w.getRecord(c)
	piece := wire.Piece{Body: c.digest, Total: c.size, Bytes: make([]byte, 1)}
	s.send((&boundary.Record{Token: c.token, Piece: piece}).Append(nil))
	if len(c.outcome) != 1 || <-c.outcome != nil || len(s.w.records.open) != 0 {
		t.Error("a piece of one byte was taken")
	}
}

// A cancelled read leaves nothing that a host could keep alive.
func TestCancelledRecordLeavesNothing(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		c.lies(0, 0, drop)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			_, err := c.hosts[0].r.Record(ctx, wire.Digest{1}, 10)
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		open := make(chan int, 1)
		c.hosts[0].r.tell(func(w *owner) { open <- len(w.records.open) })
		if n := <-open; n != 0 || c.hosts[0].r.recordBytes.used(maxRecordBytes) != 0 {
			t.Errorf("%d reads are open", n)
		}
	})
}

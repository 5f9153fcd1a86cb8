package replica

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/troxy"
	"troxymail/mailstore/command"
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
	if s.w.stats.BadRecords != 1 {
		t.Errorf("%d bad records", s.w.stats.BadRecords)
	}
}

// A record that is not what was stored counts against the host, one that it says it has not does not.
func TestAlteredRecordsCount(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		h := c.hosts[0]
		c.lies(0, boundary.KindRecord, drop) // but for those below
		for i, said := range []string{"", "lies"} {
			done := make(chan error, 1)
			go func() {
				_, err := h.r.Record(t.Context(), wire.Digest{1}, 4)
				done <- err
			}()
			synctest.Wait()
			piece := wire.Piece{Body: wire.Digest{1}, Total: uint64(len(said)), Bytes: []byte(said)}
			if err := h.link.Send((&boundary.Record{Token: uint64(i + 1), Piece: piece}).Append(nil)); err != nil {
				t.Fatal(err)
			}
			if err := <-done; !errors.Is(err, ErrGone) {
				t.Error(err)
			}
			h.r.tell(func(w *owner) {
				if n := w.stats.BadRecords; n != uint64(i) {
					t.Errorf("%q: %d bad records, want %d", said, n, i)
				}
			})
			synctest.Wait()
		}
	})
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

// A read of unknown size takes no more than a summary may have.
func TestRecordOfUnknownSizeIsBounded(t *testing.T) {
	for total, taken := range map[uint64]bool{1: true, wire.InlineBodyBytes: true, wire.InlineBodyBytes + 1: false, 0: false} {
		s := active(t, 3, 0)
		c := &recordCall{digest: wire.Digest{1}, outcome: make(chan [][]byte, 1)}
		s.w.getRecord(c)
		piece := wire.Piece{Body: c.digest, Total: total, Bytes: make([]byte, total)}
		s.send((&boundary.Record{Token: c.token, Piece: piece}).Append(nil))
		if len(c.outcome) != 1 || (len(join(<-c.outcome)) > 0) != taken {
			t.Errorf("%d bytes: want taken %v", total, taken)
		}
	}
}

// With nothing else to wake for, a silent host is given up in time, and so is one that never starts.
func TestTimersStandAlone(t *testing.T) {
	inCluster(t, 3, func(t *testing.T, c *cluster) {
		c.lies(0, 0, drop)
		began := time.Now()
		if _, err := c.hosts[0].r.Record(context.Background(), wire.Digest{1}, 10); !errors.Is(err, ErrGone) {
			t.Error(err)
		}
		if waited := time.Since(began); waited != recordTimeout {
			t.Errorf("a read ended after %v", waited)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		enclave, host := boundary.Pipe()
		r := New(options(t, 3, 0, enclave))
		ended := make(chan error, 1)
		go func() { ended <- r.Run(context.Background()) }()
		began := time.Now()
		if _, err := r.Do(context.Background(), &command.Ping{}); !errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
		if waited := time.Since(began); waited != troxy.GiveUpAfter {
			t.Errorf("a command ended after %v", waited)
		}
		_ = host.Close()
		<-ended
	})
}

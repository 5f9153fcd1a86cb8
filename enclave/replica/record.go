package replica

import (
	"context"
	"slices"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// Limits of record reads.
const (
	// maxRecordBytes bounds the records that are being read at a time; with maxStoringBytes of bodies shown
	// for attestation, less than what the link may queue. Further reads wait.
	maxRecordBytes = wire.MaxBodyBytes + 32<<20
	// minRecordCharge is what a small record counts: so at most 768 are being read at a time.
	minRecordCharge = 128 << 10
	// recordTimeout is when a host that delivers nothing is given up.
	recordTimeout = 10 * time.Second
)

// recordCall is one Record call in progress.
type recordCall struct {
	token   uint64
	digest  wire.Digest
	size    uint64
	got     uint64
	pieces  [][]byte
	giveUp  int64
	outcome chan [][]byte // capacity 1; nil pieces mean failure
}

// records are the calls in progress, by token.
type records struct {
	open map[uint64]*recordCall
	next uint64
	due  alarm
}

// Record returns the sealed record of size bytes with that digest, from this host or through it from
// another; whichever delivered it, the digest is checked here. Size 0 means that the caller does not know
// it: any of at most wire.InlineBodyBytes, as summaries are. ErrGone when no host delivered it. The result
// belongs to the caller. Safe for concurrent use; waits while many are being read.
func (r *Replica) Record(ctx context.Context, digest wire.Digest, size uint32) ([]byte, error) {
	if size > wire.MaxBodyBytes {
		return nil, ErrGone
	}
	charge := max(int(size), minRecordCharge)
	if err := r.recordBytes.take(ctx, r.done, charge); err != nil {
		return nil, err
	}
	defer r.recordBytes.give(charge)
	c := &recordCall{digest: digest, size: uint64(size), outcome: make(chan [][]byte, 1)}
	if err := r.call(ctx, func(w *owner) { w.getRecord(c) }); err != nil {
		return nil, err
	}
	select {
	case pieces := <-c.outcome:
		record := join(pieces)
		if len(record) == 0 {
			return nil, ErrGone
		}
		if wire.Sum(record) != digest {
			r.tell(func(w *owner) { w.stats.BadRecords++ })
			return nil, ErrGone
		}
		return record, nil
	case <-ctx.Done():
		r.tell(func(w *owner) { delete(w.records.open, c.token) })
		return nil, ctx.Err()
	case <-r.done:
		return nil, ErrStopped
	}
}

// join returns the pieces as one; no pieces are nothing.
func join(pieces [][]byte) []byte {
	if len(pieces) == 1 {
		return pieces[0]
	}
	return slices.Concat(pieces...)
}

func (w *owner) getRecord(c *recordCall) {
	w.records.next++
	c.token = w.records.next
	c.giveUp = w.r.o.Now() + int64(recordTimeout)
	w.records.open[c.token] = c
	w.records.due.by(c.giveUp)
	g := boundary.GetRecord{Token: c.token, Digest: c.digest, Size: uint32(c.size)}
	w.send(g.Append)
}

// record takes a piece. It must be the next of the record that was asked for, and as large as pieces are
// (wire.ChunkBytes, but for the last): a host cannot make the enclave hold more than that record's size.
func (w *owner) record(f []byte) error {
	a, err := boundary.DecodeRecord(f)
	if err != nil {
		return err
	}
	c := w.records.open[a.Token]
	if c == nil {
		w.stats.UnaskedAnswers++
		return nil
	}
	p := a.Piece
	if c.size == 0 && p.Total <= wire.InlineBodyBytes {
		c.size = p.Total
	}
	if p.Body != c.digest || p.Total != c.size || p.Offset != c.got || uint64(len(p.Bytes)) != min(wire.ChunkBytes, c.size-c.got) {
		if p.Total > 0 { // else it says that it is not there
			w.stats.BadRecords++
		}
		w.records.end(c, nil)
		return nil
	}
	c.pieces = append(c.pieces, p.Bytes)
	c.got += uint64(len(p.Bytes))
	c.giveUp = w.r.o.Now() + int64(recordTimeout)
	if c.got == c.size {
		w.records.end(c, c.pieces)
	}
	return nil
}

func (t *records) end(c *recordCall, pieces [][]byte) {
	delete(t.open, c.token)
	c.outcome <- pieces // capacity 1; a call ends once
}

func (t *records) expire(now int64) {
	if !t.due.rings(now) {
		return
	}
	for _, c := range t.open {
		if now >= c.giveUp {
			t.end(c, nil)
		} else {
			t.due.by(c.giveUp)
		}
	}
}

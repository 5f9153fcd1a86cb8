package replica

import (
	"context"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// Limits of record reads.
const (
	// maxRecordCalls bounds the records that are being read at a time.
	maxRecordCalls = 1024
	// recordTimeout is when a host that delivers nothing is given up.
	recordTimeout = 10 * time.Second
)

// recordCall is one Record call in progress.
type recordCall struct {
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
}

// Record returns the sealed record of size bytes with that digest, from this host or through it from
// another; whichever delivered it, the digest is checked here. ErrGone when no host delivered it. The
// result belongs to the caller. Safe for concurrent use.
func (r *Replica) Record(ctx context.Context, digest wire.Digest, size uint32) ([]byte, error) {
	c := &recordCall{digest: digest, size: uint64(size), outcome: make(chan [][]byte, 1)}
	if size == 0 || size > wire.MaxBodyBytes {
		return nil, ErrGone
	}
	if err := r.call(ctx, func(w *owner) { w.getRecord(c) }); err != nil {
		return nil, err
	}
	select {
	case pieces := <-c.outcome:
		record := join(pieces, int(size))
		if uint64(len(record)) != c.size || wire.Sum(record) != digest {
			return nil, ErrGone
		}
		return record, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.done:
		return nil, ErrStopped
	}
}

func join(pieces [][]byte, size int) []byte {
	if len(pieces) == 1 {
		return pieces[0]
	}
	whole := make([]byte, 0, size)
	for _, p := range pieces {
		whole = append(whole, p...)
	}
	return whole
}

func (w *owner) getRecord(c *recordCall) {
	if len(w.records.open) >= maxRecordCalls {
		c.outcome <- nil
		return
	}
	w.records.next++
	c.giveUp = w.r.o.Now() + int64(recordTimeout)
	w.records.open[w.records.next] = c
	g := boundary.GetRecord{Token: w.records.next, Digest: c.digest, Size: uint32(c.size)}
	w.send(g.Append(nil))
}

// record takes a piece. It must be the next of the record that was asked for: a host cannot make the
// enclave hold more than that record's size.
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
	if p.Body != c.digest || p.Total != c.size || p.Offset != c.got || len(p.Bytes) == 0 {
		delete(w.records.open, a.Token)
		c.outcome <- nil
		return nil
	}
	c.pieces = append(c.pieces, p.Bytes)
	c.got += uint64(len(p.Bytes))
	c.giveUp = w.r.o.Now() + int64(recordTimeout)
	if c.got == c.size {
		delete(w.records.open, a.Token)
		c.outcome <- c.pieces
	}
	return nil
}

func (t *records) deadline() int64 {
	var first int64
	for _, c := range t.open {
		if first == 0 || c.giveUp < first {
			first = c.giveUp
		}
	}
	return first
}

func (t *records) expire(now int64) {
	for token, c := range t.open {
		if now >= c.giveUp {
			delete(t.open, token)
			c.outcome <- nil
		}
	}
}

package replica

import (
	"context"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// Limits of storing large bodies.
const (
	// maxStoringBytes bounds the large bodies on their way to the host at a time; less than what the
	// link may queue (boundary.MaxQueueBytes).
	maxStoringBytes = 2 * wire.MaxBodyBytes
	// storeAgainAfter is when a body that lacks attestations is announced again: they may be lost;
	// doubled each time.
	storeAgainAfter = 2 * time.Second
	// storeTimeout is when a body is given up.
	storeTimeout = time.Minute
)

// storing is a large body that waits for its attestations. It stays, and counts against maxStoringBytes,
// when nobody waits for it any more: its pieces may still fill the link.
type storing struct {
	sealed    []byte
	witnesses []quorum.Witness // one a replica
	waiters   []chan error     // capacity 1 each
	askAt     int64
	pause     int64
	giveUp    int64
}

// bodies are the bodies that are being stored, by digest.
type bodies struct {
	open map[wire.Digest]*storing
	due  alarm
}

// StoreBody hands a sealed body over wire.InlineBodyBytes to the host, which keeps and spreads it, and
// returns when f+1 enclaves, consistent with each other, attested that their hosts stored it and read it
// back. ErrUnavailable when that did not happen within a minute; when ctx ends first its error is returned.
// Either way the body may be stored or not, and nothing refers to it. ErrSize for a body that is too large,
// or so small that it belongs into its command. sealed must not change afterwards. Safe for concurrent use,
// also with the same body.
func (r *Replica) StoreBody(ctx context.Context, sealed []byte) error {
	if len(sealed) <= wire.InlineBodyBytes || len(sealed) > wire.MaxBodyBytes {
		return ErrSize
	}
	if err := r.storeBytes.take(ctx, r.done, len(sealed)); err != nil {
		return err
	}
	digest := wire.Sum(sealed)
	stored := make(chan error, 1)
	err := r.call(ctx, func(w *owner) {
		if ctx.Err() != nil {
			r.storeBytes.give(len(sealed))
			return
		}
		w.store(digest, sealed, stored)
	})
	if err != nil {
		r.storeBytes.give(len(sealed))
		return err
	}
	select {
	case err := <-stored:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-r.done:
		return ErrStopped
	}
}

// store begins to store a body, or joins those who wait for it already.
func (w *owner) store(digest wire.Digest, sealed []byte, waiter chan error) {
	if s := w.bodies.open[digest]; s != nil {
		w.r.storeBytes.give(len(sealed))
		s.waiters = append(s.waiters, waiter)
		return
	}
	now := w.r.o.Now()
	s := &storing{
		sealed: sealed, waiters: []chan error{waiter}, pause: int64(storeAgainAfter),
		askAt: now + int64(storeAgainAfter), giveUp: now + int64(storeTimeout),
	}
	w.bodies.open[digest] = s
	w.bodies.due.by(s.askAt)
	for at := 0; at < len(sealed); at += wire.ChunkBytes {
		w.storePiece(digest, sealed, at)
	}
}

func (w *owner) storePiece(digest wire.Digest, sealed []byte, at int) {
	p := wire.Piece{
		Body: digest, Total: uint64(len(sealed)), Offset: uint64(at),
		Bytes: sealed[at:min(at+wire.ChunkBytes, len(sealed))],
	}
	w.send(func(dst []byte) []byte { return boundary.AppendStoreBody(dst, p) })
}

// expireBodies announces bodies again and gives up those that waited too long.
func (w *owner) expireBodies(now int64) {
	if !w.bodies.due.rings(now) {
		return
	}
	for digest, s := range w.bodies.open {
		if now >= s.giveUp {
			w.endStore(digest, s, ErrUnavailable)
			continue
		}
		if now >= s.askAt {
			s.pause *= 2
			s.askAt = now + s.pause
			w.storePiece(digest, s.sealed, 0) // the host has the rest, or begins anew when its pieces were lost
		}
		w.bodies.due.by(min(s.askAt, s.giveUp))
	}
}

func (w *owner) endStore(digest wire.Digest, s *storing, outcome error) {
	delete(w.bodies.open, digest)
	w.r.storeBytes.give(len(s.sealed))
	for _, c := range s.waiters {
		c <- outcome // capacity 1, one outcome each
	}
}

// bodyStored counts a peer's attestation.
func (w *owner) bodyStored(message []byte) error {
	m, err := wire.DecodeBodyStored(message)
	if err != nil {
		return err
	}
	if !w.counter.Verify(&m.Certificate) {
		w.stats.BadMACs++
		return nil
	}
	w.attested(&m.Certificate)
	return nil
}

// attested counts an authentic attestation: one a replica, of its newest incarnation, so that repeats
// neither fill the list nor keep others out.
func (w *owner) attested(c *wire.Certificate) {
	s := w.bodies.open[c.Digest]
	if s == nil {
		w.stats.UnaskedAnswers++
		return
	}
	at := 0
	for at < len(s.witnesses) && s.witnesses[at].Replica != c.Replica {
		at++
	}
	switch {
	case at == len(s.witnesses):
		s.witnesses = append(s.witnesses, quorum.WitnessOf(c))
	case s.witnesses[at].Founding != c.Founding, s.witnesses[at].Incarnation < c.Incarnation: // c is of the present founding
		s.witnesses[at] = quorum.WitnessOf(c)
	default:
		w.stats.UnaskedAnswers++
		return
	}
	if _, ok := quorum.Holds(s.witnesses, w.r.o.Group.Size()); ok {
		w.endStore(c.Digest, s, nil)
	}
}

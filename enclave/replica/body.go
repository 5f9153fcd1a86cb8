package replica

import (
	"context"
	"crypto/sha256"
	"hash"
	"sync"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// Limits of storing large bodies.
const (
	// maxStoringBytes bounds the large bodies on their way to the host at a time; less than what the
	// link may queue (boundary.MaxQueueBytes).
	maxStoringBytes = 2 * wire.MaxBodyBytes
	// maxReadBacks bounds the bodies that hosts show for attestation at a time.
	maxReadBacks = 256
)

// storing is a large body that waits for its attestations.
type storing struct {
	witnesses []quorum.Witness
	done      chan struct{} // closed when f+1 are there
}

// StoreBody hands a sealed body over wire.InlineBodyBytes to the host, which keeps and spreads it, and
// returns when f+1 enclaves, consistent with each other, attested that their hosts stored it and read it
// back. When ctx ends first its error is returned; the body may be stored or not, and nothing refers to
// it. Safe for concurrent use.
func (r *Replica) StoreBody(ctx context.Context, sealed []byte) error {
	if len(sealed) == 0 || len(sealed) > wire.MaxBodyBytes {
		return boundary.ErrFrame
	}
	if err := r.bodies.take(ctx, len(sealed)); err != nil {
		return err
	}
	defer r.bodies.give(len(sealed))
	digest := wire.Sum(sealed)
	s := &storing{done: make(chan struct{})}
	if err := r.call(ctx, func(w *owner) { w.store(digest, sealed, s) }); err != nil {
		return err
	}
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		_ = r.call(context.WithoutCancel(ctx), func(w *owner) {
			if w.storing[digest] == s {
				delete(w.storing, digest)
			}
		})
		return ctx.Err()
	case <-r.done:
		return ErrStopped
	}
}

func (w *owner) store(digest wire.Digest, sealed []byte, s *storing) {
	w.storing[digest] = s // a digest is unique to its record: its salt is random
	for at := 0; at < len(sealed); at += wire.ChunkBytes {
		p := wire.Piece{
			Body: digest, Total: uint64(len(sealed)), Offset: uint64(at),
			Bytes: sealed[at:min(at+wire.ChunkBytes, len(sealed))],
		}
		w.send(boundary.AppendStoreBody(nil, p))
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

func (w *owner) attested(c *wire.Certificate) {
	s := w.storing[c.Digest]
	if s == nil {
		w.stats.UnaskedAnswers++
		return
	}
	s.witnesses = append(s.witnesses, quorum.WitnessOf(c))
	if len(s.witnesses) > 2*wire.MaxReplicas { // repeats only
		s.witnesses = s.witnesses[:2*wire.MaxReplicas]
	}
	if _, ok := quorum.Holds(s.witnesses, w.r.o.Group.Size()); ok {
		delete(w.storing, c.Digest)
		close(s.done)
	}
}

// readBack is a body that the host shows piece by piece, as it stands on its disk.
type readBack struct {
	total, got uint64
	sum        hash.Hash
}

type backKey struct {
	origin wire.ReplicaID
	body   wire.Digest
}

type readBacks struct{ open map[backKey]*readBack }

// readBack hashes a piece and, when the body is whole and fits its digest, attests it to the origin.
func (w *owner) readBack(f []byte) error {
	origin, p, err := boundary.DecodeReadBack(f)
	if err != nil {
		return err
	}
	if int(origin) >= w.r.o.Group.N() {
		return boundary.ErrFrame
	}
	k := backKey{origin: origin, body: p.Body}
	b := w.backs.open[k]
	if p.Offset == 0 {
		if b == nil && len(w.backs.open) >= maxReadBacks {
			w.stats.UnaskedAnswers++
			return nil
		}
		b = &readBack{total: p.Total, sum: sha256.New()}
		w.backs.open[k] = b
	}
	if b == nil || p.Offset != b.got || p.Total != b.total || len(p.Bytes) == 0 {
		delete(w.backs.open, k)
		return boundary.ErrFrame
	}
	b.sum.Write(p.Bytes)
	b.got += uint64(len(p.Bytes))
	if b.got < b.total {
		return nil
	}
	delete(w.backs.open, k)
	if wire.Digest(b.sum.Sum(nil)) != p.Body {
		return boundary.ErrFrame
	}
	return w.attest(origin, p.Body)
}

func (w *owner) attest(origin wire.ReplicaID, body wire.Digest) error {
	c, err := w.counter.Attest(wire.CertBodyStored, wire.Position{}, body)
	if err != nil {
		return err
	}
	if origin == w.r.o.Self {
		w.attested(&c)
		return nil
	}
	m := wire.BodyStored{Certificate: c}
	w.send(boundary.AppendSend(nil, boundary.KindSendStored, origin, m.Append(nil)))
	return nil
}

// byteBudget bounds bytes in flight over many callers.
type byteBudget struct {
	mu    sync.Mutex
	free  int           // guarded by mu
	freed chan struct{} // closed and replaced whenever something is given back; guarded by mu
}

func (b *byteBudget) init(n int) { b.free, b.freed = n, make(chan struct{}) }

func (b *byteBudget) take(ctx context.Context, n int) error {
	for {
		b.mu.Lock()
		if n <= b.free {
			b.free -= n
			b.mu.Unlock()
			return nil
		}
		freed := b.freed
		b.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *byteBudget) give(n int) {
	b.mu.Lock()
	b.free += n
	close(b.freed)
	b.freed = make(chan struct{})
	b.mu.Unlock()
}

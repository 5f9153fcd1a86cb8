package replica

import (
	"crypto/sha256"
	"hash"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// maxReadBacks bounds the bodies that the host shows for attestation at a time.
const maxReadBacks = 256

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

// readBack hashes a piece and, when the body is whole and fits its digest, attests it to the origin. A piece
// that is not the next ends the showing: the host begins anew.
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
	c, err := w.counter.AttestStored(body)
	if err != nil {
		return err
	}
	if origin == w.r.o.Self {
		w.attested(&c)
		return nil
	}
	m := wire.BodyStored{Certificate: c}
	w.sendMessage(boundary.KindSendStored, origin, m.Append(nil))
	return nil
}

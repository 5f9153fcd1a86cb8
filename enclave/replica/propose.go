package replica

import (
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
)

// own is what the owner keeps to have requests of its own clients certified without being asked (boundary.Reserve).
//
// It is safe because it is nothing new: the batch is of requests that this enclave has just made, and so authentic, and
// the certificate is one that the host could ask for at this position. The counter's rule decides, and where it
// refuses (the reservation is of a former view, or the host went on), the requests go to the host like others.
type own struct {
	at      wire.Position // reserved; order 0: nothing is
	batch   boundary.Proposed
	digests []wire.Digest
	bytes   int // of batch
}

// reserve notes the position that the host lends.
func (w *owner) reserve(f []byte) error {
	x, err := boundary.DecodeReserve(f)
	if err == nil {
		w.own.at = x.Position
	}
	return err
}

// gather takes a request into the batch that is about to be certified; false: it is for the host, which fetches large
// bodies before it proposes.
func (w *owner) gather(ticket uint64, raw []byte, bodies []wire.Digest) bool {
	o := &w.own
	if o.at.Order == 0 || len(bodies) > 0 || len(o.digests) == boundary.MaxProposed || o.bytes+len(raw) > boundary.MaxProposedBytes {
		return false
	}
	digest, ok := w.client.Digest(ticket)
	if ok {
		o.batch.Requests, o.digests = append(o.batch.Requests, raw), append(o.digests, digest)
		o.bytes += len(raw)
	}
	return ok
}

// proposeOwn certifies what was gathered, at the end of a turn.
func (w *owner) proposeOwn() {
	o := &w.own
	if len(o.digests) == 0 {
		return
	}
	var err error
	if o.batch.Certificate, err = w.counter.CertifyPrepare(o.at, wire.BatchDigest(o.digests)); err == nil {
		w.send(o.batch.Append)
	} else {
		for _, raw := range o.batch.Requests {
			q := boundary.Request{Raw: raw}
			w.send(q.Append)
		}
	}
	clear(o.batch.Requests)
	o.batch.Requests, o.digests, o.bytes, o.at = o.batch.Requests[:0], o.digests[:0], 0, wire.Position{}
}

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
	used    wire.Position // where this enclave certified last by itself
	batch   boundary.Proposed
	digests []wire.Digest
	bytes   int      // of batch
	rest    [][]byte // requests of the turn that are not in it
}

// crossed reports, once for each position, whether the host may have asked for it before it learned that it was used: that
// is no fault of the host, as another batch at a certified position is otherwise (accuses).
func (o *own) crossed(at wire.Position) bool {
	if at.Order == 0 || at != o.used {
		return false
	}
	o.used = wire.Position{}
	return true
}

// reserve notes the position that the host lends.
func (w *owner) reserve(f []byte) error {
	x, err := boundary.DecodeReserve(f)
	if err == nil {
		w.own.at = x.Position
	}
	return err
}

// gather takes a request in. Where nothing is reserved it is for the host at once; else it leaves at the end of the turn, in
// the batch that is certified or behind it, since one that overtook it would have the host ask for the position itself. Large
// bodies are for the host, which fetches them before it proposes.
func (w *owner) gather(ticket uint64, raw []byte, bodies []wire.Digest) {
	o := &w.own
	if o.at.Order == 0 {
		w.request(raw, false)
		return
	}
	digest, ok := w.client.Digest(ticket)
	if !ok || len(bodies) > 0 || len(o.digests) == boundary.MaxProposed || o.bytes+len(raw) > boundary.MaxProposedBytes {
		o.rest = append(o.rest, raw)
		return
	}
	o.batch.Requests, o.digests = append(o.batch.Requests, raw), append(o.digests, digest)
	o.bytes += len(raw)
}

// proposeOwn certifies what was gathered, at the end of a turn.
func (w *owner) proposeOwn() {
	o := &w.own
	if len(o.digests) > 0 {
		var err error
		if o.batch.Certificate, err = w.counter.CertifyPrepare(o.at, wire.BatchDigest(o.digests)); err == nil {
			o.used = o.at
			w.send(o.batch.Append)
		} else {
			for _, raw := range o.batch.Requests {
				w.request(raw, false)
			}
		}
		clear(o.batch.Requests)
		o.batch.Requests, o.digests, o.bytes, o.at = o.batch.Requests[:0], o.digests[:0], 0, wire.Position{}
	}
	for _, raw := range o.rest {
		w.request(raw, false)
	}
	clear(o.rest)
	o.rest = o.rest[:0]
}

// request hands a request to the host, to be ordered; again: for all replicas, since its answer is overdue.
func (w *owner) request(raw []byte, again bool) {
	q := boundary.Request{Retransmit: again, Raw: raw}
	w.send(q.Append)
}

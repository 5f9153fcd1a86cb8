package replica

import (
	"errors"
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/troxy"
)

// frames is memory for the frames of the hot path, used again from one to the next: nothing of it outlives the handling of
// its frame. Each list has boundary.MaxItems elements at most.
type frames struct {
	prepare  boundary.CertifyPrepare
	commit   boundary.CertifyCommit
	executed boundary.Executed
	claims   []troxy.Claim
	digests  []wire.Digest
}

// frame handles one frame of the host. A frame that does not decode is counted and dropped: nothing
// that a host sends may stop its enclave.
func (w *owner) frame(f []byte) {
	kind, err := boundary.PeekKind(f)
	if err != nil {
		w.stats.BadFrames++
		return
	}
	if w.client == nil && !whenever(kind) {
		w.stats.EarlyFrames++ // nothing is certified, verified or authenticated while the enclave is not ACTIVE
		return
	}
	switch kind {
	case boundary.KindStart:
		err = w.start(f)
	case boundary.KindCertifyPrepare:
		err = w.certifyPrepare(f)
	case boundary.KindCertifyCommit:
		err = w.certifyCommit(f)
	case boundary.KindReserve:
		err = w.reserve(f)
	case boundary.KindAsk:
		err = w.ask(f)
	case boundary.KindVerify:
		err = w.verify(f)
	case boundary.KindExecuted:
		err = w.executed(f)
	case boundary.KindReplies:
		w.settle(w.client.OnReplies(boundary.PeerMessage(f)))
	case boundary.KindBodyStored:
		err = w.bodyStored(boundary.PeerMessage(f))
	case boundary.KindReadBack:
		err = w.readBack(f)
	case boundary.KindHostStatus:
		err = w.hostStatus(f)
	case boundary.KindRecord:
		err = w.record(f)
	case boundary.KindCache:
		w.cacheMessage(boundary.PeerMessage(f))
	case boundary.KindPeeked:
		err = w.peeked(f)
	default:
		err = boundary.ErrFrame
	}
	if err != nil {
		w.stats.BadFrames++
	}
}

// whenever reports whether a frame is taken in any standing. The MACs of requests are checked then too, which says
// nothing of this enclave: its host has to know that a batch is genuine before the enclave takes it over from others.
func whenever(kind boundary.Kind) bool {
	switch kind {
	case boundary.KindStart, boundary.KindAsk, boundary.KindHostStatus, boundary.KindCertifyPrepare:
		return true
	}
	return false
}

func (w *owner) certifyPrepare(f []byte) error {
	c := &w.frames.prepare
	err := c.Decode(f)
	if err != nil {
		return err
	}
	w.own.at = wire.Position{} // the host goes on without what it reserved
	answer := boundary.Certified{Token: c.Token}
	digest, bad := w.batch(c.Items)
	switch {
	case len(bad) > 0:
		answer.Refusal, answer.Bad = boundary.RefusedRequest, bad
	case !w.counter.Active():
		answer.Refusal = boundary.RefusedInactive
	default:
		answer.Certificate, err = w.counter.CertifyPrepare(c.Position, digest)
		if answer.Refusal = refusal(err); answer.Refusal == boundary.RefusedDigest && w.own.crossed(c.Position) {
			answer.Refusal = boundary.RefusedPosition
		}
	}
	w.certified(&answer)
	return nil
}

func (w *owner) certifyCommit(f []byte) error {
	c := &w.frames.commit
	err := c.Decode(f)
	if err != nil {
		return err
	}
	answer := boundary.Certified{Token: c.Token}
	p := &c.Prepare
	digest, bad := w.batch(c.Items)
	switch {
	case len(bad) == 0 && digest != p.Digest, !w.counter.Verify(p):
		answer.Refusal = boundary.RefusedPrepare
	case len(bad) > 0:
		answer.Refusal, answer.Bad = boundary.RefusedRequest, bad
	default:
		answer.Certificate, err = w.counter.CommitVerified(p)
		answer.Refusal = refusal(err)
	}
	w.certified(&answer)
	return nil
}

func (w *owner) certified(answer *boundary.Certified) {
	if accuses(answer.Refusal) {
		w.stats.RefusedCertificates++
	}
	w.send(answer.Append)
}

// batch checks every request of a batch and returns its digest, or the indices of all bad ones: were they
// named one a time, forged requests would cost the leader a round trip each.
func (w *owner) batch(items []boundary.Item) (digest wire.Digest, bad []uint32) {
	digests := slices.Grow(w.frames.digests[:0], len(items))[:len(items)]
	w.frames.digests = digests
	for i := range items {
		d, genuine := w.requests.Verify(items[i].Header, items[i].MAC)
		if !genuine {
			bad = append(bad, uint32(i))
		}
		digests[i] = d
	}
	return wire.BatchDigest(digests), bad
}

func (w *owner) verify(f []byte) error {
	v, err := boundary.DecodeVerify(f)
	if err != nil {
		return err
	}
	answer := boundary.Verified{Token: v.Token, OK: make([]bool, len(v.Certificates))}
	for i := range v.Certificates {
		answer.OK[i] = w.counter.Verify(&v.Certificates[i])
	}
	w.send(answer.Append)
	return nil
}

// executed authenticates results of the own host, of orders that this incarnation saw committed (package index tells why,
// "Restarts"): each first raises the index of the validated reads (note), then its watches fire, then the replies leave.
func (w *owner) executed(f []byte) error {
	e := &w.frames.executed
	if err := e.Decode(f); err != nil {
		return err
	}
	if e.Order > w.counter.Committed() {
		if e.Order > w.recovered { // else a host says again what its log holds, which counts once an order above is seen
			w.stats.RefusedClaims += uint64(len(e.Results))
		}
		return nil
	}
	claims := w.frames.claims[:0]
	for i := range e.Results {
		x := &e.Results[i]
		claims = append(claims, troxy.Claim{Header: x.Item.Header, MAC: x.Item.MAC, Head: x.Head, Depends: x.Depends, Payload: x.Payload, Full: x.Full})
	}
	replies, touched, refused := w.replier.Authenticate(e.Order, e.DurableUpTo, claims)
	clear(claims)
	w.frames.claims = claims
	for _, err := range refused {
		// An origin that has restarted, or that asked twice, is nobody's fault.
		if !errors.Is(err, troxy.ErrForgotten) && !errors.Is(err, troxy.ErrRepeated) {
			w.stats.RefusedClaims++
		}
	}
	for i := range touched {
		if !touched[i].ReadOnly() {
			w.lag.marks.Wrote(e.Order, touched[i].Keys)
			w.r.watches.fire(touched[i].Keys)
		}
	}
	for _, a := range replies {
		if a.To == w.r.o.Self {
			w.settle(w.client.OnReplies(a.Message))
		} else {
			w.sendMessage(boundary.KindSendReplies, a.To, a.Message)
		}
	}
	return nil
}

package replica

import (
	"encoding/binary"
	"errors"
	"io"

	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/counter"
	"troxymail/enclave/troxy"
)

// frame handles one frame of the host. A frame that does not decode is counted and dropped: nothing
// that a host sends may stop its enclave.
func (w *owner) frame(f []byte) {
	kind, err := boundary.PeekKind(f)
	if err != nil {
		w.stats.BadFrames++
		return
	}
	if w.client == nil && kind != boundary.KindStart {
		w.stats.EarlyFrames++
		return
	}
	switch kind {
	case boundary.KindStart:
		err = w.start(f)
	case boundary.KindCertifyPrepare:
		err = w.certifyPrepare(f)
	case boundary.KindCertifyCommit:
		err = w.certifyCommit(f)
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
	default:
		err = boundary.ErrFrame
	}
	if err != nil {
		w.stats.BadFrames++
	}
}

// start makes the enclave ACTIVE from what the host's log holds: once.
func (w *owner) start(f []byte) error {
	s, err := boundary.DecodeStart(f)
	if err != nil || w.client != nil {
		return errors.Join(err, boundary.ErrFrame)
	}
	if err := w.counter.ResumeUnsafe(w.r.o.Founding, s.Frontier); err != nil {
		w.r.o.Logger.Error("enclave.refused_start", "cause", err.Error())
		return err
	}
	var first [8]byte
	if _, err := io.ReadFull(w.r.o.Rand, first[:]); err != nil {
		w.r.o.Logger.Error("enclave.no_randomness", "cause", err.Error())
		return err
	}
	self := w.counter.Incarnation()
	keys := troxy.Keys{Request: w.r.o.Request, Reply: w.r.o.Reply}
	self.Number = s.Boot // until incarnations are granted by peers, the boot tells requests of runs apart
	w.client = troxy.NewClient(w.r.o.Group, self, w.counter.Vector, binary.BigEndian.Uint64(first[:])%troxy.MaxFirst, keys)
	w.replier = troxy.NewReplier(w.r.o.Group, w.counter.Incarnation(), w.counter.Vector, keys)
	ready := boundary.Ready{Incarnation: w.counter.Incarnation()}
	w.send(ready.Append(nil))
	close(w.r.ready)
	return nil
}

func (w *owner) certifyPrepare(f []byte) error {
	c, err := boundary.DecodeCertifyPrepare(f)
	if err != nil {
		return err
	}
	answer := boundary.Certified{Token: c.Token}
	digest, bad, ok := w.batch(c.Items)
	if !ok {
		answer.Refusal, answer.Bad = boundary.RefusedRequest, bad
	} else {
		answer.Certificate, err = w.counter.CertifyPrepare(c.Position, digest)
		answer.Refusal = refusal(err)
	}
	w.certified(&answer)
	return nil
}

func (w *owner) certifyCommit(f []byte) error {
	c, err := boundary.DecodeCertifyCommit(f)
	if err != nil {
		return err
	}
	answer := boundary.Certified{Token: c.Token}
	p := &c.Prepare
	digest, bad, ok := w.batch(c.Items)
	switch {
	case p.Kind != wire.CertPrepare || p.Replica != w.r.o.Group.Leader(p.New.View) || digest != p.Digest && ok || !w.counter.Verify(p):
		answer.Refusal = boundary.RefusedPrepare
	case !ok:
		answer.Refusal, answer.Bad = boundary.RefusedRequest, bad
	default:
		answer.Certificate, err = w.counter.CertifyCommit(p.New, digest)
		answer.Refusal = refusal(err)
	}
	w.certified(&answer)
	return nil
}

func (w *owner) certified(answer *boundary.Certified) {
	if answer.Refusal != boundary.RefusedNothing {
		w.stats.RefusedCertificates++
	}
	w.send(answer.Append(nil))
}

// batch checks every request of a batch and returns its digest, or the index of the first bad one.
func (w *owner) batch(items []boundary.Item) (wire.Digest, uint32, bool) {
	digests := make([]wire.Digest, len(items))
	for i := range items {
		if !w.replier.VerifyRequest(items[i].Header, items[i].MAC) {
			return wire.Digest{}, uint32(i), false
		}
		digests[i] = wire.Sum(items[i].Header)
	}
	return wire.BatchDigest(digests), 0, true
}

func refusal(err error) boundary.Refusal {
	switch {
	case err == nil:
		return boundary.RefusedNothing
	case errors.Is(err, counter.ErrInactive):
		return boundary.RefusedInactive
	case errors.Is(err, counter.ErrRole):
		return boundary.RefusedRole
	}
	return boundary.RefusedPosition
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
	w.send(answer.Append(nil))
	return nil
}

// executed authenticates results of the own host: first what the writes touched becomes known (watches;
// later the index of the fast reads), then the replies leave.
func (w *owner) executed(f []byte) error {
	e, err := boundary.DecodeExecuted(f)
	if err != nil {
		return err
	}
	claims := make([]troxy.Claim, len(e.Results))
	for i := range e.Results {
		x := &e.Results[i]
		claims[i] = troxy.Claim{Header: x.Item.Header, MAC: x.Item.MAC, Head: x.Head, Depends: x.Depends, Payload: x.Payload, Full: x.Full}
	}
	replies, touched, refused := w.replier.Authenticate(e.Order, e.DurableUpTo, claims)
	w.stats.RefusedClaims += uint64(len(refused))
	for i := range touched {
		if !touched[i].ReadOnly() {
			w.r.watches.fire(touched[i].Keys)
		}
	}
	for _, a := range replies {
		if a.To == w.r.o.Self {
			w.settle(w.client.OnReplies(a.Message))
		} else {
			w.send(boundary.AppendSend(nil, boundary.KindSendReplies, a.To, a.Message))
		}
	}
	return nil
}

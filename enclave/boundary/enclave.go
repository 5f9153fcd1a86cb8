package boundary

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Ready tells the host which incarnation its enclave now is.
type Ready struct {
	Incarnation wire.Incarnation
}

// Append appends the frame.
func (a *Ready) Append(dst []byte) []byte {
	dst = canon.AppendUint32(head(dst, KindReady), a.Incarnation.Founding.Generation)
	dst = canon.AppendFixed(dst, a.Incarnation.Founding.Digest[:])
	dst = canon.AppendUint16(dst, uint16(a.Incarnation.Replica))
	return canon.AppendUint32(dst, a.Incarnation.Number)
}

// DecodeReady decodes the frame.
func DecodeReady(frame []byte) (Ready, error) {
	r := open(frame)
	var a Ready
	a.Incarnation.Founding.Generation = r.Uint32()
	a.Incarnation.Founding.Digest = r.Copy32()
	a.Incarnation.Replica = wire.ReplicaID(r.Uint16())
	a.Incarnation.Number = r.Uint32()
	return a, done(r, "ready")
}

// Request is a request to order. Retransmit asks the host to send it to all replicas: the answer is
// overdue.
type Request struct {
	Retransmit bool
	Raw        []byte
}

// Append appends the frame.
func (q *Request) Append(dst []byte) []byte {
	return canon.AppendFixed(canon.AppendBool(head(dst, KindRequest), q.Retransmit), q.Raw)
}

// DecodeRequest decodes the frame; Raw is decoded by wire.DecodeRequest.
func DecodeRequest(frame []byte) (Request, error) {
	r := open(frame)
	q := Request{Retransmit: r.Bool()}
	q.Raw = r.Fixed(r.Remaining())
	return q, done(r, "request")
}

// Refusal says why an enclave gave no certificate.
type Refusal uint8

// The refusals.
const (
	RefusedNothing  Refusal = 0  // not refused: Certificate is valid
	RefusedInactive Refusal = 1  // the enclave is not ACTIVE
	RefusedPosition Refusal = 2  // the counter is past that position, or would leave a gap
	RefusedRole     Refusal = 3  // the leader does not COMMIT, a follower does not PREPARE
	RefusedPrepare  Refusal = 4  // the PREPARE certificate is not authentic, or is of another batch
	RefusedRequest  Refusal = 5  // a request in the batch is not authentic
	RefusedFrame    Refusal = 6  // not decodable
	RefusedView     Refusal = 7  // not in that view, mute in it, or past it
	RefusedQuorum   Refusal = 8  // too few messages that are authentic, of distinct replicas and consistent
	RefusedDigest   Refusal = 9  // another batch or root is settled for that order
	RefusedWindow   Refusal = 10 // too far above the stable checkpoint, or a number out of range
	RefusedStanding Refusal = 11 // the enclave does not stand so that the rule could be applied
	RefusedNonce    Refusal = 12 // the message names another attempt
)

// Certified answers CertifyPrepare and CertifyCommit.
type Certified struct {
	Token       uint64
	Refusal     Refusal
	Bad         []uint32 // with RefusedRequest: indices of the bad requests, at most MaxItems, rising
	Certificate wire.Certificate
}

// Append appends the frame.
func (c *Certified) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindCertified), c.Token)
	dst = canon.AppendUint8(dst, uint8(c.Refusal))
	if c.Refusal != RefusedNothing {
		dst = canon.AppendCount(dst, len(c.Bad))
		for _, i := range c.Bad {
			dst = canon.AppendUint32(dst, i)
		}
		return dst
	}
	return c.Certificate.Append(dst)
}

// DecodeCertified decodes the frame.
func DecodeCertified(frame []byte) (Certified, error) {
	r := open(frame)
	c := Certified{Token: r.Uint64(), Refusal: Refusal(r.Uint8())}
	if c.Refusal != RefusedNothing {
		for range r.Count(MaxItems, 4) {
			c.Bad = append(c.Bad, r.Uint32())
		}
	} else {
		c.Certificate = wire.ReadCertificate(r)
	}
	return c, done(r, "certified")
}

// Verified answers Verify: one byte a certificate.
type Verified struct {
	Token uint64
	OK    []bool
}

// Append appends the frame.
func (v *Verified) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindVerified), v.Token)
	dst = canon.AppendCount(dst, len(v.OK))
	for _, ok := range v.OK {
		dst = canon.AppendBool(dst, ok)
	}
	return dst
}

// DecodeVerified decodes the frame.
func DecodeVerified(frame []byte) (Verified, error) {
	r := open(frame)
	v := Verified{Token: r.Uint64()}
	n := r.Count(MaxItems, 1)
	v.OK = make([]bool, n)
	for i := range v.OK {
		v.OK[i] = r.Bool()
	}
	return v, done(r, "verified")
}

// AppendSend appends a frame that asks the host to pass message to a peer: KindSendReplies, KindSendStored or
// KindSendCache.
func AppendSend(dst []byte, k Kind, to wire.ReplicaID, message []byte) []byte {
	return canon.AppendFixed(canon.AppendUint16(head(dst, k), uint16(to)), message)
}

// DecodeSend decodes such a frame.
func DecodeSend(frame []byte) (to wire.ReplicaID, message []byte, err error) {
	r := open(frame)
	to = wire.ReplicaID(r.Uint16())
	message = r.Fixed(r.Remaining())
	return to, message, done(r, "send")
}

// GetRecord asks for a sealed record by digest: the host answers with Record frames, in order of
// offset, from its own store or from a peer's.
type GetRecord struct {
	Token  uint64
	Digest wire.Digest
	Size   uint32
}

// Append appends the frame.
func (g *GetRecord) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindGetRecord), g.Token)
	dst = canon.AppendFixed(dst, g.Digest[:])
	return canon.AppendUint32(dst, g.Size)
}

// DecodeGetRecord decodes the frame.
func DecodeGetRecord(frame []byte) (GetRecord, error) {
	r := open(frame)
	g := GetRecord{Token: r.Uint64(), Digest: r.Copy32(), Size: r.Uint32()}
	return g, done(r, "get record")
}

// AppendStoreBody appends a piece of a large sealed body that the host shall keep and spread.
func AppendStoreBody(dst []byte, p wire.Piece) []byte {
	return appendPiece(head(dst, KindStoreBody), p)
}

// DecodeStoreBody decodes the frame.
func DecodeStoreBody(frame []byte) (wire.Piece, error) {
	r := open(frame)
	p := readPiece(r)
	return p, done(r, "store body")
}

// Refound asks the host to gather a founding by these replicas alone, because an administrator wants it; by all again
// when there are none. Ordered says that the administrator's order for it is here, so that OpJoin may succeed.
type Refound struct {
	Ordered bool
	Members []wire.ReplicaID // rising
}

// Append appends the frame.
func (x *Refound) Append(dst []byte) []byte {
	dst = canon.AppendBool(head(dst, KindRefound), x.Ordered)
	dst = canon.AppendCount(dst, len(x.Members))
	for _, r := range x.Members {
		dst = canon.AppendUint16(dst, uint16(r))
	}
	return dst
}

// DecodeRefound decodes the frame.
func DecodeRefound(frame []byte) (Refound, error) {
	r := open(frame)
	x := Refound{Ordered: r.Bool()}
	for range r.Count(wire.MaxReplicas, 2) {
		m := wire.ReplicaID(r.Uint16())
		if m >= wire.MaxReplicas || len(x.Members) > 0 && m <= x.Members[len(x.Members)-1] {
			r.Fail(canon.ErrNonCanonical)
		}
		x.Members = append(x.Members, m)
	}
	return x, done(r, "refound")
}

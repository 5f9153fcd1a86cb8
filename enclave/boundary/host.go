package boundary

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Start is a host's first frame: the newest certificate of its own enclave that its log holds (nil when
// the log is empty). It is authentic or refused; whether it is the newest is the host's word. Boot is a
// number that the host never gives twice: it makes the ids of this run's requests new. A host that
// repeats one only has its own requests taken for duplicates.
type Start struct {
	Boot     uint32 // 1 to wire.MaxIncarnation
	Frontier *wire.Certificate
}

// Append appends the frame.
func (s *Start) Append(dst []byte) []byte {
	dst = canon.AppendUint32(head(dst, KindStart), s.Boot)
	dst = canon.AppendBool(dst, s.Frontier != nil)
	if s.Frontier != nil {
		dst = s.Frontier.Append(dst)
	}
	return dst
}

// DecodeStart decodes a Start frame.
func DecodeStart(frame []byte) (Start, error) {
	r := open(frame)
	s := Start{Boot: r.Uint32()}
	if s.Boot == 0 || s.Boot > wire.MaxIncarnation {
		r.Fail(canon.ErrLimit)
	}
	if r.Bool() {
		c := wire.ReadCertificate(r)
		s.Frontier = &c
	}
	return s, done(r, "start")
}

// CertifyPrepare asks for a PREPARE certificate for a batch at [view|order]. Token comes back in the
// answer.
type CertifyPrepare struct {
	Token    uint64
	Position wire.Position
	Items    []Item
}

// Append appends the frame.
func (c *CertifyPrepare) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindCertifyPrepare), c.Token)
	dst = canon.AppendUint64(dst, c.Position.View)
	dst = canon.AppendUint64(dst, c.Position.Order)
	return appendItems(dst, c.Items)
}

// DecodeCertifyPrepare decodes the frame.
func DecodeCertifyPrepare(frame []byte) (CertifyPrepare, error) {
	r := open(frame)
	c := CertifyPrepare{Token: r.Uint64(), Position: wire.Position{View: r.Uint64(), Order: r.Uint64()}}
	c.Items = readItems(r)
	return c, done(r, "certify PREPARE")
}

// CertifyCommit asks for a COMMIT certificate for the batch of a PREPARE certificate.
type CertifyCommit struct {
	Token   uint64
	Prepare wire.Certificate
	Items   []Item
}

// Append appends the frame.
func (c *CertifyCommit) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindCertifyCommit), c.Token)
	return appendItems(c.Prepare.Append(dst), c.Items)
}

// DecodeCertifyCommit decodes the frame.
func DecodeCertifyCommit(frame []byte) (CertifyCommit, error) {
	r := open(frame)
	c := CertifyCommit{Token: r.Uint64(), Prepare: wire.ReadCertificate(r)}
	c.Items = readItems(r)
	return c, done(r, "certify COMMIT")
}

// Verify asks whether certificates are authentic and of the present founding.
type Verify struct {
	Token        uint64
	Certificates []wire.Certificate
}

// Append appends the frame.
func (v *Verify) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindVerify), v.Token)
	dst = canon.AppendCount(dst, len(v.Certificates))
	for i := range v.Certificates {
		dst = v.Certificates[i].Append(dst)
	}
	return dst
}

// DecodeVerify decodes the frame.
func DecodeVerify(frame []byte) (Verify, error) {
	r := open(frame)
	v := Verify{Token: r.Uint64()}
	n := r.Count(MaxItems, wire.CertificateBytes(1))
	v.Certificates = make([]wire.Certificate, n)
	for i := range v.Certificates {
		v.Certificates[i] = wire.ReadCertificate(r)
	}
	return v, done(r, "verify")
}

// Executed reports the results of requests of one order. A large batch may come as several frames.
// DurableUpTo is the order up to which the host's log, bodies and account keys are synced.
type Executed struct {
	Order       uint64
	DurableUpTo uint64
	Results     []ExecutedItem
}

// ExecutedItem is one request with its result. For requests of this enclave the payload comes along;
// for those of others only its digest (in Head). Full asks the enclave to pass the payload on to the
// origin, after a retransmission.
type ExecutedItem struct {
	Item    Item
	Head    wire.ResultHead
	Depends uint64 // highest order whose effects the result shows
	Payload []byte
	Full    bool // Payload is present
}

// Append appends the frame.
func (e *Executed) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindExecuted), e.Order)
	dst = canon.AppendUint64(dst, e.DurableUpTo)
	dst = canon.AppendCount(dst, len(e.Results))
	for i := range e.Results {
		x := &e.Results[i]
		dst = x.Head.Append(appendItem(dst, x.Item))
		dst = canon.AppendUint64(dst, x.Depends)
		dst = canon.AppendBool(dst, x.Full)
		if x.Full {
			dst = canon.AppendBytes(dst, x.Payload)
		}
	}
	return dst
}

// DecodeExecuted decodes the frame.
func DecodeExecuted(frame []byte) (Executed, error) {
	r := open(frame)
	e := Executed{Order: r.Uint64(), DurableUpTo: r.Uint64()}
	n := r.Count(MaxItems, minItemBytes+32+8+1)
	e.Results = make([]ExecutedItem, n)
	for i := range e.Results {
		x := &e.Results[i]
		x.Item, x.Head, x.Depends, x.Full = readItem(r), wire.ReadResultHead(r), r.Uint64(), r.Bool()
		if x.Full {
			x.Payload = r.Bytes(wire.MaxResultBytes)
		}
	}
	return e, done(r, "executed")
}

// AppendPeer appends a frame that carries a peer enclave's message unchanged: KindReplies or
// KindBodyStored.
func AppendPeer(dst []byte, k Kind, message []byte) []byte {
	return canon.AppendFixed(head(dst, k), message)
}

// PeerMessage returns the message inside such a frame.
func PeerMessage(frame []byte) []byte { return frame[2:] }

// AppendReadBack appends a piece of a body as the host read it back from its disk, for the attestation
// that origin waits for.
func AppendReadBack(dst []byte, origin wire.ReplicaID, p wire.Piece) []byte {
	dst = canon.AppendUint16(head(dst, KindReadBack), uint16(origin))
	return appendPiece(dst, p)
}

// DecodeReadBack decodes the frame.
func DecodeReadBack(frame []byte) (origin wire.ReplicaID, p wire.Piece, err error) {
	r := open(frame)
	origin = wire.ReplicaID(r.Uint16())
	p = readPiece(r)
	return origin, p, done(r, "read back")
}

// Record answers GetRecord with one piece; Total 0 says that the host could not get it.
type Record struct {
	Token uint64
	Piece wire.Piece
}

// Append appends the frame.
func (c *Record) Append(dst []byte) []byte {
	return appendPiece(canon.AppendUint64(head(dst, KindRecord), c.Token), c.Piece)
}

// DecodeRecord decodes the frame.
func DecodeRecord(frame []byte) (Record, error) {
	r := open(frame)
	c := Record{Token: r.Uint64(), Piece: readPiece(r)}
	return c, done(r, "record")
}

func appendPiece(dst []byte, p wire.Piece) []byte {
	dst = canon.AppendFixed(dst, p.Body[:])
	dst = canon.AppendUint64(dst, p.Total)
	dst = canon.AppendUint64(dst, p.Offset)
	return canon.AppendBytes(dst, p.Bytes)
}

func readPiece(r *canon.Reader) wire.Piece {
	p := wire.Piece{Body: r.Copy32(), Total: r.Uint64(), Offset: r.Uint64(), Bytes: r.Bytes(wire.ChunkBytes)}
	if p.Total > wire.MaxBodyBytes || p.Offset > p.Total || uint64(len(p.Bytes)) > p.Total-p.Offset {
		r.Fail(canon.ErrLimit)
	}
	return p
}

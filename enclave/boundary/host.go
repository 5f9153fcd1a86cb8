package boundary

import (
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Start is a host's first frame: the newest Frontier of its own enclave that its log holds (empty for none) and
// the certificates of its own enclave after it, rising. They are authentic or refused; whether they are the
// newest is the host's word. Boot is a
// number that the host never gives twice: it makes the ids of this run's requests new. A host that
// repeats one only has its own requests taken for duplicates.
type Start struct {
	Boot         uint32 // 1 to wire.MaxIncarnation
	Frontier     []byte
	Certificates []wire.Certificate // at most wire.MaxEntries
}

// Append appends the frame.
func (s *Start) Append(dst []byte) []byte {
	dst = canon.AppendUint32(head(dst, KindStart), s.Boot)
	dst = canon.AppendBytes(dst, s.Frontier)
	return appendCertificates(dst, s.Certificates)
}

// DecodeStart decodes a Start frame.
func DecodeStart(frame []byte) (Start, error) {
	r := open(frame)
	s := Start{Boot: r.Uint32()}
	if s.Boot == 0 || s.Boot > wire.MaxIncarnation {
		r.Fail(canon.ErrLimit)
	}
	s.Frontier = r.Bytes(MaxFrameBytes)
	s.Certificates = readCertificates(r, wire.MaxEntries)
	return s, done(r, "start")
}

func appendCertificates(dst []byte, list []wire.Certificate) []byte {
	dst = canon.AppendCount(dst, len(list))
	for i := range list {
		dst = list[i].Append(dst)
	}
	return dst
}

func readCertificates(r *canon.Reader, most int) []wire.Certificate {
	n := r.Count(most, wire.CertificateBytes(1))
	if n == 0 {
		return nil
	}
	list := make([]wire.Certificate, n)
	for i := range list {
		list[i] = wire.ReadCertificate(r)
	}
	return list
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
	dst = slices.Grow(dst, 32+itemsBytes(c.Items))
	dst = canon.AppendUint64(head(dst, KindCertifyPrepare), c.Token)
	dst = canon.AppendUint64(dst, c.Position.View)
	dst = canon.AppendUint64(dst, c.Position.Order)
	return appendItems(dst, c.Items)
}

// DecodeCertifyPrepare decodes the frame.
func DecodeCertifyPrepare(frame []byte) (CertifyPrepare, error) {
	var c CertifyPrepare
	err := c.Decode(frame)
	return c, err
}

// Decode decodes the frame into c, whose list of items it uses again.
func (c *CertifyPrepare) Decode(frame []byte) error {
	r := open(frame)
	c.Token, c.Position = r.Uint64(), wire.Position{View: r.Uint64(), Order: r.Uint64()}
	c.Items = readItems(r, c.Items[:0])
	return done(r, "certify PREPARE")
}

// CertifyCommit asks for a COMMIT certificate for the batch of a PREPARE certificate.
type CertifyCommit struct {
	Token   uint64
	Prepare wire.Certificate
	Items   []Item
}

// Append appends the frame.
func (c *CertifyCommit) Append(dst []byte) []byte {
	dst = slices.Grow(dst, 32+wire.CertificateBytes(len(c.Prepare.Vector))+itemsBytes(c.Items))
	dst = canon.AppendUint64(head(dst, KindCertifyCommit), c.Token)
	return appendItems(c.Prepare.Append(dst), c.Items)
}

// DecodeCertifyCommit decodes the frame.
func DecodeCertifyCommit(frame []byte) (CertifyCommit, error) {
	var c CertifyCommit
	err := c.Decode(frame)
	return c, err
}

// Decode decodes the frame into c, whose list of items it uses again.
func (c *CertifyCommit) Decode(frame []byte) error {
	r := open(frame)
	c.Token, c.Prepare = r.Uint64(), wire.ReadCertificate(r)
	c.Items = readItems(r, c.Items[:0])
	return done(r, "certify COMMIT")
}

// Verify asks whether certificates are authentic and of the present founding.
type Verify struct {
	Token        uint64
	Certificates []wire.Certificate
}

// Append appends the frame.
func (v *Verify) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindVerify), v.Token)
	return appendCertificates(dst, v.Certificates)
}

// DecodeVerify decodes the frame.
func DecodeVerify(frame []byte) (Verify, error) {
	r := open(frame)
	v := Verify{Token: r.Uint64()}
	v.Certificates = readCertificates(r, MaxItems)
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

// executedBytes is what an ExecutedItem takes beside its header, touched keys and payload.
const executedBytes = minItemBytes + 2 + 4 + 32 + 8 + 1 + 4

// Append appends the frame.
func (e *Executed) Append(dst []byte) []byte {
	size := 32
	for i := range e.Results {
		x := &e.Results[i]
		size += executedBytes + len(x.Item.Header) + len(x.Head.Touched)*(wire.KeyBytes+32) + len(x.Payload)
	}
	dst = slices.Grow(dst, size)
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
	var e Executed
	err := e.Decode(frame)
	return e, err
}

// Decode decodes the frame into e, whose list of results it uses again.
func (e *Executed) Decode(frame []byte) error {
	r := open(frame)
	e.Order, e.DurableUpTo = r.Uint64(), r.Uint64()
	n := r.Count(MaxItems, minItemBytes+32+8+1)
	e.Results = slices.Grow(e.Results[:0], n)[:n]
	for i := range e.Results {
		x := &e.Results[i]
		*x = ExecutedItem{Item: readItem(r), Head: wire.ReadResultHead(r), Depends: r.Uint64(), Full: r.Bool()}
		if x.Full {
			x.Payload = r.Bytes(wire.MaxResultBytes)
		}
	}
	return done(r, "executed")
}

// AppendPeer appends a frame that carries a peer enclave's message unchanged: KindReplies, KindBodyStored or
// KindCache.
func AppendPeer(dst []byte, k Kind, message []byte) []byte {
	return canon.AppendFixed(head(slices.Grow(dst, 2+len(message)), k), message)
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

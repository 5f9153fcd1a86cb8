package wire

import "troxymail/bftcore/wire/canon"

// Fetch asks a peer for the PREPAREs and COMMITs of orders From to To (inclusive; 0 for none), or for a
// piece of a body. Answers to the first are ordinary PREPARE and COMMIT messages, or a PROOF for an order that
// is executed; to the second, Piece messages of KindFetched. With both From and Body it asks for the batch of
// that digest: a PREPARE of it in whatever view is the answer.
type Fetch struct {
	From, To uint64
	View     uint64 // only PREPAREs of this view, wanted for a vote; 0 for whatever proves the orders
	Body     Digest // zero for none
	Offset   uint64 // byte offset into the body
}

// Append appends the message.
func (f Fetch) Append(dst []byte) []byte {
	dst = appendHead(dst, KindFetch)
	dst = canon.AppendUint64(dst, f.From)
	dst = canon.AppendUint64(dst, f.To)
	dst = canon.AppendUint64(dst, f.View)
	dst = canon.AppendFixed(dst, f.Body[:])
	return canon.AppendUint64(dst, f.Offset)
}

// DecodeFetch decodes a FETCH.
func DecodeFetch(b []byte) (Fetch, error) {
	r := canon.NewReader(b)
	readHead(r, KindFetch)
	f := Fetch{From: number(r), To: number(r), View: number(r), Body: r.Copy32(), Offset: number(r)}
	if err := r.Done(); err != nil {
		return Fetch{}, malformed("FETCH", err)
	}
	return f, nil
}

// Piece is a part of a sealed body on its way between hosts: pushed by its origin (KindBody), or
// fetched (KindFetched). The whole is checked against Body when the last piece is there.
type Piece struct {
	Body   Digest
	Total  uint64 // bytes of the whole body, at most MaxBodyBytes
	Offset uint64
	Bytes  []byte // at most ChunkBytes
}

// Append appends the message as kind, KindBody or KindFetched.
func (p Piece) Append(dst []byte, kind Kind) []byte {
	dst = appendHead(dst, kind)
	dst = canon.AppendFixed(dst, p.Body[:])
	dst = canon.AppendUint64(dst, p.Total)
	dst = canon.AppendUint64(dst, p.Offset)
	return canon.AppendBytes(dst, p.Bytes)
}

// DecodePiece decodes a piece of the given kind and checks that it lies within its body.
func DecodePiece(b []byte, kind Kind) (Piece, error) {
	r := canon.NewReader(b)
	readHead(r, kind)
	p := Piece{Body: r.Copy32(), Total: number(r), Offset: number(r), Bytes: r.Bytes(ChunkBytes)}
	if p.Total > MaxBodyBytes || p.Offset > p.Total || uint64(len(p.Bytes)) > p.Total-p.Offset {
		r.Fail(errRange)
	}
	if err := r.Done(); err != nil {
		return Piece{}, malformed("piece of a body", err)
	}
	return p, nil
}

// BodyStored carries an enclave's attestation that its host stored a body and read it back
// (CertBodyStored over the body's digest), to the origin that waits for f+1 of them.
type BodyStored struct {
	Certificate Certificate
}

// Append appends the message.
func (s *BodyStored) Append(dst []byte) []byte {
	return s.Certificate.Append(appendHead(dst, KindBodyStored))
}

// DecodeBodyStored decodes the message.
func DecodeBodyStored(b []byte) (BodyStored, error) {
	r := canon.NewReader(b)
	readHead(r, KindBodyStored)
	s := BodyStored{Certificate: ReadCertificate(r)}
	if s.Certificate.Kind != CertBodyStored {
		r.Fail(errKind)
	}
	if err := r.Done(); err != nil {
		return BodyStored{}, malformed("BODY-STORED", err)
	}
	return s, nil
}

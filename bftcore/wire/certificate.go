package wire

import (
	"troxymail/bftcore/wire/canon"
)

// CertKind says what an enclave stated with a certificate. Numbers are fixed for ever.
type CertKind uint8

// Kinds of certificates. PREPARE, COMMIT, VIEW-CHANGE and NEW-VIEW move a trusted counter; the rest
// are attestations, which do not. CertNVAck and CertForward are not used.
const (
	CertPrepare    CertKind = 1
	CertCommit     CertKind = 2
	CertViewChange CertKind = 3
	CertNewView    CertKind = 4
	CertCheckpoint CertKind = 5
	CertReqVC      CertKind = 6
	CertNVAck      CertKind = 7
	CertProgress   CertKind = 8
	CertBodyStored CertKind = 9
	CertFrontier   CertKind = 10
	CertColdState  CertKind = 11
	CertJoin       CertKind = 12
	CertResigned   CertKind = 13
	CertRecInfo    CertKind = 14
	CertRecState   CertKind = 15
	CertForward    CertKind = 16
	CertRecHello   CertKind = 17
	CertRecRequest CertKind = 18

	maxCertKind = CertRecRequest
)

// Certificate is a statement that one enclave incarnation made once: "this digest, at this counter
// value". Its MAC is over the encoding without the MAC (AppendStatement), which has a fixed size for a
// given n.
//
// A certificate is evidence only within its Founding, and several of them form a quorum only when they
// are consistent in their incarnation vectors (package quorum). Previous is written by the enclave
// itself in continuing certificates (VIEW-CHANGE) and is zero otherwise: it is what a host cannot hide.
// RecoveryView is 0 for an incarnation that never recovered, else 1 + the highest view that its
// recovery read (it is mute up to there); Base is the digest of that recovery's bundle.
type Certificate struct {
	Kind         CertKind
	Epoch        uint32 // configuration epoch; 0 until membership changes exist
	Founding     Founding
	Replica      ReplicaID
	Incarnation  uint32
	Vector       []uint32 // highest incarnation known of each replica
	Counter      uint16   // pillar
	New          Position
	Previous     Position
	RecoveryView uint64
	Base         Digest
	Digest       Digest
	MAC          MAC
}

// AppendStatement appends the part of c that its MAC covers.
func (c *Certificate) AppendStatement(dst []byte) []byte {
	dst = canon.AppendUint8(dst, uint8(c.Kind))
	dst = canon.AppendUint8(dst, Version)
	dst = canon.AppendUint32(dst, c.Epoch)
	dst = appendFounding(dst, c.Founding)
	dst = canon.AppendUint16(dst, uint16(c.Replica))
	dst = canon.AppendUint32(dst, c.Incarnation)
	dst = appendVector(dst, c.Vector)
	dst = canon.AppendUint16(dst, c.Counter)
	dst = appendPosition(dst, c.New)
	dst = appendPosition(dst, c.Previous)
	dst = canon.AppendUint64(dst, c.RecoveryView)
	dst = canon.AppendFixed(dst, c.Base[:])
	return canon.AppendFixed(dst, c.Digest[:])
}

// Append appends the whole certificate: the statement, then the MAC.
func (c *Certificate) Append(dst []byte) []byte {
	return canon.AppendFixed(c.AppendStatement(dst), c.MAC[:])
}

// CertificateBytes is the encoded size of a certificate in a group of n.
func CertificateBytes(n int) int {
	return 1 + 1 + 4 + 36 + 2 + 4 + 1 + 4*n + 2 + 16 + 16 + 8 + 32 + 32 + 32
}

// ReadCertificate reads a certificate from r; errors stay in r.
func ReadCertificate(r *canon.Reader) Certificate {
	var c Certificate
	c.Kind = CertKind(r.Uint8())
	if c.Kind == 0 || c.Kind > maxCertKind || r.Uint8() != Version {
		r.Fail(errKind)
		return c
	}
	c.Epoch = r.Uint32()
	c.Founding = readFounding(r)
	c.Replica = replica(r)
	c.Incarnation = incarnation(r)
	c.Vector = readVector(r)
	c.Counter = r.Uint16()
	c.New = readPosition(r)
	c.Previous = readPosition(r)
	c.RecoveryView = number(r)
	c.Base = r.Copy32()
	c.Digest = r.Copy32()
	c.MAC = r.Copy32()
	return c
}

// DecodeCertificate decodes exactly one certificate.
func DecodeCertificate(b []byte) (Certificate, error) {
	r := canon.NewReader(b)
	c := ReadCertificate(r)
	if err := r.Done(); err != nil {
		return Certificate{}, malformed("certificate", err)
	}
	return c, nil
}

// CertificateOf reads the certificate that an encoded message begins with, and nothing of what follows it.
// ErrMalformed for a message that begins otherwise.
func CertificateOf(msg []byte) (Certificate, error) {
	r := canon.NewReader(msg)
	r.Fixed(2)
	c := ReadCertificate(r)
	if err := r.Err(); err != nil {
		return Certificate{}, malformed("certificate of a message", err)
	}
	return c, nil
}

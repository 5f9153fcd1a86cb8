package adminapi

import (
	"crypto/ed25519"
	"errors"

	"troxymail/bftcore/wire/canon"
)

// Sizes of what a signature is bound to.
const (
	NonceBytes    = 32
	ExporterBytes = 32
)

// ExporterLabel is the label under which both sides take ExporterBytes from the TLS connection (RFC 8446,
// 7.5; RFC 5705), with an empty context.
const ExporterLabel = "EXPORTER-troxymail-admin-v1"

const signTag = "troxymail/admin-request/v1"

// ErrSignature is returned for a request that the administrator did not sign for this place on this
// connection. It says no more than that, whatever is wrong.
var ErrSignature = errors.New("adminapi: not signed by the administrator's key for this connection")

// Context is what signatures on one connection are bound to. Immutable.
type Context struct {
	Genesis  [32]byte
	Nonce    [NonceBytes]byte
	Exporter [ExporterBytes]byte
}

// Signed is a request as it travels. Number counts the requests of a connection from 0.
type Signed struct {
	Number    uint64
	Request   []byte
	Signature [ed25519.SignatureSize]byte
}

// Sign makes the frame of a request, the number-th of this connection.
func (c *Context) Sign(key ed25519.PrivateKey, number uint64, q *Request) []byte {
	s := Signed{Number: number, Request: q.Append(nil)}
	copy(s.Signature[:], ed25519.Sign(key, c.statement(number, s.Request)))
	return s.Append(nil)
}

// Verify returns the request in a frame if key signed it for this connection and number, else ErrSignature;
// ErrFrame for what does not decode, which is looked at only once the signature holds.
func (c *Context) Verify(key ed25519.PublicKey, number uint64, frame []byte) (Request, error) {
	s, err := DecodeSigned(frame)
	if err != nil || len(key) != ed25519.PublicKeySize || s.Number != number ||
		!ed25519.Verify(key, c.statement(number, s.Request), s.Signature[:]) {
		return Request{}, ErrSignature
	}
	return DecodeRequest(s.Request)
}

func (c *Context) statement(number uint64, request []byte) []byte {
	b := canon.AppendBytes(nil, []byte(signTag))
	b = canon.AppendFixed(b, c.Genesis[:])
	b = canon.AppendFixed(b, c.Nonce[:])
	b = canon.AppendFixed(b, c.Exporter[:])
	b = canon.AppendUint64(b, number)
	return canon.AppendBytes(b, request)
}

// Append appends the frame.
func (s *Signed) Append(dst []byte) []byte {
	dst = canon.AppendUint64(append(dst, Version), s.Number)
	dst = canon.AppendBytes(dst, s.Request)
	return canon.AppendFixed(dst, s.Signature[:])
}

// DecodeSigned decodes the frame; Request aliases it.
func DecodeSigned(frame []byte) (Signed, error) {
	r := canon.NewReader(frame)
	version(r)
	s := Signed{Number: r.Uint64(), Request: r.Bytes(MaxRequestBytes)}
	copy(s.Signature[:], r.Fixed(ed25519.SignatureSize))
	return s, done(r, "signed request")
}

package wire

import (
	"crypto/sha256"
	"slices"

	"troxymail/bftcore/wire/canon"
)

// Status is the outcome of a command; its values belong to the state machine (mailstore/command).
type Status uint16

// Result is what executing one request gave. Touched names every key whose digest the execution read
// or changed, with its digest afterwards: it is part of what is voted, so that an enclave may know the
// state of a key by a vote. Payload is the answer proper.
type Result struct {
	Status  Status
	Touched []KeyDigest
	Payload []byte
}

// ResultHead is a result without its payload but with the payload's digest: what crosses the boundary
// for requests of other replicas, whose payloads their own hosts deliver.
type ResultHead struct {
	Status        Status
	Touched       []KeyDigest
	PayloadDigest Digest
}

const maxEncodedResult = MaxResultBytes + 16 + MaxTouched*(KeyBytes+32)

// Head returns the head of r.
func (r *Result) Head() ResultHead {
	return ResultHead{Status: r.Status, Touched: r.Touched, PayloadDigest: Sum(r.Payload)}
}

// Digest is what replicas vote on: it covers status, touched keys and payload.
func (h *ResultHead) Digest() Digest {
	var room [256]byte // a head with a key or two fits
	return sha256.Sum256(h.Append(append(room[:0], "troxymail/result/v1"...)))
}

// Digest returns the digest of the result's head.
func (r *Result) Digest() Digest {
	h := r.Head()
	return h.Digest()
}

// Append appends the head.
func (h *ResultHead) Append(dst []byte) []byte {
	dst = appendOutcome(dst, h.Status, h.Touched)
	return canon.AppendFixed(dst, h.PayloadDigest[:])
}

// ReadResultHead reads a head; errors stay in r.
func ReadResultHead(r *canon.Reader) ResultHead {
	var h ResultHead
	h.Status, h.Touched = readOutcome(r)
	h.PayloadDigest = r.Copy32()
	return h
}

// Append appends the whole result.
func (r *Result) Append(dst []byte) []byte {
	dst = slices.Grow(dst, 2+4+len(r.Touched)*(KeyBytes+32)+4+len(r.Payload))
	return canon.AppendBytes(appendOutcome(dst, r.Status, r.Touched), r.Payload)
}

// DecodeResult decodes exactly one result; the payload aliases b.
func DecodeResult(b []byte) (Result, error) {
	r := canon.NewReader(b)
	var out Result
	out.Status, out.Touched = readOutcome(r)
	out.Payload = r.Bytes(MaxResultBytes)
	if err := r.Done(); err != nil {
		return Result{}, malformed("result", err)
	}
	return out, nil
}

func appendOutcome(dst []byte, s Status, touched []KeyDigest) []byte {
	dst = canon.AppendUint16(dst, uint16(s))
	dst = canon.AppendCount(dst, len(touched))
	for i := range touched {
		dst = AppendKey(dst, touched[i].Key)
		dst = canon.AppendFixed(dst, touched[i].Digest[:])
	}
	return dst
}

func readOutcome(r *canon.Reader) (Status, []KeyDigest) {
	s := Status(r.Uint16())
	n := r.Count(MaxTouched, KeyBytes+32)
	if n == 0 {
		return s, nil
	}
	touched := make([]KeyDigest, n)
	for i := range touched {
		touched[i] = KeyDigest{Key: ReadKey(r), Digest: r.Copy32()}
	}
	return s, touched
}

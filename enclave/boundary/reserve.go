package boundary

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Limits of what an enclave certifies without being asked: more is for a batch that its host puts together.
const (
	MaxProposed      = 64       // requests in a Proposed
	MaxProposedBytes = 64 << 10 // their encodings
)

// Reserve lets the enclave certify the next requests of its own clients as the batch of a position, without being asked,
// until it has done so or was asked for any PREPARE.
type Reserve struct {
	Position wire.Position
}

// Append appends the frame.
func (x *Reserve) Append(dst []byte) []byte {
	dst = canon.AppendUint64(head(dst, KindReserve), x.Position.View)
	return canon.AppendUint64(dst, x.Position.Order)
}

// DecodeReserve decodes the frame.
func DecodeReserve(frame []byte) (Reserve, error) {
	r := open(frame)
	x := Reserve{Position: wire.Position{View: r.Uint64(), Order: r.Uint64()}}
	return x, done(r, "reserve")
}

// Proposed tells of requests to order that are certified already, as the batch of the position that was reserved.
type Proposed struct {
	Certificate wire.Certificate
	Requests    [][]byte // at least one; decoded by wire.DecodeRequest
}

// Append appends the frame.
func (p *Proposed) Append(dst []byte) []byte {
	dst = canon.AppendCount(p.Certificate.Append(head(dst, KindProposed)), len(p.Requests))
	for _, raw := range p.Requests {
		dst = canon.AppendBytes(dst, raw)
	}
	return dst
}

// DecodeProposed decodes the frame. Requests alias it.
func DecodeProposed(frame []byte) (Proposed, error) {
	r := open(frame)
	p := Proposed{Certificate: wire.ReadCertificate(r)}
	for range r.Count(MaxProposed, 4) {
		p.Requests = append(p.Requests, r.Bytes(MaxProposedBytes))
	}
	return p, done(r, "proposed")
}

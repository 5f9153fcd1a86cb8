package boundary

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// maxEvidence bounds the record that goes with a Peeked.
const maxEvidence = 64 << 10

// Peek asks the host to execute a command that changes nothing on the state that it has now, without ordering it.
// What comes back is the host's word alone.
type Peek struct {
	Token   uint64
	Command []byte
}

// Append appends the frame.
func (p *Peek) Append(dst []byte) []byte {
	return canon.AppendBytes(canon.AppendUint64(head(dst, KindPeek), p.Token), p.Command)
}

// DecodePeek decodes the frame.
func DecodePeek(frame []byte) (Peek, error) {
	r := open(frame)
	p := Peek{Token: r.Uint64(), Command: r.Bytes(wire.MaxCommandBytes)}
	return p, done(r, "peek")
}

// Peeked answers Peek. Status is that of the command. Evidence is the record whose digest names the state of the key
// that was read, so that an enclave which knows that digest can check Payload against it.
type Peeked struct {
	Token    uint64
	Done     bool // false: the host could not or would not
	Status   wire.Status
	Payload  []byte
	Evidence []byte
}

// Append appends the frame.
func (p *Peeked) Append(dst []byte) []byte {
	dst = canon.AppendBool(canon.AppendUint64(head(dst, KindPeeked), p.Token), p.Done)
	dst = canon.AppendUint16(dst, uint16(p.Status))
	return canon.AppendBytes(canon.AppendBytes(dst, p.Payload), p.Evidence)
}

// DecodePeeked decodes the frame; Payload and Evidence alias it.
func DecodePeeked(frame []byte) (Peeked, error) {
	r := open(frame)
	p := Peeked{Token: r.Uint64(), Done: r.Bool(), Status: wire.Status(r.Uint16())}
	p.Payload, p.Evidence = r.Bytes(wire.MaxResultBytes), r.Bytes(maxEvidence)
	return p, done(r, "peeked")
}

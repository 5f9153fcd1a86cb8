package wire

import (
	"fmt"

	"troxymail/bftcore/wire/canon"
)

// RequestID names a request for ever: the incarnation of the enclave proxy that made it, and a sequence
// number that this incarnation uses once. A retransmission keeps its id.
type RequestID struct {
	Origin      ReplicaID
	Generation  uint32
	Incarnation uint32
	Sequence    uint64
}

// String writes the id as origin.generation.incarnation/sequence.
func (id RequestID) String() string {
	return fmt.Sprintf("%d.%d.%d/%d", id.Origin, id.Generation, id.Incarnation, id.Sequence)
}

func appendRequestID(dst []byte, id RequestID) []byte {
	dst = canon.AppendUint16(dst, uint16(id.Origin))
	dst = canon.AppendUint32(dst, id.Generation)
	dst = canon.AppendUint32(dst, id.Incarnation)
	return canon.AppendUint64(dst, id.Sequence)
}

func readRequestID(r *canon.Reader) RequestID {
	return RequestID{Origin: replica(r), Generation: incarnation(r), Incarnation: incarnation(r),
		Sequence: number(r)}
}

// RequestFlags qualify a request.
type RequestFlags uint8

// FlagReadOnly marks a request whose command changes nothing: it may be answered once what it read is
// durable, and it need not be remembered against duplicates.
const FlagReadOnly RequestFlags = 1

// Request is a command on its way to be ordered. Header is what the origin enclave MACed (tagged and
// length-bound): everything but MAC and Command. Command is bound to it by CommandDigest; a decoder
// checks that they fit, so that a Request in hand is whole.
type Request struct {
	ID            RequestID
	Flags         RequestFlags
	Keys          []Key    // what the command touches, sorted, without duplicates
	Bodies        []Digest // large sealed bodies that must be stored before a vote
	CommandDigest Digest
	Header        []byte // aliases Raw
	MAC           MAC
	Command       []byte // aliases Raw
	Raw           []byte // the encoding
}

// Digest names the request: SHA-256 of its header.
func (q *Request) Digest() Digest { return Sum(q.Header) }

// ReadOnly reports FlagReadOnly.
func (q *Request) ReadOnly() bool { return q.Flags&FlagReadOnly != 0 }

// RequestBytes is how many bytes an encoded request takes.
func RequestBytes(keys, bodies, command int) int {
	return requestBytes + keys*KeyBytes + bodies*len(Digest{}) + command
}

// requestBytes is what a request takes beside its lists and its command: head, id, flags, two counts, the command's digest,
// MAC, the command's length.
const requestBytes = 2 + 2 + 4 + 4 + 8 + 1 + 4 + 4 + 32 + 32 + 4

// AppendRequestHeader appends the MACed part of a request for command.
func AppendRequestHeader(dst []byte, id RequestID, flags RequestFlags, keys []Key, bodies []Digest,
	command []byte) []byte {
	dst = appendHead(dst, KindRequest)
	dst = appendRequestID(dst, id)
	dst = canon.AppendUint8(dst, uint8(flags))
	dst = canon.AppendCount(dst, len(keys))
	for _, k := range keys {
		dst = AppendKey(dst, k)
	}
	dst = canon.AppendCount(dst, len(bodies))
	for i := range bodies {
		dst = canon.AppendFixed(dst, bodies[i][:])
	}
	d := Sum(command)
	return canon.AppendFixed(dst, d[:])
}

// AppendRequest appends a whole request from its header, the header's MAC, and the command.
func AppendRequest(dst, header []byte, mac MAC, command []byte) []byte {
	dst = canon.AppendFixed(dst, header)
	dst = canon.AppendFixed(dst, mac[:])
	return canon.AppendBytes(dst, command)
}

func readRequestHeader(r *canon.Reader, q *Request) {
	readHead(r, KindRequest)
	q.ID = readRequestID(r)
	q.Flags = RequestFlags(r.Uint8())
	if q.Flags > FlagReadOnly {
		r.Fail(canon.ErrNonCanonical)
	}
	if n := r.Count(MaxKeys, KeyBytes); n > 0 {
		q.Keys = make([]Key, n)
		for i := range q.Keys {
			q.Keys[i] = ReadKey(r)
		}
	}
	if n := r.Count(MaxBodies, len(Digest{})); n > 0 {
		q.Bodies = make([]Digest, n)
		for i := range q.Bodies {
			q.Bodies[i] = r.Copy32()
		}
	}
	q.CommandDigest = r.Copy32()
}

// DecodeRequestHeader decodes a header alone (as it crosses the boundary): Command, MAC and Raw stay
// empty.
func DecodeRequestHeader(b []byte) (Request, error) {
	r := canon.NewReader(b)
	var q Request
	readRequestHeader(r, &q)
	if err := r.Done(); err != nil {
		return Request{}, malformed("request header", err)
	}
	q.Header = b
	return q, nil
}

// DecodeRequest decodes one request and checks that the command fits its digest.
func DecodeRequest(b []byte) (Request, error) {
	r := canon.NewReader(b)
	var q Request
	readRequestHeader(r, &q)
	end := r.Offset()
	q.MAC = r.Copy32()
	q.Command = r.Bytes(MaxCommandBytes)
	if err := r.Done(); err != nil {
		return Request{}, malformed("request", err)
	}
	if Sum(q.Command) != q.CommandDigest {
		return Request{}, fmt.Errorf("%w: request %v: the command does not fit its digest", ErrMalformed, q.ID)
	}
	q.Header, q.Raw = b[:end:end], b
	return q, nil
}

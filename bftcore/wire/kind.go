package wire

import (
	"errors"
	"fmt"

	"troxymail/bftcore/wire/canon"
)

// Kind is the first byte of every message. Numbers are fixed for ever.
type Kind uint8

// The messages between replicas. Those marked (later) are reserved: a decoder refuses them today.
const (
	KindRequest     Kind = 1  // enclave proxy to hosts: one ordered request
	KindForward     Kind = 2  // host to leader: requests that wait to be ordered
	KindPrepare     Kind = 3  // leader: a batch at [view|order]
	KindCommit      Kind = 4  // follower: its certificate, with the PREPARE certificate inside
	KindCheckpoint  Kind = 5  // attested state root
	KindProgress    Kind = 6  // host: how far it is
	KindReqVC       Kind = 7  // asks for a view change
	KindViewChange  Kind = 8  // what an enclave certified in views before
	KindNewView     Kind = 9  // leader's enclave: what the view begins with
	KindNVAck       Kind = 10 // not used: see enclave/counter
	KindFetch       Kind = 11 // host: send me orders or a body
	KindFetched     Kind = 12 // host: a piece of a body; orders come as PREPARE and COMMIT
	KindRecHello    Kind = 13 // enclave: how do you stand?
	KindRecInfo     Kind = 14 // enclave: ACTIVE, and these incarnations are known
	KindRecRequest  Kind = 15 // enclave: grant me an incarnation number
	KindRecState    Kind = 16 // enclave: granted, and what I certified
	KindReplies     Kind = 17 // enclave to enclave: authenticated results
	KindBody        Kind = 18 // host: a piece of a large body to keep
	KindBodyStored  Kind = 19 // enclave: its host stored a body and read it back
	KindColdState   Kind = 20 // founding, phase one
	KindJoin        Kind = 21 // founding, phase two
	KindStatement   Kind = 22 // enclave: not ACTIVE
	KindCacheQuery  Kind = 23 // enclave to enclave: CACHE-Q, are our versions of keys equal?
	KindCacheReply  Kind = 24 // enclave to enclave: CACHE-A
	KindTransfer    Kind = 25 // host: parts of the state, asked for and given
	KindKeyHandOver Kind = 26 // (later) group key between attested enclaves
	KindFrontier    Kind = 27 // a record for the host's log, never sent
	KindProof       Kind = 28 // host: what commits one order, for one who lags
	KindMarksQuery  Kind = 29 // enclave to enclave: MARKS-Q, how far did your host show you writes on keys?
	KindMarksReply  Kind = 30 // enclave to enclave: MARKS-A
)

// ErrMalformed is wrapped by every decoder of this package: the sender is at fault.
var ErrMalformed = errors.New("wire: malformed message")

// malformed wraps a decoding error so that callers test for ErrMalformed only.
func malformed(what string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrMalformed, what, err)
}

// PeekKind returns the kind of an encoded message, which may be one that there is not, or ErrMalformed when it is too
// short or of another format version.
func PeekKind(msg []byte) (Kind, error) {
	if len(msg) < 2 {
		return 0, malformed("kind", canon.ErrShort)
	}
	if msg[1] != Version {
		return 0, fmt.Errorf("%w: format version %d, this program speaks %d", ErrMalformed, msg[1], Version)
	}
	return Kind(msg[0]), nil
}

// appendHead starts a message.
func appendHead(dst []byte, k Kind) []byte { return append(dst, byte(k), Version) }

// readHead checks the first two bytes.
func readHead(r *canon.Reader, k Kind) {
	if Kind(r.Uint8()) != k || r.Uint8() != Version {
		r.Fail(errKind)
	}
}

var (
	errKind  = errors.New("another kind or version")
	errRange = errors.New("number out of range")
	errBatch = errors.New("certificate of another batch or position")
)

// number reads a view, order or sequence and refuses it above MaxNumber.
func number(r *canon.Reader) uint64 {
	v := r.Uint64()
	if v > MaxNumber {
		r.Fail(errRange)
	}
	return v
}

// incarnation reads an incarnation or generation and refuses it above MaxIncarnation.
func incarnation(r *canon.Reader) uint32 {
	v := r.Uint32()
	if v > MaxIncarnation {
		r.Fail(errRange)
	}
	return v
}

// replica reads a replica number and refuses it at or above MaxReplicas.
func replica(r *canon.Reader) ReplicaID {
	v := r.Uint16()
	if v >= MaxReplicas {
		r.Fail(errRange)
	}
	return ReplicaID(v)
}

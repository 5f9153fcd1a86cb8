package boundary

import (
	"errors"
	"fmt"
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Limits of the boundary.
const (
	// MaxFrameBytes bounds one frame.
	MaxFrameBytes = 2 << 20
	// MaxItems bounds the requests or certificates in one frame.
	MaxItems = wire.MaxBatchRequests
	// MaxMessages bounds the messages in one Ask.
	MaxMessages = 2 * wire.MaxReplicas
	// MaxQueueBytes bounds what may wait in one direction of a Link. A side that lets more pile up has
	// stopped reading: the Link is closed.
	MaxQueueBytes = 256 << 20
	// MaxPacedBytes bounds what waits in one direction when Pace returns: the rest of MaxQueueBytes is for what
	// cannot wait.
	MaxPacedBytes = MaxQueueBytes / 4
	// MaxBatchBytes bounds what one Recv returns.
	MaxBatchBytes = 2 * MaxFrameBytes
	// frameOverhead is what a waiting frame costs beside its bytes.
	frameOverhead = 64
	// maxHeaderBytes bounds an encoded request header.
	maxHeaderBytes = 4 << 10
)

// ErrFrame is wrapped by every decoder here: the other side broke the protocol of the boundary.
var ErrFrame = errors.New("boundary: malformed frame")

// Kind is the first byte of a frame. Numbers are fixed for ever.
type Kind uint8

// Frames from the host to its enclave.
const (
	KindStart          Kind = 1 // what the host's log holds; the enclave may begin
	KindCertifyPrepare Kind = 2
	KindCertifyCommit  Kind = 3
	KindVerify         Kind = 4
	KindExecuted       Kind = 5  // results of a batch, to be authenticated
	KindReplies        Kind = 6  // a peer enclave's reply set
	KindBodyStored     Kind = 7  // a peer enclave's attestation
	KindReadBack       Kind = 8  // a piece of a body, as read back from the host's disk
	KindRecord         Kind = 9  // answer to KindGetRecord
	KindAsk            Kind = 11 // one rule of the enclave, beside the hot path
	KindCache          Kind = 12 // a peer enclave's CACHE-Q or CACHE-A
	KindPeeked         Kind = 13 // answer to KindPeek
	KindReserve        Kind = 14 // the next own requests may be certified at that position
)

// Frames from the enclave to its host.
const (
	KindReady       Kind = 65 // the enclave is ACTIVE
	KindRequest     Kind = 66 // a request to order
	KindCertified   Kind = 67 // answer to KindCertifyPrepare and KindCertifyCommit
	KindVerified    Kind = 68
	KindSendReplies Kind = 69 // a reply set for a peer enclave
	KindSendStored  Kind = 70 // an attestation for a peer enclave
	KindGetRecord   Kind = 71 // a sealed record by digest
	KindStoreBody   Kind = 72 // a piece of a large sealed body, to keep and to spread
	KindTold        Kind = 74 // answer to KindAsk
	KindSendCache   Kind = 75 // a CACHE-Q or CACHE-A for a peer enclave
	KindPeek        Kind = 76 // an unordered read of the host's state
	KindRefound     Kind = 77 // an administrator wants the group to be founded by some of its replicas
	KindProposed    Kind = 79 // own requests, certified at the reserved position
)

// PeekKind returns a frame's kind.
func PeekKind(frame []byte) (Kind, error) {
	if len(frame) < 2 {
		return 0, fmt.Errorf("%w: %w", ErrFrame, canon.ErrShort)
	}
	if frame[1] != wire.Version {
		return 0, fmt.Errorf("%w: format version %d, want %d", ErrFrame, frame[1], wire.Version)
	}
	return Kind(frame[0]), nil
}

func head(dst []byte, k Kind) []byte { return append(dst, byte(k), wire.Version) }

// open starts decoding a frame whose kind the caller has looked at.
func open(frame []byte) *canon.Reader {
	r := canon.NewReader(frame)
	r.Fixed(2)
	return r
}

func done(r *canon.Reader, what string) error {
	if err := r.Done(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFrame, what, err)
	}
	return nil
}

// Item is a request as it crosses: its header and the header's MAC. Command bytes stay with the host,
// which checks them against the digest in the header.
type Item struct {
	Header []byte
	MAC    wire.MAC
}

func appendItems(dst []byte, items []Item) []byte {
	dst = canon.AppendCount(dst, len(items))
	for i := range items {
		dst = appendItem(dst, items[i])
	}
	return dst
}

// itemsBytes is how many bytes appendItems appends.
func itemsBytes(items []Item) int {
	n := 4
	for i := range items {
		n += minItemBytes + len(items[i].Header)
	}
	return n
}

func appendItem(dst []byte, it Item) []byte {
	return canon.AppendFixed(canon.AppendBytes(dst, it.Header), it.MAC[:])
}

func readItem(r *canon.Reader) Item {
	return Item{Header: r.Bytes(maxHeaderBytes), MAC: r.Copy32()}
}

const minItemBytes = 4 + 32

// readItems appends a list of items to an empty one.
func readItems(r *canon.Reader, items []Item) []Item {
	n := r.Count(MaxItems, minItemBytes)
	items = slices.Grow(items, n)[:n]
	for i := range items {
		items[i] = readItem(r)
	}
	return items
}

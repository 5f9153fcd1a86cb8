package node

import (
	"errors"

	"troxymail/bftcore/wire"
)

// Applied is what executing one request gave.
type Applied struct {
	Order   uint64 // of its execution; of the first one for a duplicate
	Depends uint64 // highest order whose effects the result shows
	Result  wire.Result
}

// Seen is what an unordered read gave: the status and payload of its command, and the record whose digest names the
// state that it read.
type Seen struct {
	Status   wire.Status
	Payload  []byte
	Evidence []byte
}

// ErrWaitForLog is returned by Application.Apply when the store can take no more before the log is synced
// further: the node waits for that and applies the batch again.
var ErrWaitForLog = errors.New("node: the store waits for the log to be synced")

// ErrRecordDamaged is wrapped by Bodies.Get for a record that is not what was stored.
var ErrRecordDamaged = errors.New("node: a stored record is damaged")

// Application is the replicated state machine with its store. One goroutine calls it.
type Application interface {
	// Applied returns the order up to which batches are applied, in memory or on disk.
	Applied() uint64
	// Root returns the digest of the state at Applied, cheaply: equal at all correct replicas of one order.
	Root() wire.Digest
	// Apply executes a batch, order by order without a gap, whole or not at all, and returns one entry a
	// request. An error other than ErrWaitForLog is of the disk, never of a request, and ends the node.
	Apply(order uint64, requests []wire.Request) ([]Applied, error)
	// Cached returns the remembered result of a request that was executed, for a retransmission; false
	// when it is not (or no longer) remembered.
	Cached(id wire.RequestID) (Applied, bool)
	// Peek executes an encoded command that changes nothing on the state at Applied; false when it cannot.
	Peek(command []byte) (Seen, bool)
	// SetDurable allows the store to make batches up to order durable on its own disk.
	SetDurable(order uint64)
	// Tick lets the store do what time asks for; called within some seconds of the last Apply.
	Tick()
	// Durable returns the order up to which the store is durable by itself: the log is not needed below.
	Durable() uint64
	// Checkpoint makes the state at Applied durable by itself as soon as the log allows, in a step that ends there,
	// and keeps it for others for a while.
	Checkpoint() error
	// Install puts a state that was finished in the place of the present one. A crash leaves one or the other.
	Install(s Arrived) error
}

// Bodies keeps sealed records by digest. Safe for concurrent use.
type Bodies interface {
	// Get returns the record, checked against its digest; an error when it is absent, one that wraps
	// ErrRecordDamaged when it is there and damaged.
	Get(digest wire.Digest) ([]byte, error)
	// Has reports whether a large body is there, durably.
	Has(digest wire.Digest) bool
	// Put stores a record that was checked against its digest, durably when it returns.
	Put(digest wire.Digest, record []byte) error
	// Remove deletes a large body that nothing refers to.
	Remove(digest wire.Digest) error
}

// Links carries frames to and from peers; bftcore/transport implements it.
type Links interface {
	// Send queues a frame for a peer, copying it; it never blocks. A full queue drops it.
	Send(to int, frame []byte)
}

// Connections are Links that can tell whether a peer is there.
type Connections interface {
	// Connected reports whether the link to a peer stands.
	Connected(peer int) bool
}

package transport

import "errors"

var (
	// ErrOptions is returned for options that are missing or out of range.
	ErrOptions = errors.New("transport: bad option")
	// ErrFrameTooLong ends a connection whose peer announces a frame over MaxFrameBytes.
	ErrFrameTooLong = errors.New("transport: frame over the limit")
	// ErrHello ends a connection whose first bytes are no hello of ours.
	ErrHello = errors.New("transport: not a hello of this protocol")
	// ErrVersion ends a connection to a peer of another protocol version: run the same release on both.
	ErrVersion = errors.New("transport: peer speaks another protocol version")
	// ErrWrongKey refuses a peer whose public key is not the one pinned for it.
	ErrWrongKey = errors.New("transport: peer's public key is not the pinned one")
	// ErrWrongCluster refuses a peer of another cluster, or with another idea of who is who.
	ErrWrongCluster = errors.New("transport: peer belongs to another cluster or place")

	errRefused  = errors.New("transport: frame refused by its receiver")
	errReplaced = errors.New("transport: replaced by a newer connection")
	errClosed   = errors.New("transport: closed")
)

// Limits and defaults.
const (
	DefaultMaxFrameBytes = 2 << 20
	DefaultQueueBytes    = 8 << 20
	// MaxReplicas bounds the size of a cluster.
	MaxReplicas = 64

	frameHeaderBytes = 4
)

// Handler takes a frame from replica from. It owns frame. Calls for one sender come one after the
// other, in order; calls for different senders may come at the same time. While it does not return, no
// more is read from that peer. It must not call Close.
type Handler func(from int, frame []byte)

// Links are one replica's links to all others. Methods are safe for concurrent use.
type Links interface {
	// Send queues a copy of frame for replica to and returns at once. A frame for which there is no
	// room is dropped, an empty one or one over MaxFrameBytes refused; both are counted. Panics when to
	// is no other replica. Does nothing after Close.
	Send(to int, frame []byte)
	// Refuse says that a frame from that replica made no sense. The connection is cut, counted as
	// garbage, and comes back as after any other fault.
	Refuse(from int)
	// Stats returns a snapshot.
	Stats() Stats
	// Close ends all links and returns when no Handler runs any more. Queued frames are lost.
	Close() error
}

// Stats are counters since the start.
type Stats struct {
	Peers []PeerStats // by replica; one's own entry is zero
	// Strangers counts connections, by cause, that ended before they could be put down to a peer.
	Strangers [Causes]uint64
}

// PeerStats are the figures of the link to one peer. Bytes are those of frames without headers.
type PeerStats struct {
	Connected      bool
	QueuedBytes    int // waiting to be sent, with headers
	SentFrames     uint64
	SentBytes      uint64
	ReceivedFrames uint64
	ReceivedBytes  uint64
	DroppedFrames  uint64 // the queue was full
	RefusedFrames  uint64 // empty or over the limit, by our own side
	LostFrames     uint64 // being sent when the connection broke
	Connects       uint64
	Ended          [Causes]uint64 // connections and attempts, by what ended them
}

// Cause says why a connection, or an attempt at one, ended.
type Cause uint8

// The causes.
const (
	CauseDial         Cause = iota // no connection to the peer's address
	CauseHandshake                 // TLS failed, or the peer left or stalled before its hello
	CauseWrongKey                  // the peer's key is not pinned, or is pinned for another replica
	CauseWrongCluster              // hello of another cluster or another replica
	CauseVersion                   // hello of another protocol version
	CauseGarbage                   // no hello, broken TLS records, or refused by the receiver
	CauseOversize                  // a frame over the limit
	CauseStalled                   // silent, or does not take or finish what is sent
	CauseLost                      // reset or ended by the peer or the network
	CauseReplaced                  // the peer came back on a new connection
	CauseClosed                    // we closed
	CauseBusy                      // too many handshakes at once
	Causes                         // how many there are
)

var causeNames = [Causes]string{
	"dial", "handshake", "wrong-key", "wrong-cluster", "version", "garbage", "oversize", "stalled", "lost",
	"replaced", "closed", "busy",
}

// String returns the name for logs and metrics.
func (c Cause) String() string {
	if c < Causes {
		return causeNames[c]
	}
	return "unknown"
}

// Event tells that a link came up, or that a connection or an attempt ended.
type Event struct {
	Peer  int // -1 when unknown
	Up    bool
	Cause Cause // when not Up
	Err   error // when not Up: what to show a person
}

package bftcore

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
)

// Limits and times of the core. Those that an operator may want to change stand in Config instead.
const (
	// MaxVerify bounds the certificates in one Verify call.
	MaxVerify = 256
	// MaxFetchOrders bounds the orders asked for, and served, by one FETCH.
	MaxFetchOrders = 64
	// MaxPendingRequests and MaxPendingBytes bound the requests that wait, for each replica that they
	// came from (the own enclave is one of them).
	MaxPendingRequests = 8192
	MaxPendingBytes    = 16 << 20
	// MaxWaitingBodies bounds how many of those may wait for large bodies.
	MaxWaitingBodies = 256
	// MaxInFlightBytes bounds the batches that the leader has proposed and not yet executed.
	MaxInFlightBytes = 32 << 20
	// MaxBufferedBytes bounds the PREPAREs that a follower keeps before their turn.
	MaxBufferedBytes = 64 << 20
	// MaxRetainedBytes bounds the executed batches that stay in memory for peers that lag a little.
	MaxRetainedBytes = 16 << 20
	// DedupWindow is how many sequence numbers below the highest executed one are remembered exactly, for
	// each origin.
	DedupWindow = 4096

	// maxRetainedOrders bounds, beside MaxRetainedBytes, the executed batches that stay in memory.
	maxRetainedOrders = 1024

	firstLatency  = Time(4 * time.Millisecond)   // of a batch, before one was seen
	fetchAfter    = Time(50 * time.Millisecond)  // T_fetch
	fetchMax      = Time(2 * time.Second)        // T_fetch doubles up to here while nothing comes
	fetchTries    = 3                            // fruitless ones before a peer's claim is forgotten
	askedFor      = Time(5 * time.Second)        // how long a relayed PREPARE counts as asked for
	forwardAgain  = Time(150 * time.Millisecond) // below the proxies' time of retransmission
	refusedAgain  = Time(250 * time.Millisecond) // after a refusal of the own enclave
	progressAfter = Time(200 * time.Millisecond)
	idleFirst     = Time(2 * time.Second)
	idleMax       = Time(10 * time.Second)
	attestAfter   = Time(2 * time.Second)        // a CHECKPOINT that has not become stable is said again
	lagAfter      = Time(500 * time.Millisecond) // a peer that misses an order for so long is helped
	loadPatience  = Time(10 * time.Second)
	resendRate    = 32 << 20 // bytes a second, for each peer
	resendBurst   = 8 << 20  // bytes
	reanswerRate  = 1000     // requests a second, for each peer
	reanswerBurst = 1024
	resendAtOnce  = 16 // orders sent again because of one PROGRESS
	maxLoadBytes  = 4 << 20

	patienceMax     = Time(30 * time.Second)       // T_req and T_vc double up to here
	againAfter      = Time(500 * time.Millisecond) // REQ-VC, VIEW-CHANGE are sent again
	judgeAfter      = Time(50 * time.Millisecond)  // between two looks at requests that wait for too long
	maxSuspects     = 64                           // requests of peers in one CheckRequests
	maxProofs       = 32                           // orders asked for at a time whose PROOFs are to come
	maxStatements   = maxProofs + resendAtOnce     // messages of one peer that wait for a verdict of the own enclave
	maxEarly        = 1024                         // messages of a view that has not begun here, for each peer
	maxEarlyBytes   = 8 << 20                      // their bytes, for each peer
	maxNeeded       = 64                           // batches of other views asked for at a time
	reproposeAtOnce = 64                           // batches of the former view that are proposed again at a time
	transferAfter   = Time(time.Second)            // an order below a stable checkpoint is asked for so long
	transferAgain   = Time(time.Second)            // a transfer that failed is asked for again; doubles
	transferMax     = Time(time.Minute)            // up to here
	farBehind       = 16                           // checkpoints; who is further below is not waited for: see needsTransfer
	keptCheckpoints = 4                            // of each replica, the newest
)

// Config says which replica of which group the core serves. Zero numbers mean the defaults.
type Config struct {
	Self     wire.ReplicaID
	Quorum   quorum.Config
	Epoch    uint32        // configuration epoch in every certificate
	Pillars  int           // parallel instances, each with a counter of its own; default 1, at most wire.MaxPillars
	Founding wire.Founding // certificates of another founding are nothing
	// Since is the first founding whose records in the log say what this replica executed, when it is not zero: before
	// that its history was another, for it was left out.
	Since wire.Founding

	MaxBatch   int  // requests in a batch; default 256, at most wire.MaxBatchRequests
	BatchBytes int  // encoded requests in a batch; default 512 KiB, at most wire.MaxBatchBytes
	BatchDelay Time // how long a batch may fill at most while others are in flight; default 20 ms
	Window     int  // orders proposed beyond the applied one; default 256, at most 4096

	// RequestTimeout (T_req) is how long a request may wait before this host wants another leader, and T_vc how
	// long a view may take to begin: both double with each view that fails. Default 1 s.
	RequestTimeout Time
	// Strict has every certificate of the own enclave wait until the log is synced up to it. Else those of the hot path
	// leave once they are written: see ownPrepare for what that costs.
	Strict bool
	// Continues says that the own enclave continues from this log after a restart, UNSAFE as that is: what it proposes as
	// the leader waits for a sync then, so that it does not propose another batch in its place. A COMMIT does not wait, but
	// is synced soon.
	Continues bool
	// Checkpoint (K) is the distance of checkpoints in orders, at most wire.MaxEntries / 4; 0 for none: then
	// orders are bounded by nothing, and no view may change beyond wire.MaxEntries.
	Checkpoint uint64
}

const (
	defaultMaxBatch   = 256
	defaultBatchBytes = 512 << 10
	defaultBatchDelay = Time(20 * time.Millisecond)
	defaultWindow     = 256
	maxWindow         = 4096
	defaultTimeout    = Time(time.Second)
)

// Restored is what a host found when it started. The zero value is an empty host.
type Restored struct {
	// Records is the host log from its beginning, in the order in which it was written. All of it
	// must be durable: the host syncs the log before New. May be nil.
	Records iter.Seq[Record]
	// Applied is the order up to which the store is, durably or not.
	Applied uint64
	// Frontier is an own COMMIT of an order up to Applied, kept apart from the log: a follower whose log was
	// lost continues from there when the log holds no certificate of its own. Nil for none; the leader has
	// no use for it. See restore.go for why that is safe.
	Frontier *wire.Certificate
	// State is the enclave's ordering state as it is now, when it is not what the log shows: after a recovery or
	// a founding. Nil for what the log shows.
	State *wire.Frontier
}

// Errors of New.
var (
	// ErrConfig is returned for a configuration out of bounds.
	ErrConfig = errors.New("bftcore: invalid configuration")
	// ErrLog is returned when a record is not what its kind says, or of another group: the log was
	// damaged or belongs to another replica, and must be replaced.
	ErrLog = errors.New("bftcore: log cannot be replayed")
	// ErrLogBehind is returned at the leader when the store is ahead of the log. The store must never
	// be made durable before the log; a host on which that happened must not propose.
	ErrLogBehind = errors.New("bftcore: the store is ahead of the log")
)

func (c Config) complete() (Config, error) {
	if c.Quorum.N() == 0 || int(c.Self) >= c.Quorum.N() {
		return c, fmt.Errorf("%w: replica %d in a group of %d", ErrConfig, c.Self, c.Quorum.N())
	}
	setDefault(&c.Pillars, 1)
	setDefault(&c.MaxBatch, defaultMaxBatch)
	setDefault(&c.BatchBytes, defaultBatchBytes)
	setDefault(&c.BatchDelay, defaultBatchDelay)
	setDefault(&c.Window, defaultWindow)
	setDefault(&c.RequestTimeout, defaultTimeout)
	switch {
	case c.Pillars < 1 || c.Pillars > wire.MaxPillars:
		return c, fmt.Errorf("%w: Pillars %d", ErrConfig, c.Pillars)
	case c.MaxBatch < 1 || c.MaxBatch > wire.MaxBatchRequests:
		return c, fmt.Errorf("%w: MaxBatch %d", ErrConfig, c.MaxBatch)
	case c.BatchBytes < 1 || c.BatchBytes > wire.MaxBatchBytes:
		return c, fmt.Errorf("%w: BatchBytes %d", ErrConfig, c.BatchBytes)
	case c.BatchDelay < 0 || c.BatchDelay > Time(time.Second):
		return c, fmt.Errorf("%w: BatchDelay %d ns", ErrConfig, c.BatchDelay)
	case c.Window < 1 || c.Window > maxWindow:
		return c, fmt.Errorf("%w: Window %d", ErrConfig, c.Window)
	case c.RequestTimeout < 0 || c.RequestTimeout > patienceMax:
		return c, fmt.Errorf("%w: RequestTimeout %d ns", ErrConfig, c.RequestTimeout)
	case c.Checkpoint > wire.MaxEntries/4:
		return c, fmt.Errorf("%w: Checkpoint %d", ErrConfig, c.Checkpoint)
	}
	return c, nil
}

func setDefault[T int | int64](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

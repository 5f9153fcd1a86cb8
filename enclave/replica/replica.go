package replica

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/cache/lag"
	"troxymail/enclave/boundary"
	"troxymail/enclave/counter"
	"troxymail/enclave/troxy"
)

// Limits of a Replica.
const (
	// maxWaiting bounds the calls that wait for the owner goroutine, and the commands that wait for room in
	// the client's window.
	maxWaiting = 16_384
	// maxPendingBytes bounds the commands that wait for their outcome or for room.
	maxPendingBytes = 128 << 20
	// maxCallsPerTurn bounds how many calls one turn of the owner takes.
	maxCallsPerTurn = 1024
)

// Errors of the calls of a Replica.
var (
	// ErrStopped is returned once Run has ended.
	ErrStopped = errors.New("replica: stopped")
	// ErrBusy is returned when too many calls wait already: try again later.
	ErrBusy = errors.New("replica: too many calls are waiting")
	// ErrSize is returned for a command or a body that no replica would take.
	ErrSize = errors.New("replica: command or body is not within its limits")
	// ErrUnavailable is returned when no quorum answered in time; the outcome of the command is unknown.
	ErrUnavailable = troxy.ErrUnavailable
	// ErrGone is returned by Record when neither this host nor a peer delivered the record in time.
	ErrGone = errors.New("replica: no host delivered the record")
)

// Options say who the replica is.
type Options struct {
	Group   quorum.Config
	Self    wire.ReplicaID
	Pillars int // parallel instances of ordering, each with a counter of its own; 0 for one
	// Founding lets the enclave continue from its host's log, UNSAFE against a host that shows an old one, when it
	// is not zero.
	Founding wire.Founding
	// Genesis is the hash of the genesis, and Admin the key that it pins: who may order a founding without some of the
	// replicas. Without the key nobody may.
	Genesis [32]byte
	Admin   ed25519.PublicKey
	// Certificate, Request and Reply are the group's keys by purpose.
	Certificate, Request, Reply, Cache [32]byte
	Link                               boundary.Link
	// Now returns monotonic nanoseconds. The host controls time: it decides only when to retransmit and
	// when to give up.
	Now func() int64
	// Exchange is the distance of the rounds in which enclaves compare how far their hosts showed them writes; 0 means
	// lag.Every. Only tests set it.
	Exchange time.Duration
	// Rand makes this run's requests new ones; nil means crypto/rand. Only a simulation sets it.
	Rand   io.Reader
	Logger *slog.Logger
}

// Replica is the trusted side of one replica. Make it with New, then call Run in a goroutine.
type Replica struct {
	o       Options
	calls   *inbox // executed by the owner goroutine
	ready   chan struct{}
	done    chan struct{}
	watches watches
	lagging chan lag.State // capacity 1: the newest verdict, unless it was taken
	// submissions are those that ended. Of one whose caller left before its outcome nobody knows when the owner is done
	// with it: it does not come back here.
	submissions sync.Pool
	statsMu     sync.Mutex
	stats       Stats // as the owner told them last; guarded by statsMu
	// storeBytes and recordBytes bound large bodies on their way out and records on their way in.
	storeBytes, recordBytes byteBudget
}

// New returns a Replica that is not running yet.
func New(o Options) *Replica {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	r := &Replica{o: o, calls: newInbox(), ready: make(chan struct{}), done: make(chan struct{}),
		lagging: make(chan lag.State, 1), submissions: sync.Pool{New: newSubmission}}
	r.watches.init()
	r.storeBytes.init(maxStoringBytes)
	r.recordBytes.init(maxRecordBytes)
	return r
}

// Ready is closed when the enclave is ACTIVE and sessions may call.
func (r *Replica) Ready() <-chan struct{} { return r.ready }

// Stats returns counters of the last second or so; safe for concurrent use.
func (r *Replica) Stats() Stats {
	r.statsMu.Lock()
	defer r.statsMu.Unlock()
	return r.stats
}

// Run owns the trusted state until ctx ends (nil) or the link closes or overflows (boundary.ErrClosed). The
// caller closes the link after it: until then a goroutine waits in Link.Recv. Call it once.
func (r *Replica) Run(ctx context.Context) error {
	defer close(r.done)
	defer r.calls.close()
	frames := make(chan [][]byte) // what the owner does not take waits in the link, which counts it
	go func() {
		defer close(frames)
		for {
			batch, err := r.o.Link.Recv()
			if err != nil {
				return
			}
			select {
			case frames <- batch:
			case <-r.done:
				return
			}
		}
	}()
	w := newOwner(r)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	armed := int64(0) // when timer fires; 0 for not before an hour, if at all
	for {
		armed = w.arm(timer, armed)
		select {
		case <-ctx.Done():
			return nil
		case batch, ok := <-frames:
			if !ok {
				return boundary.ErrClosed
			}
			for _, f := range batch {
				w.frame(f)
			}
		case <-r.calls.wake:
			runtime.Gosched() // who is about to call, having been woken by the same events, shares the frame to the host
			for _, call := range r.calls.take() {
				call(w)
			}
		case <-timer.C:
			armed = 0
		}
		w.turn()
		if err := w.flush(); err != nil {
			return err
		}
	}
}

// owner is the state of the owner goroutine. Only Run's goroutine touches it.
type owner struct {
	r        *Replica
	counter  *counter.Set
	requests *troxy.Requests
	client   *troxy.Client          // nil before ACTIVE
	replier  *troxy.Replier         // nil before ACTIVE
	waiting  map[uint64]*submission // by ticket: those that wait for their outcome
	queue    []*submission          // wait for room in the client's window, oldest first
	own      own
	records  records
	backs    readBacks
	bodies   bodies
	out      boundary.Outbox
	frames   frames
	stats    Stats

	pendingBytes int // commands in waiting and queue
	statusCalls  statusCalls
	reads        reads
	lag          lags
	recovered    uint64             // recovery order of this incarnation
	said         lag.State          // the verdict that Lagging told of last
	fence        troxy.Fence        // of this incarnation
	fencing      chan troxy.Outcome // its outcome, capacity 1; nil unless it is awaited
	peeks        peeks
}

func newOwner(r *Replica) *owner {
	return &owner{
		r: r, waiting: map[uint64]*submission{}, bodies: bodies{open: map[wire.Digest]*storing{}},
		records: records{open: map[uint64]*recordCall{}}, backs: readBacks{open: map[backKey]*readBack{}},
		requests: troxy.NewRequests(r.o.Request),
		counter: counter.New(counter.Config{Group: r.o.Group, Self: r.o.Self, Pillars: r.o.Pillars, Key: r.o.Certificate,
			Genesis: r.o.Genesis, Admin: r.o.Admin, NoCheckpoints: r.o.Founding != (wire.Founding{})}),
	}
}

// turn does what time or new room asks for.
func (w *owner) turn() {
	now := w.r.o.Now()
	if w.client != nil {
		if at := w.client.NextDeadline(); at != 0 && now >= at {
			resend, ended := w.client.Tick(now)
			for _, raw := range resend {
				w.request(raw, true)
			}
			w.settle(ended)
		}
	}
	w.validations(now)
	w.compare(now)
	w.fenceOff(now)
	w.submitQueued(now)
	w.records.expire(now)
	w.peeks.expire(now)
	w.expireBodies(now)
	w.publish()
}

// arm has timer fire by the next deadline, and returns when it does. One that fires sooner is left alone: almost every
// request is answered before anything is due for it, and setting a timer sooner costs a system call.
func (w *owner) arm(timer *time.Timer, armed int64) int64 {
	var first alarm
	for _, at := range []int64{w.records.due.at, w.bodies.due.at, w.queueDeadline(), w.clientDeadline(), w.readDeadline(), w.lagDeadline(), w.peeks.due.at} {
		if at != 0 {
			first.by(at)
		}
	}
	if first.at != 0 && (armed == 0 || first.at < armed) {
		armed = first.at
		timer.Reset(max(0, time.Duration(armed-w.r.o.Now())))
	}
	return armed
}

func (w *owner) queueDeadline() int64 {
	if len(w.queue) == 0 {
		return 0
	}
	return w.queue[0].since + int64(troxy.GiveUpAfter)
}

func (w *owner) clientDeadline() int64 {
	if w.client == nil {
		return 0
	}
	return w.client.NextDeadline()
}

// send queues the frame that encode appends, for the host, until flush.
func (w *owner) send(encode func(dst []byte) []byte) { w.out.Add(encode) }

// sendMessage queues a message for the enclave of a replica, until flush.
func (w *owner) sendMessage(k boundary.Kind, to wire.ReplicaID, message []byte) {
	w.out.Add(func(dst []byte) []byte { return boundary.AppendSend(dst, k, to, message) })
}

func (w *owner) flush() error { return w.out.SendTo(w.r.o.Link) }

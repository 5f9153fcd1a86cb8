package replica

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/enclave/boundary"
	"troxymail/enclave/counter"
	"troxymail/enclave/troxy"
)

// Limits of a Replica.
const (
	// maxWaiting bounds the calls that wait for the owner goroutine.
	maxWaiting = 16_384
	// maxSubmitsPerTurn bounds how many new requests one turn of the owner takes.
	maxSubmitsPerTurn = 1024
)

// Errors of the calls of a Replica.
var (
	// ErrStopped is returned once Run has ended.
	ErrStopped = errors.New("replica: stopped")
	// ErrBusy is returned when too many calls wait already: try again later.
	ErrBusy = errors.New("replica: too many calls are waiting")
	// ErrUnavailable is returned when no quorum answered in time; the outcome of the command is unknown.
	ErrUnavailable = troxy.ErrUnavailable
	// ErrGone is returned by Record when neither this host nor a peer delivered the record in time.
	ErrGone = errors.New("replica: no host delivered the record")
)

// Options say who the replica is.
type Options struct {
	Group    quorum.Config
	Self     wire.ReplicaID
	Founding wire.Founding
	// Certificate, Request and Reply are the group's keys by purpose.
	Certificate, Request, Reply [32]byte
	Link                        boundary.Link
	// Now returns monotonic nanoseconds. The host controls time: it decides only when to retransmit and
	// when to give up.
	Now    func() int64
	Logger *slog.Logger
}

// Replica is the trusted side of one replica. Make it with New, then call Run in a goroutine.
type Replica struct {
	o       Options
	calls   chan func(*owner) // executed by the owner goroutine
	ready   chan struct{}
	done    chan struct{}
	watches watches
	bodies  byteBudget
	stats   atomic.Pointer[Stats]
}

// New returns a Replica that is not running yet.
func New(o Options) *Replica {
	r := &Replica{o: o, calls: make(chan func(*owner), maxWaiting), ready: make(chan struct{}), done: make(chan struct{})}
	r.watches.init()
	r.bodies.init(maxStoringBytes)
	r.stats.Store(&Stats{})
	return r
}

// Ready is closed when the enclave is ACTIVE and sessions may call.
func (r *Replica) Ready() <-chan struct{} { return r.ready }

// Stats returns counters of the last second or so; safe for concurrent use.
func (r *Replica) Stats() Stats { return *r.stats.Load() }

// Run owns the trusted state until ctx ends or the link closes. It returns nil when ctx ended.
func (r *Replica) Run(ctx context.Context) error {
	defer close(r.done)
	frames := make(chan [][]byte, 1)
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
	for {
		w.arm(timer)
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
		case call := <-r.calls:
			call(w)
			w.more(r.calls)
		case <-timer.C:
		}
		w.turn()
		if err := w.flush(); err != nil {
			return err
		}
	}
}

// owner is the state of the owner goroutine. Only Run's goroutine touches it.
type owner struct {
	r       *Replica
	counter *counter.Set
	client  *troxy.Client  // nil before ACTIVE
	replier *troxy.Replier // nil before ACTIVE
	waiting map[uint64]chan troxy.Outcome
	queue   []submission // wait for room in the client's window
	records records
	backs   readBacks
	storing map[wire.Digest]*storing
	out     [][]byte
	stats   Stats
}

func newOwner(r *Replica) *owner {
	return &owner{
		r: r, waiting: map[uint64]chan troxy.Outcome{}, storing: map[wire.Digest]*storing{},
		records: records{open: map[uint64]*recordCall{}}, backs: readBacks{open: map[backKey]*readBack{}},
		counter: counter.New(counter.Config{Group: r.o.Group, Self: r.o.Self, Key: r.o.Certificate}),
	}
}

// more takes further calls that wait already, so that one turn serves many.
func (w *owner) more(calls <-chan func(*owner)) {
	for range maxSubmitsPerTurn {
		select {
		case call := <-calls:
			call(w)
		default:
			return
		}
	}
}

// turn does what time or new room asks for.
func (w *owner) turn() {
	now := w.r.o.Now()
	if w.client != nil {
		if at := w.client.NextDeadline(); at != 0 && now >= at {
			resend, ended := w.client.Tick(now)
			for _, raw := range resend {
				q := boundary.Request{Retransmit: true, Raw: raw}
				w.send(q.Append(nil))
			}
			w.settle(ended)
		}
		w.submitQueued(now)
	}
	w.records.expire(now)
	w.publish()
}

// arm sets timer to the next deadline.
func (w *owner) arm(timer *time.Timer) {
	at := w.records.deadline()
	if w.client != nil {
		if d := w.client.NextDeadline(); d != 0 && (at == 0 || d < at) {
			at = d
		}
	}
	wait := time.Hour
	if at != 0 {
		wait = max(0, time.Duration(at-w.r.o.Now()))
	}
	timer.Reset(wait)
}

// send queues a frame for the host until flush.
func (w *owner) send(frame []byte) { w.out = append(w.out, frame) }

func (w *owner) flush() error {
	if len(w.out) == 0 {
		return nil
	}
	err := w.r.o.Link.Send(w.out...)
	clear(w.out)
	w.out = w.out[:0]
	return err
}

// settle hands outcomes to whoever waits for them.
func (w *owner) settle(outcomes []troxy.Outcome) {
	for _, o := range outcomes {
		if c, ok := w.waiting[o.Ticket]; ok {
			delete(w.waiting, o.Ticket)
			c <- o // capacity 1, one outcome a ticket
		}
	}
}

// call runs f in the owner goroutine.
func (r *Replica) call(ctx context.Context, f func(*owner)) error {
	select {
	case r.calls <- f:
		return nil
	case <-r.done:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	default:
		return ErrBusy
	}
}

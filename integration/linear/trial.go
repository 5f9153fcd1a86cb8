package linear

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/emersion/go-imap/v2"

	"troxymail/integration/transcript"
)

const (
	// steps is what each client asks in one history, longest while a fault goes on.
	steps, longest = 14, 40
	// pace is the longest pause of a client that has asked enough and goes on because the fault does.
	pace = 100 * time.Millisecond
	// maxUnknown is how many outcomes of writes all clients together may miss before they only read: a history with many
	// cannot be decided.
	maxUnknown = 4
)

// codeExpungeIssued: some of the messages were gone (RFC 5530).
const codeExpungeIssued imap.ResponseCode = "EXPUNGEISSUED"

// trial is one history being made.
type trial struct {
	place
	seed    uint64
	homes   []int // a client each
	apart   int   // a replica whose clients are called off when all others are ready, and do not go elsewhere; -1: none
	goingOn func() bool

	names [2]string
	ready chan struct{} // closed when all others are connected
	over  chan struct{} // closed when those are called off
	last  atomic.Int64  // about the highest UID

	mu         sync.Mutex
	operations []porcupine.Operation
	sessions   []transcript.Session
	refusals   []string
	unknown    int // writes
	lost       int // connections
}

// run has all clients work on two new mailboxes at once.
func (x *trial) run() error {
	x.over = make(chan struct{})
	var connecting sync.WaitGroup
	if err := x.begin(); err != nil {
		close(x.ready)
		return err
	}
	var group, apart sync.WaitGroup
	errs := make(chan error, len(x.homes))
	for id, home := range x.homes {
		g := &group
		connected := func() {}
		if home == x.apart {
			g = &apart
		} else {
			connecting.Add(1)
			connected = sync.OnceFunc(connecting.Done)
		}
		g.Go(func() {
			defer connected()
			if err := x.work(id, home, connected); err != nil {
				errs <- fmt.Errorf("client %d: %w", id, err)
			}
		})
	}
	connecting.Wait()
	close(x.ready)
	group.Wait()
	close(x.over)
	apart.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// begin makes the mailboxes.
func (x *trial) begin() error {
	for b := range x.names {
		x.names[b] = fmt.Sprintf("h%d-%d", x.seed, b)
	}
	maker := (x.apart + 1) % x.replicas
	for b := 0; b < len(x.names); {
		c, err := x.connect("maker", maker, x.apart < 0, nil)
		if err != nil {
			return err
		}
		for ; b < len(x.names); b++ {
			if err = c.Create(x.names[b], nil).Wait(); err != nil {
				break
			}
		}
		if e := refused(err); e != nil && e.Code == imap.ResponseCodeAlreadyExists {
			b++ // the answer of the attempt before was lost
		} else if e != nil && e.Code != imap.ResponseCodeUnavailable {
			return fmt.Errorf("create %q: %w", x.names[b], err)
		}
		x.end(c)
	}
	return nil
}

// end closes a connection and keeps what passed.
func (x *trial) end(c *client) {
	_ = c.Close()
	s := c.recorder.session(c.name)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sessions = append(x.sessions, s)
}

// work is one client's life, over as many connections as it takes.
func (x *trial) work(id, home int, connected func()) error {
	rng := rand.New(rand.NewPCG(x.seed, uint64(id)))
	var c *client
	defer func() {
		if c != nil {
			x.end(c)
		}
	}()
	for i := 0; i < steps || x.goingOn() && i < longest; i++ {
		if i >= steps { // for the fault to end among commands
			<-time.After(time.Duration(rng.Int64N(int64(pace))))
		}
		if x.called(home) {
			return nil
		}
		q := random(rng, 0, int(x.last.Load()), fmt.Sprintf("Subject: %d-%d\r\n\r\nmail %d of client %d\r\n", id, i, i, id))
		if c == nil {
			var err error
			if c, err = x.connect(fmt.Sprint("client ", id), home, home != x.apart, x.hangup(home)); c == nil {
				return err
			}
			connected()
			c.names = x.names
			q = request{verb: doSelect, box: rng.IntN(2)}
		} else if q.verb != doAppend && q.verb != doStatus && q.verb != doSelect {
			q.box = c.selected
		}
		if q.verb.writes() && x.tooManyUnknown() {
			q.verb, q.box = doNoop, c.selected
		}
		if !x.ask(c, id, q) {
			x.end(c)
			c = nil
		}
	}
	return nil
}

func (x *trial) tooManyUnknown() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.unknown >= maxUnknown
}

// called reports whether a client of that replica is to end.
func (x *trial) called(home int) bool {
	select {
	case <-x.hangup(home):
		return true
	default:
		return false
	}
}

// hangup is closed when a client of that replica is to end.
func (x *trial) hangup(home int) <-chan struct{} {
	if home == x.apart {
		return x.over
	}
	return nil
}

// ask asks, and notes what was heard. It reports whether the session goes on.
func (x *trial) ask(c *client, id int, q request) (alive bool) {
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-x.hangup(x.homes[id]):
			_ = c.recorder.Close()
		case <-ended:
		}
	}()
	call := clock()
	a, err := c.do(q)
	o := porcupine.Operation{ClientId: id, Input: q, Call: call, Output: a, Return: clock()}
	e := refused(err)
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case err == nil && q.verb.judged():
		x.operations = append(x.operations, o)
		if q.verb == doAppend {
			x.last.Store(max(x.last.Load(), int64(a.uid)))
		}
	case err == nil:
	case e != nil && e.Code != imap.ResponseCodeUnavailable && e.Code != codeExpungeIssued:
		x.refusals = append(x.refusals, fmt.Sprintf("%s: %v: %v", c.name, q, err))
		return true
	case q.verb.writes():
		o.Output, o.Return = answer{unknown: true}, math.MaxInt64
		x.operations = append(x.operations, o)
		x.unknown++
	}
	if err != nil && e == nil {
		x.lost++
	}
	switch {
	case e == nil:
		return err == nil
	case e.Code == codeExpungeIssued: // a FETCH of a message that went may have made it seen before
		return true
	}
	// After a SELECT that was refused nothing is selected, and after a write of which nobody knows the next one ends the
	// session: who goes on connects anew.
	return q.verb != doSelect && !q.verb.writes()
}

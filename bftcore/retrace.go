package bftcore

import (
	"time"

	"troxymail/bftcore/wire"
)

// What an earlier founding committed proves nothing to a peer: a copy of one of its enclaves may still run, and one that was
// set back may have voted twice (rr). And states of checkpoints end with the processes that kept them. So after a start of
// all, a replica below the stable checkpoint that the founding began with could only wait until f+1 others attest a newer
// one; when too few of them have the state, nothing would be ordered for ever.
//
// But f+1 attested the root of the stable checkpoint, and a root tells whether a state is the right one. So the host
// retraces the way there on a copy of its store, by the batches that one peer has in its log of whatever founding, and
// the copy takes the store's place only if it ends at that root. Requests that no enclave made are not executed on the
// copy either: what commands may do to a state machine is bounded for those of enclaves alone. A peer that lies costs time,
// and another is asked. Nothing of it reaches log, votes or answers before.

const (
	// maxRetraceBytes bounds the PROOFs that wait for their turn, beside the one that is next, and those that wait for
	// the host to go on, beside one; what is beyond is asked for again.
	maxRetraceBytes = 16 << 20
	// retraceAfter is when what did not come is asked for again, retraceSilent how often in a row until another peer is asked.
	retraceAfter  = Time(500 * time.Millisecond)
	retraceSilent = 6
	// retraceRange is how long a peer has for MaxFetchOrders orders, whatever it gives meanwhile; it doubles with each peer
	// that was left, for all may be slow.
	retraceRange = Time(10 * time.Second)
	// retraceBeside is when a way is begun beside a transfer that goes on: one peer can make that take as long as it likes.
	retraceBeside = Time(2 * time.Minute)
	// retraceMax is up to where the pauses between two peers double.
	retraceMax = Time(30 * time.Second)
)

// Retrace is a piece of the way to a stable checkpoint. The host applies the batches to a copy of its store, in order,
// and says Retraced. When the copy is at Stable.Order with Stable.Root it takes the store's place as with a Transfer
// (Installed). An empty one, with Stable zero, ends what is under way.
type Retrace struct {
	Attempt uint64 // rises; another one begins with a new copy, of the store after the order before Batches[0]
	Stable  wire.Stable
	From    wire.ReplicaID // whose word it is
	Batches []Batch        // orders without a gap, not beyond Stable.Order
}

// retracing is the way to the stable checkpoint that is being gone; idle when stable is zero.
type retracing struct {
	attempt uint64
	stable  wire.Stable
	from    wire.ReplicaID
	next    uint64            // the order wanted next
	to      uint64            // end of the range that was asked for
	done    uint64            // the host has retraced up to here
	early   map[uint64]*heard // orders from next to to
	bytes   int               // of early
	ahead   []int             // bytes of each order that was handed out and is not retraced, from done+1 on
	waiting int               // bytes of ahead
	at      Time              // when something is due; 0 while the host has to do
	until   Time              // when all that was asked for has to be there
	silent  int               // times in a row that nothing came
	failed  int               // peers in a row whose way led nowhere
	turn    int               // replica to be asked first next time
}

// heard is a batch on one peer's word.
type heard struct {
	proof   wire.Proof
	genuine bool // enclaves made its requests
}

// beginRetrace goes the way on foot when the state is not to be had.
func (c *Core) beginRetrace() {
	t := &c.retracing
	if t.stable.Order == 0 && c.executed < c.stable.Order {
		t.stable, t.failed = c.stable, 0
		c.retraceBy()
	}
}

// retrace sees to what is due.
func (c *Core) retrace() {
	t := &c.retracing
	switch {
	case t.stable.Order == 0:
		if c.transferring() && c.now >= c.checkpoints.transferSince+retraceBeside {
			c.beginRetrace()
		}
	case c.executed >= t.stable.Order: // the state came, or proofs did
		*t = retracing{attempt: t.attempt + 1, turn: t.turn}
		c.out.Retrace = &Retrace{Attempt: t.attempt}
	case t.at != 0 && c.now >= t.at:
		if t.silent++; t.next == 0 || t.silent > retraceSilent || c.now >= t.until {
			c.retraceBy()
		} else {
			c.askRetrace()
		}
	case t.at == 0:
		c.goOn()
		if t.at == 0 && t.next <= t.stable.Order && t.next <= t.done+MaxFetchOrders/2 && t.waiting < maxRetraceBytes/2 {
			c.askFurther()
		}
	}
}

// retraceDeadline is when retrace has something to do; 0 for never.
func (c *Core) retraceDeadline() Time {
	if c.retracing.stable.Order == 0 && c.transferring() {
		return c.checkpoints.transferSince + retraceBeside
	}
	return c.retracing.at
}

// retraceBy begins from the start, by the log of the next peer that says to have been there.
func (c *Core) retraceBy() {
	t := &c.retracing
	*t = retracing{attempt: t.attempt + 1, stable: c.stable, failed: t.failed + 1, turn: t.turn, early: map[uint64]*heard{}}
	t.at = c.now + c.retracePause() // when nobody was there
	for i := range c.n {
		r := (t.turn + i) % c.n
		if r == int(c.cfg.Self) || c.peers[r].status.Executed < t.stable.Order {
			continue
		}
		t.turn, t.from, t.next, t.done = r+1, wire.ReplicaID(r), c.executed+1, c.executed
		c.askFurther()
		return
	}
}

// askFurther asks for a piece that was not asked for before.
func (c *Core) askFurther() {
	t := &c.retracing
	t.silent, t.until = 0, c.now+retraceRange<<min(t.failed-1, 8)
	c.askRetrace()
}

// retracePause is how long it takes until the next peer is asked.
func (c *Core) retracePause() Time { return min(retraceMax, retraceAfter<<min(c.retracing.failed, 8)) }

// askRetrace asks for the next piece of the way, of which some may be on its way already.
func (c *Core) askRetrace() {
	t := &c.retracing
	t.to = min(t.done+MaxFetchOrders, t.stable.Order)
	t.at = c.now + retraceAfter
	c.send(t.from, wire.Fetch{From: t.next, To: t.to}.Append(nil), false)
}

// heard takes a PROOF of whatever founding as the word of the peer whose way is gone; false when it is not wanted for that.
func (c *Core) heard(from wire.ReplicaID, p *wire.Proof) bool {
	t := &c.retracing
	x := &p.Prepare.Certificate
	order := x.New.Order
	if t.next == 0 || from != t.from || order < t.next || order > t.to || !c.cfg.kin(x) {
		return false
	}
	if _, twice := t.early[order]; twice {
		return true
	}
	size := len(p.Prepare.Raw)
	if order > t.next && t.bytes+size > maxRetraceBytes {
		c.counters.BufferFull++
		return true
	}
	batch := &heard{proof: *p, genuine: len(p.Prepare.Requests) == 0}
	t.early[order] = batch
	t.bytes += size
	if batch.genuine {
		c.goOn()
	} else {
		c.examine(order, batch)
	}
	return true
}

// examine has the own enclave check the requests of a batch.
func (c *Core) examine(order uint64, x *heard) {
	c.checkRequests(x.proof.Prepare.Requests, func(e *Checked) {
		t := &c.retracing
		switch {
		case t.early[order] != x: // of a way that is over
		case e.Refused:
			t.bytes -= len(x.proof.Prepare.Raw)
			delete(t.early, order) // it is asked for again
		case len(e.Invalid) > 0:
			c.leadsNowhere()
		default:
			x.genuine = true
			c.goOn()
		}
	})
}

// goOn hands out what is next, as far as the host may be behind.
func (c *Core) goOn() {
	t := &c.retracing
	mayWait := func() bool { return t.waiting < maxRetraceBytes } // how many orders, the question bounds
	for x := t.early[t.next]; x != nil && x.genuine && mayWait(); x = t.early[t.next] {
		p := &x.proof.Prepare
		size := len(p.Raw)
		delete(t.early, t.next)
		t.bytes -= size
		t.ahead, t.waiting = append(t.ahead, size), t.waiting+size
		c.handRetrace(Batch{View: p.Certificate.New.View, Order: t.next, Digest: p.Certificate.Digest, Requests: p.Requests})
		t.next++
		t.silent, t.at = 0, c.now+retraceAfter
	}
	if t.next > t.to || !mayWait() {
		t.at = 0 // until the host has gone some of it
	}
}

// leadsNowhere leaves the peer whose way is being gone, after a while.
func (c *Core) leadsNowhere() {
	t := &c.retracing
	t.next, t.at = 0, c.now+c.retracePause()
}

func (c *Core) handRetrace(b Batch) {
	t := &c.retracing
	if r := c.out.Retrace; r == nil || r.Attempt != t.attempt {
		c.out.Retrace = &Retrace{Attempt: t.attempt, Stable: t.stable, From: t.from}
	}
	c.counters.Retraced++
	c.out.Retrace.Batches = append(c.out.Retrace.Batches, b)
}

// onRetraced hears from the host.
func (c *Core) onRetraced(e Retraced) {
	t := &c.retracing
	if t.stable.Order == 0 || t.next == 0 || e.Attempt != t.attempt {
		return
	}
	if e.Failed {
		c.leadsNowhere()
		return
	}
	for ; t.done < e.Order && len(t.ahead) > 0; t.done++ {
		t.waiting -= t.ahead[0]
		t.ahead = t.ahead[1:]
	}
}

package bftcore

import "troxymail/bftcore/wire"

// holdings are batches of views before, by digest: those that a view may begin with. A batch is held when the
// own enclave found the MACs of its requests genuine (the digest says nothing of them), and the certificate with it when
// that is of this founding (it goes to the log, where it would pass for what an enclave said), and its large bodies are
// on the own disk.
type holdings struct {
	held   map[wire.Digest]*held
	needed map[wire.Digest]*needed
	spoilt map[wire.Digest]uint32 // who sent a version that is not genuine, as bits
	turns  int                    // so that another replica is asked first each time
	bytes  int
}

// maxSpoilt bounds the batches of which it is known who spoiled them.
const maxSpoilt = 4 * maxNeeded

// held is the content of a batch.
type held struct {
	order    uint64
	batch    *wire.Prepare
	from     wire.ReplicaID
	genuine  bool
	checking bool
	missing  int // large bodies
}

// noopDigest is that of an empty batch, which nobody has to be asked for.
var noopDigest = wire.BatchDigest(nil)

// hold keeps the content of a batch.
func (c *Core) hold(order uint64, batch *wire.Prepare, from wire.ReplicaID, genuine bool) {
	h := &c.holdings
	d := wire.BatchDigest(batch.Digests)
	delete(h.needed, d)
	if old := h.held[d]; old != nil {
		old.genuine = old.genuine || genuine
		old.order = max(old.order, order)
		return
	}
	x := &held{order: order, batch: batch, from: from, genuine: genuine}
	h.held[d] = x
	h.bytes += len(batch.Raw)
	for i := range batch.Requests {
		for _, body := range batch.Requests[i].Bodies {
			x.missing++
			c.needBody(body, bodyWaiter{held: x})
		}
	}
}

// unhold lets go of a batch up to an order: one digest may stand at several.
func (c *Core) unhold(d wire.Digest, order uint64) {
	h := &c.holdings
	if x := h.held[d]; x != nil && x.order <= order {
		h.bytes -= len(x.batch.Raw)
		x.batch = &wire.Prepare{} // whoever waits for its bodies keeps little
		delete(h.held, d)
	}
}

// release lets go of what stands below a checkpoint: no view selects it. A batch that a view passed over is never
// executed, so nothing else would.
func (h *holdings) release(order uint64) {
	for d, x := range h.held {
		if x.order <= order {
			h.bytes -= len(x.batch.Raw)
			x.batch = &wire.Prepare{}
			delete(h.held, d)
		}
	}
}

// keepContents keeps the batches of the view that ends: those that are executed are in the log.
func (c *Core) keepContents() {
	for _, o := range sortedOrders(c.slots) {
		s := c.slots[o]
		if s.proposal != nil && s.proposal.Raw != nil && o > c.executed && (s.known || s.stage == stageOwn) {
			c.hold(o, s.proposal, s.from, s.stage == stageOwn)
		}
		c.dropSlot(s)
	}
	c.oldest = c.executed
	c.toVerify = c.toVerify[:0]
	clear(c.calls)
}

// lacking returns those of the entries whose batches this host does not hold, and cannot take from its own log.
func (c *Core) lacking(entries []wire.Entry) []wire.Entry {
	var out []wire.Entry
	for _, e := range entries {
		if e.Order <= c.executed || e.Batch == noopDigest {
			continue
		}
		x := c.holdings.held[e.Batch]
		if x != nil {
			x.order = max(x.order, e.Order) // it stands there too, and is not let go of before
		}
		if x == nil || !c.proven(x) {
			if out = append(out, e); len(out) == maxNeeded {
				break
			}
		}
	}
	return out
}

// logContents writes the batches that the own enclave remembers from here on as selected: whoever restarts must be
// able to show them, or no later view could begin with them. Not as RecordPrepare: nobody looked at the certificates.
func (c *Core) logContents(entries []wire.Entry) {
	for _, e := range entries {
		if x := c.holdings.held[e.Batch]; x != nil && e.Order > c.executed {
			c.record(RecordBatch, e.Order, x.batch.Raw)
		}
	}
}

// proven reports whether a batch is held for good; else it has the own enclave look.
func (c *Core) proven(x *held) bool {
	switch {
	case x.genuine:
		return x.missing == 0
	case x.checking:
	case c.fits(&x.batch.Certificate):
		x.checking = c.authenticate(x.from, []wire.Certificate{x.batch.Certificate}, func(genuine bool) {
			if genuine {
				c.checkBatch(x)
			} else {
				c.spoil(x)
			}
		})
	default:
		x.checking = true
		c.checkBatch(x)
	}
	return false
}

// checkBatch has the own enclave look at the requests of a batch.
func (c *Core) checkBatch(x *held) {
	c.checkRequests(x.batch.Requests, func(e *Checked) {
		switch {
		case e.Refused:
			x.checking = false
		case len(e.Invalid) > 0:
			c.invalidRequest(x.from)
			c.spoil(x)
		default:
			x.checking, x.genuine = false, true
		}
	})
}

// spoil lets go of a version that is not genuine and takes none from its sender any more: one that floods must not be
// the first again and again.
func (c *Core) spoil(x *held) {
	x.checking = false
	h, d := &c.holdings, wire.BatchDigest(x.batch.Digests)
	if len(h.spoilt) >= maxSpoilt {
		clear(h.spoilt)
	}
	h.spoilt[d] |= 1 << x.from
	if h.held[d] == x {
		c.unhold(d, x.order)
	}
}

// content returns a batch to be proposed again: from memory, or from the log, or from peers, and nil until then.
func (c *Core) content(order uint64, d wire.Digest) *wire.Prepare {
	if d == noopDigest {
		return &wire.Prepare{}
	}
	if x := c.holdings.held[d]; x != nil {
		if c.proven(x) {
			return x.batch
		}
		return nil
	}
	c.need([]wire.Entry{{Order: order, Batch: d}})
	return nil
}

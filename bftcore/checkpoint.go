package bftcore

import (
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// checkpoints are what replicas attest of their states.
type checkpoints struct {
	rooted   wire.Stable         // the newest that the own store reported
	asked    wire.Stable         // the newest that the own enclave was asked to attest
	said     [][]wire.Checkpoint // by replica: genuine, rising, the newest keptCheckpoints
	proof    []byte              // f+1 CHECKPOINTs of the stable one, for the log and for those who lag; nil for none
	moving   uint64              // the order that the enclave is asked to move to; 0 for none
	retryAt  Time
	saidAt   Time        // when the own enclave last attested asked
	transfer wire.Stable // asked of the host; zero for none

	transferAt    Time   // not before, because the last one failed
	transferSince Time   // transfer was asked of the host
	failed        int    // transfers in a row
	fill          uint64 // a leader goes on up to here with empty batches
}

// onRooted takes the store's word that a checkpoint is durable here.
func (c *Core) onRooted(e Rooted) {
	k := &c.checkpoints
	if e.Order > k.rooted.Order && c.cfg.Checkpoint > 0 && e.Order%c.cfg.Checkpoint == 0 && e.Order <= c.executed {
		k.rooted = wire.Stable{Order: e.Order, Root: e.Root}
	}
}

// attest has the own enclave say what the state is at the newest checkpoint of the own store.
func (c *Core) attest() {
	k := &c.checkpoints
	if k.rooted.Order <= max(c.stable.Order, k.asked.Order) || c.now < k.retryAt {
		return
	}
	s := k.rooted
	asked := c.ask(Ask{Op: AskCheckpoint, Number: s.Order, Digest: s.Root}, func(t *Told) {
		m, err := wire.DecodeCheckpoint(t.Message)
		if t.Refused || err != nil {
			k.retryAt, k.asked = c.now+refusedAgain, wire.Stable{}
			return
		}
		c.said(&m)
		c.multicast(m.Raw, false)
	})
	if asked {
		k.asked, k.saidAt = s, c.now
	}
}

// attestAgain has it said once more while a peer shows that it has not moved: the message may be lost, or an
// enclave has returned since as another incarnation, which what was said before does not know of. A group whose
// window is full would wait for ever.
func (c *Core) attestAgain() {
	if k := &c.checkpoints; k.asked.Order > c.stable.Order && c.now >= k.saidAt+attestAfter {
		k.asked = wire.Stable{}
	}
}

// onCheckpoint takes what a peer's enclave attests.
func (c *Core) onCheckpoint(from wire.ReplicaID, raw []byte) {
	m, err := wire.DecodeCheckpoint(raw)
	if err != nil {
		c.malformed(from, err)
		return
	}
	x := &m.Certificate
	switch {
	case !c.fits(x) || x.Replica == c.cfg.Self:
		c.foreign(from, x)
	case x.New.Order <= c.stable.Order:
		c.counters.OldOrder++
	case c.hasSaid(&m):
		c.counters.Duplicate++
	default:
		c.authenticate(from, []wire.Certificate{*x}, func(genuine bool) {
			if genuine && x.New.Order > c.stable.Order {
				c.said(&m)
			}
		})
	}
}

func (c *Core) hasSaid(m *wire.Checkpoint) bool {
	for _, x := range c.checkpoints.said[m.Certificate.Replica] {
		if x.Stable() == m.Stable() {
			return !knowsMore(&m.Certificate, &x.Certificate)
		}
	}
	return false
}

// knowsMore reports whether a knows of an incarnation that b does not know of.
func knowsMore(a, b *wire.Certificate) bool {
	for i := range a.Vector {
		if a.Vector[i] > b.Vector[i] {
			return true
		}
	}
	return false
}

// said enters a genuine CHECKPOINT. A replica can only fill its own place.
func (c *Core) said(m *wire.Checkpoint) {
	if c.hasSaid(m) {
		return
	}
	list := &c.checkpoints.said[m.Certificate.Replica]
	*list = slices.DeleteFunc(*list, func(x wire.Checkpoint) bool { return x.Stable() == m.Stable() })
	at := len(*list)
	for at > 0 && (*list)[at-1].Certificate.New.Order >= m.Certificate.New.Order {
		at--
	}
	*list = append(*list, wire.Checkpoint{})
	copy((*list)[at+1:], (*list)[at:])
	(*list)[at] = *m
	if n := len(*list); n > keptCheckpoints {
		*list = append((*list)[:0], (*list)[n-keptCheckpoints:]...)
	}
}

// stabilise moves the stable checkpoint to the highest one that f+1 replicas attest: one of them is correct, and
// has the state.
func (c *Core) stabilise() {
	k := &c.checkpoints
	if c.now < k.retryAt || c.open[AskStable] || c.open[AskEnter] || c.open[AskNewView] {
		return
	}
	best, proof := wire.Stable{}, [][]byte(nil)
	for r := range k.said {
		for i := range k.said[r] {
			s := k.said[r][i].Stable()
			if s.Order <= max(c.stable.Order, best.Order) {
				continue
			}
			if list := c.attesting(s); len(list) >= c.cfg.Quorum.Size() {
				best, proof = s, list
			}
		}
	}
	if best.Order == 0 {
		return
	}
	k.moving = best.Order
	c.ask(Ask{Op: AskStable, Messages: proof}, func(t *Told) {
		k.moving = 0
		if t.Refused {
			k.retryAt = c.now + refusedAgain
			return
		}
		k.proof = appendProofOf(nil, proof)
		c.raise(best)
		c.jump()
		c.logFrontier(t.Frontier)
		c.counters.Checkpoints++
	})
}

// attesting returns the CHECKPOINTs of one order and root.
func (c *Core) attesting(s wire.Stable) [][]byte {
	var list [][]byte
	for r := range c.checkpoints.said {
		for i := range c.checkpoints.said[r] {
			if m := &c.checkpoints.said[r][i]; m.Stable() == s {
				list = append(list, m.Raw)
				break
			}
		}
	}
	return list
}

// raise notes a stable checkpoint above the present one, and tells the host.
func (c *Core) raise(s wire.Stable) {
	if s.Order <= c.stable.Order {
		return
	}
	c.stable = s
	c.out.Stable = &s
	c.holdings.release(s.Order)
	k := &c.checkpoints
	for r := range k.said {
		n := 0
		for n < len(k.said[r]) && k.said[r][n].Certificate.New.Order < s.Order {
			n++
		}
		k.said[r] = append(k.said[r][:0], k.said[r][n:]...)
	}
}

// appendProofOf encodes CHECKPOINTs as the body of a RecordCheckpoint.
func appendProofOf(dst []byte, list [][]byte) []byte {
	dst = canon.AppendCount(dst, len(list))
	for _, raw := range list {
		dst = canon.AppendBytes(dst, raw)
	}
	return dst
}

// checkpointsOf decodes the body of a RecordCheckpoint.
func checkpointsOf(b []byte) ([][]byte, error) {
	r := canon.NewReader(b)
	list := make([][]byte, r.Count(wire.MaxReplicas, 4))
	for i := range list {
		list[i] = r.Bytes(wire.MaxMessageBytes)
	}
	return list, r.Done()
}

// showCheckpoint sends a peer that is behind the stable checkpoint what makes it stable.
func (c *Core) showCheckpoint(to wire.ReplicaID) {
	list, err := checkpointsOf(c.checkpoints.proof)
	if err != nil || len(c.checkpoints.proof) == 0 {
		return
	}
	for _, raw := range list {
		c.send(to, raw, false)
	}
}

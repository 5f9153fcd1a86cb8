package bftcore

import "troxymail/bftcore/wire"

// jump passes over orders that are behind the stable checkpoint: the own enclave votes for none of them any more.
// No call for them is open: they were answered before the enclave moved, and none was made since (see moving).
func (c *Core) jump() {
	if !c.inView || c.nextOwn.first() > c.stable.Order {
		return
	}
	for o := c.nextOwn.first(); o <= c.stable.Order; o++ {
		if s := c.slots[o]; s != nil && o >= c.nextOwn.of(o) {
			c.dropSlot(s)
		}
	}
	c.nextOwn.lift(c.stable.Order)
	c.nextCall.lift(c.stable.Order)
}

// movingTo reports whether the own enclave may be about to pass over an order.
func (c *Core) movingTo(order uint64) bool { return order <= c.checkpoints.moving }

// needsTransfer asks the host for the state of the stable checkpoint when this host has been missing an order
// below it for long, because no peer's log reaches back to it, or when it is far below: under load, replaying peers'
// logs is hardly faster than the group goes on. Whatever is first, the replay or the state, is what counts.
func (c *Core) needsTransfer() {
	k, f := &c.checkpoints, &c.fetching
	if k.transfer.Order >= c.stable.Order || c.executed >= c.stable.Order || c.now < k.transferAt {
		return
	}
	far := c.stable.Order-c.executed > farBehind*c.cfg.Checkpoint
	if missing := f.lack == c.executed+1 && c.now >= f.since+transferAfter; !missing && !far {
		return
	}
	if !c.transferring() {
		k.transferSince = c.now
	}
	k.transfer = c.stable
	var from []wire.ReplicaID
	for r := range c.peers {
		if wire.ReplicaID(r) != c.cfg.Self && c.peers[r].claim >= c.stable.Order {
			from = append(from, wire.ReplicaID(r))
		}
	}
	c.counters.Transfers++
	c.out.Transfer = &Transfer{Stable: c.stable, From: from}
}

// transferring reports whether the host was asked for a state, and neither has it nor gave it up.
func (c *Core) transferring() bool { return c.checkpoints.transfer.Order > c.executed }

// onNotInstalled lets the transfer be asked for again, after a while.
func (c *Core) onNotInstalled() {
	k := &c.checkpoints
	k.transfer, k.transferAt = wire.Stable{}, c.now+min(transferMax, transferAgain<<min(k.failed, 8))
	k.failed++
	c.beginRetrace()
}

// fillAfterFounding has whoever leads go on to the next checkpoint after a founding. What was committed before is
// proposed once more in the new generation, and who has executed it does not collect votes for it: so no log holds
// what proves it in this generation to somebody who missed it, when it takes more than two certificates. And states
// for peers ended with the processes that kept them.
func (c *Core) fillAfterFounding(m *wire.Frontier) {
	d := &m.Disclosure
	if k := c.cfg.Checkpoint; k > 0 && m.Certificate.Incarnation == 1 && d.End() > d.Stable.Order {
		c.checkpoints.fill = (d.End()/k + 1) * k
	}
}

// onWantCheckpoint has a leader go on to the next checkpoint.
func (c *Core) onWantCheckpoint() {
	if k := c.cfg.Checkpoint; k > 0 && c.leads() {
		c.checkpoints.fill = (c.nextCall.last()/k + 1) * k
	}
}

// onInstalled goes on behind a checkpoint that the store has taken over.
func (c *Core) onInstalled(e Installed) {
	order := e.Stable.Order
	c.checkpoints.failed = 0
	if order <= c.executed {
		c.onExecuted(order) // the gap has closed by itself meanwhile
		return
	}
	for _, o := range sortedOrders(c.slots) {
		if o <= order {
			c.dropSlot(c.slots[o])
		}
	}
	c.executed, c.oldest = order, order
	c.applied = max(c.applied, order)
	c.proofs = c.proofs[:0]
	c.durable = max(c.durable, order)
	c.fetching = fetching{next: c.fetching.next}
	c.forgetLessons()
}

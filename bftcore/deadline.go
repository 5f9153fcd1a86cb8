package bftcore

// viewDeadline is when something is due about a view change; 0 for never.
func (c *Core) viewDeadline() Time {
	g, at := &c.changing, Time(0)
	earlier := func(t Time) {
		if t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	switch {
	case g.wanted > c.view || c.open[AskReqVC]:
	case c.inView:
		if at := c.suspectAt(); at != 0 {
			earlier(max(at, g.retryAt))
		}
	default:
		earlier(max(g.since+c.patience(), g.retryAt))
	}
	if c.sayingAgain() {
		earlier(max(g.againAt, 1))
	}
	if g.retryAt > c.now {
		earlier(g.retryAt)
	}
	if k := &c.checkpoints; k.retryAt > c.now {
		earlier(k.retryAt)
	}
	earlier(c.neededAt())
	return at
}

// NextDeadline is when the core wants a Tick even if nothing happens; 0 for never. Ask after Ready.
func (c *Core) NextDeadline() Time {
	at := c.progressDeadline()
	if c.fetching.need != 0 {
		at = min(at, c.fetching.at)
	}
	if c.leads() {
		if c.pending.queued > 0 && c.hasRoom() && c.nextCall.first() > c.selectedEnd() && !c.movingTo(c.nextCall.first()) {
			at = min(at, max(c.batchDeadline(), c.proposeAfter))
		}
		if c.proposeAfter > c.now {
			at = min(at, c.proposeAfter)
		}
	}
	if due := c.checkpoints.transferAt; due > c.now {
		at = min(at, due)
	}
	if due := c.retraceDeadline(); due != 0 {
		at = min(at, due)
	}
	if due := c.viewDeadline(); due != 0 {
		at = min(at, due)
	}
	return at
}

package bftcore

// patience is how long a request may wait, and a view may take to begin.
func (c *Core) patience() Time {
	p := c.cfg.RequestTimeout
	for range c.changing.failed {
		if p *= 2; p >= patienceMax {
			return patienceMax
		}
	}
	return p
}

// How many batches show that the shortest patience would do: of any kind, or prompt ones behind each other.
const (
	easeBatches = 32
	easePrompt  = 4
)

// ease takes note of a batch that was executed in the present view; waited is how long the oldest of its requests had
// waited, less than 0 when none had been known here.
//
// Views that last show that patience is long enough, and only those: where it is shorter than a few steps of the network
// and the disks take, a view executes a batch or two before the next request waits for too long, and if each of these
// started from the shortest patience again, the group would change views for ever and do hardly anything else. After an
// outage, on the other hand, patience is long for no reason that is left, which prompt batches show.
func (c *Core) ease(waited Time) {
	g := &c.changing
	g.progress = c.now
	g.done++
	switch {
	case waited > c.cfg.RequestTimeout/2:
		g.prompt = 0
	case waited >= 0:
		g.prompt++
	}
	switch {
	case !c.inView || g.failed == 0:
	case g.done >= easeBatches || g.prompt >= easePrompt:
		g.failed = 0
	case c.now >= g.eased+2*c.patience():
		g.failed, g.eased, g.done = g.failed-1, c.now, 0
	}
}

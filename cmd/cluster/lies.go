package cluster

import (
	"context"
	"sync"

	"troxymail/integration/liar"
)

// prepareLies puts a liar around each host, who all tell the truth until LieAt: a leader's lies are for whoever leads.
func (c *Cluster) prepareLies() {
	if c.options.Lie == "" {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for i, r := range c.replicas {
		l, err := liar.New(c.options.Lie, i, len(c.replicas), c.options.Seed)
		if err != nil {
			c.t.Fatal(err)
		}
		r.liar = l
		group.Go(func() { l.Run(ctx) })
	}
	c.stopLies = func() {
		stop()
		group.Wait()
	}
}

// LieAt has replica i's host lie from now on. What becomes of it and its enclave is no failure of the test any more.
func (c *Cluster) LieAt(i int) {
	c.replicas[i].lied.Store(true)
	c.replicas[i].liar.Lie(true)
}

// EndLie has everybody tell the truth.
func (c *Cluster) EndLie() {
	for _, r := range c.replicas {
		if r.liar != nil {
			r.liar.Lie(false)
		}
	}
}

// Told counts what liars altered, invented or withheld.
func (c *Cluster) Told() (n uint64) {
	for _, r := range c.replicas {
		if r.liar != nil {
			n += r.liar.Told()
		}
	}
	return n
}

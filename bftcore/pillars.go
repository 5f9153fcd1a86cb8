package bftcore

import (
	"slices"

	"troxymail/bftcore/wire"
)

// pillars tells how far something is in each of the parallel instances: which of its orders comes next. Order o belongs
// to instance o mod P. There is one of them at least.
type pillars []uint64

// pillarsFrom returns n that are all just beyond an order.
func pillarsFrom(order uint64, n int) pillars {
	p := make(pillars, n)
	for i := range p {
		o := order + 1 + uint64(i)
		p[wire.PillarOf(o, n)] = o
	}
	return p
}

// of returns what comes next in the pillar of an order.
func (p pillars) of(order uint64) uint64 { return p[wire.PillarOf(order, len(p))] }

// pass goes on to the order behind one in its pillar.
func (p pillars) pass(order uint64) { p[wire.PillarOf(order, len(p))] = order + p.step() }

// back returns to an order in its pillar.
func (p pillars) back(order uint64) { p[wire.PillarOf(order, len(p))] = order }

// lift takes every pillar beyond an order at least.
func (p pillars) lift(order uint64) {
	for i, next := range pillarsFrom(order, len(p)) {
		p[i] = max(p[i], next)
	}
}

// step is the distance of the orders of a pillar.
func (p pillars) step() uint64 { return uint64(len(p)) }

// first returns the lowest order that comes next: all below are behind.
func (p pillars) first() uint64 { return slices.Min(p) }

// last returns the highest order that is behind.
func (p pillars) last() uint64 { return slices.Max(p) - p.step() }

// holed reports whether an order comes next below one that is behind already.
func (p pillars) holed() bool { return p.first() < p.last() }

// after returns pillars that are all just beyond an order.
func (c *Core) after(order uint64) pillars { return pillarsFrom(order, c.cfg.Pillars) }

// pillarsOf returns how far the counters of a Frontier's enclave were.
func pillarsOf(m *wire.Frontier) pillars {
	p := pillarsFrom(m.Certificate.New.Order, max(1, int(m.Pillars)))
	for _, order := range m.Ahead {
		p.pass(order)
	}
	return p
}

package content

import "troxymail/bftcore/wire"

// entry is one item; it is in exactly one queue.
type entry struct {
	digest    wire.Digest
	plaintext []byte
	size      int64 // with overhead
	uses      int   // since it came into its queue, at most maxUses
	next      *entry
}

// queue is a FIFO of entries.
type queue struct {
	head, tail *entry
	bytes      int64
}

func (q *queue) push(e *entry) {
	e.next = nil
	if q.tail == nil {
		q.head = e
	} else {
		q.tail.next = e
	}
	q.tail = e
	q.bytes += e.size
}

// pop removes the oldest entry; the queue must not be empty.
func (q *queue) pop() *entry {
	e := q.head
	q.head = e.next
	if q.head == nil {
		q.tail = nil
	}
	e.next = nil
	q.bytes -= e.size
	return e
}

// ghosts remembers the last digests that were evicted unused: a ring with a set.
type ghosts struct {
	ring []wire.Digest
	at   int
	slot map[wire.Digest]int // where in ring
	max  int
}

func newGhosts(max int) ghosts { return ghosts{slot: make(map[wire.Digest]int), max: max} }

func (g *ghosts) add(d wire.Digest) {
	if _, ok := g.slot[d]; ok {
		return
	}
	if len(g.ring) < g.max {
		g.slot[d] = len(g.ring)
		g.ring = append(g.ring, d)
		return
	}
	if old := g.ring[g.at]; g.slot[old] == g.at {
		delete(g.slot, old)
	}
	g.ring[g.at] = d
	g.slot[d] = g.at
	g.at = (g.at + 1) % g.max
}

// remove forgets d and reports whether it was remembered.
func (g *ghosts) remove(d wire.Digest) bool {
	_, ok := g.slot[d]
	delete(g.slot, d)
	return ok
}

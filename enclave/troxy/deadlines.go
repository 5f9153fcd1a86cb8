package troxy

import "container/heap"

// deadlines is a heap of the unanswered requests by the time when something is due for them, so that a
// turn asks for the first and does not look at all. Ties go by sequence: the order of what Tick returns
// is a function of the calls alone.
type deadlines []*slot

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (d deadlines) Len() int { return len(d) }

// Less compares by time, then by sequence.
func (d deadlines) Less(i, j int) bool {
	return d[i].due < d[j].due || d[i].due == d[j].due && d[i].sequence < d[j].sequence
}

// Swap keeps each slot's place in step.
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i, j
}

// Push is called by package heap.
func (d *deadlines) Push(x any) {
	s := x.(*slot)
	s.place = len(*d)
	*d = append(*d, s)
}

// Pop is called by package heap.
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	s := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return s
}

// drop takes a request out that is decided or given up.
func (c *Client) drop(s *slot) {
	delete(c.slots, s.sequence)
	heap.Remove(&c.due, s.place)
	c.release(s)
}

// end takes a request out for good. Its memory is a later one's.
func (c *Client) end(s *slot) {
	c.drop(s)
	*s = slot{}
	if len(c.free) < maxFree {
		c.free = append(c.free, s)
	}
}

// unused returns memory for a request.
func (c *Client) unused() *slot {
	last := len(c.free) - 1
	if last < 0 {
		return &slot{}
	}
	s := c.free[last]
	c.free = c.free[:last]
	return s
}

package counter

import "slices"

// Each pillar has a counter of its own in the view that all share. What is kept of them is the order up to which all
// are (current.Order), and those orders above that are behind their own counter (ahead): with one pillar, none.

// passed reports whether an order is behind its pillar's counter.
func (s *State) passed(order uint64) bool {
	if order <= s.current.Order {
		return true
	}
	_, ok := slices.BinarySearch(s.ahead, order)
	return ok
}

// due reports whether an order is the next of its pillar.
func (s *State) due(order uint64) bool {
	step := uint64(s.cfg.Pillars)
	return !s.passed(order) && (order <= step || s.passed(order-step))
}

// move takes the counter of an order's pillar to that order, which is due.
func (s *State) move(order uint64) {
	if order == s.current.Order+1 {
		s.lift(order)
	} else if i, ok := slices.BinarySearch(s.ahead, order); !ok && order > s.current.Order {
		s.ahead = slices.Insert(s.ahead, i, order)
	}
}

// lift takes all counters to an order at least.
func (s *State) lift(order uint64) {
	s.current.Order = max(s.current.Order, order)
	s.catchUp()
}

// catchUp counts in what is ahead no more.
func (s *State) catchUp() {
	n := 0
	for n < len(s.ahead) && s.ahead[n] <= s.current.Order+1 {
		s.current.Order = max(s.current.Order, s.ahead[n])
		n++
	}
	if s.ahead = slices.Delete(s.ahead, 0, n); len(s.ahead) == 0 {
		s.ahead = nil
	}
}

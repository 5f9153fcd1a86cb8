package transfer

import (
	"cmp"

	"troxymail/bftcore/wire"
)

// askOwn looks on the own disk first, for one question at a time: nothing else has to be asked for what is
// there.
func (f *Fetch) askOwn(now Time) {
	if len(f.own) == 0 || f.sources[f.self].asks > 0 {
		return
	}
	f.ask(now, f.self, f.newest(&f.own, f.self))
}

// askPeers hands wanted parts to sources: first to those that answered of late, and among them to the one with the fewest
// questions. So one that is silent is asked again only when no other may be.
func (f *Fetch) askPeers(now Time) {
	for len(f.want) > 0 {
		best := -1
		for r := range f.sources {
			s := &f.sources[r]
			if s.restTo > now || !f.couldAsk(wire.ReplicaID(r)) {
				continue
			}
			if best < 0 || s.before(&f.sources[best]) {
				best = r
			}
		}
		if best < 0 {
			return
		}
		f.ask(now, wire.ReplicaID(best), f.newest(&f.want, wire.ReplicaID(best)))
	}
}

// before reports whether a source is to be asked before another one.
func (s *source) before(other *source) bool {
	return cmp.Or(cmp.Compare(s.slow, other.slow), cmp.Compare(s.asks, other.asks)) < 0
}

// couldAsk reports whether a peer is to be asked for something once it does not rest.
func (f *Fetch) couldAsk(r wire.ReplicaID) bool {
	s := &f.sources[r]
	if r == f.self || s.liar || s.asks >= f.room(s) {
		return false
	}
	for i := range min(len(f.want), wire.MaxTransferItems) { // as many as newest looks at
		if f.want[len(f.want)-1-i].tried&(1<<r) == 0 {
			return true
		}
	}
	return false
}

// room is how many questions a source may have: one that was slow has to answer one first.
func (f *Fetch) room(s *source) int {
	if s.slow > 0 {
		return 1
	}
	return maxAsks
}

// newest takes items off the end of a list, but for those that the source does not have.
func (f *Fetch) newest(list *[]Item, to wire.ReplicaID) []Item {
	var items, passed []Item
	for len(*list) > 0 && len(items) < wire.MaxTransferItems && len(passed) < wire.MaxTransferItems {
		x := (*list)[len(*list)-1]
		*list = (*list)[:len(*list)-1]
		if to != f.self && x.tried&(1<<to) != 0 {
			passed = append(passed, x)
			continue
		}
		items = append(items, x)
	}
	*list = append(*list, passed...)
	return items
}

func (f *Fetch) ask(now Time, to wire.ReplicaID, items []Item) {
	s := &f.sources[to]
	s.asks++
	f.open++
	f.asks = append(f.asks, asked{to: to, items: items, until: now + askAgain<<min(s.slow, slowShift)})
	a := Ask{To: to, Token: f.first + uint64(len(f.asks)-1), Items: items}
	f.out.Asks = append(f.out.Asks, a)
}

package lag

import (
	"container/list"

	"troxymail/bftcore/wire"
)

// MaxMarks bounds the keys with a mark, at about 150 bytes each. Only what was written in the last minute matters.
const MaxMarks = 1 << 16

// Marks are the last writes on keys that the own host reported. One owner.
type Marks struct {
	limit int
	floor uint64 // of keys without a mark
	byKey map[wire.Key]*list.Element
	order list.List // of mark, the last written first
}

type mark struct {
	key   wire.Key
	order uint64
}

// NewMarks returns the marks of an incarnation that began at the order recovery: what was written up to there is not
// its host's to report again.
func NewMarks(recovery uint64) *Marks { return newLimited(recovery, MaxMarks) }

func newLimited(recovery uint64, limit int) *Marks {
	return &Marks{limit: limit, floor: recovery, byKey: map[wire.Key]*list.Element{}}
}

// Wrote notes that the host reported a write on keys at order.
func (m *Marks) Wrote(order uint64, keys []wire.Key) {
	for _, k := range keys {
		if at := m.byKey[k]; at != nil {
			x := at.Value.(*mark)
			x.order = max(x.order, order)
			m.order.MoveToFront(at)
			continue
		}
		if len(m.byKey) >= m.limit {
			last := m.order.Remove(m.order.Back()).(*mark)
			delete(m.byKey, last.key)
			m.floor = max(m.floor, last.order)
		}
		m.byKey[k] = m.order.PushFront(&mark{key: k, order: order})
	}
}

// Shown returns up to which order the host surely reported the writes on k, as far as this enclave remembers.
func (m *Marks) Shown(k wire.Key) uint64 { return max(m.Mark(k), m.floor) }

// Mark returns the order of the last write on k that the host reported, 0 when none is remembered.
func (m *Marks) Mark(k wire.Key) uint64 {
	if at := m.byKey[k]; at != nil {
		return at.Value.(*mark).order
	}
	return 0
}

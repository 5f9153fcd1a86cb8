package hostlog

// blockBytes is the grain of the index: a lookup reads the blocks in which an order may occur.
const blockBytes = 64 << 10

// block sums up the frames that start in one blockBytes of a segment. 24 bytes.
type block struct {
	minOrder, maxOrder uint64 // over records of an order; minOrder > maxOrder when there are none
	first              int64  // offset of the first frame that starts here, 0 when none does
}

// index knows where in a segment the records of an order may be. Appending only; under Log.mu.
type index struct {
	blocks   []block
	maxOrder uint64 // highest order in the segment
	lastZero uint64 // highest LSN of a record of order 0, 0 when there is none
}

func (x *index) note(off int64, h frameInfo) {
	i := int(off / blockBytes)
	for len(x.blocks) <= i {
		x.blocks = append(x.blocks, block{minOrder: 1})
	}
	b := &x.blocks[i]
	if b.first == 0 {
		b.first = off
	}
	if h.order == 0 {
		x.lastZero = h.lsn
		return
	}
	if b.maxOrder == 0 || h.order < b.minOrder {
		b.minOrder = h.order
	}
	b.maxOrder = max(b.maxOrder, h.order)
	x.maxOrder = max(x.maxOrder, h.order)
}

// span is a piece of a segment to read: the frames that start in [from, to).
type span struct {
	seg      *segment
	from, to int64
}

// appendSpans appends the blocks of s that may hold orders in [from, to].
func (s *segment) appendSpans(dst []span, from, to uint64) []span {
	if s.index.maxOrder < from {
		return dst
	}
	for i, b := range s.index.blocks {
		if b.first == 0 || b.maxOrder < from || b.minOrder > to {
			continue
		}
		dst = append(dst, span{s, b.first, min(int64(i+1)*blockBytes, s.end)})
	}
	return dst
}

package bftcore

import "troxymail/bftcore/wire"

// dedup remembers which requests were executed, so that a request that is asked again is answered from
// the store instead of being ordered again.
//
// It is an optimisation. The state machine keeps the window that decides, as part of the agreed state;
// here the only error allowed is to forget. So: only what was executed is entered, a sequence below the
// window counts as not executed, and so does everything of an older incarnation (whether that may still
// execute is for the state machine to say, once a FENCE was ordered). Requests that only read are never
// entered: asking one again means reading again.
type dedup struct {
	origins [wire.MaxReplicas]window
}

// window is a sliding bitmap of the sequences of one incarnation: bit s mod DedupWindow stands for s, for
// the DedupWindow sequences up to high.
type window struct {
	generation  uint32
	incarnation uint32
	high        uint64
	bits        [DedupWindow / 64]uint64
}

// executed reports whether id is known to be executed.
func (d *dedup) executed(id wire.RequestID) bool {
	w := &d.origins[id.Origin]
	if id.Generation != w.generation || id.Incarnation != w.incarnation {
		return false
	}
	if id.Sequence > w.high || id.Sequence+DedupWindow <= w.high {
		return false
	}
	return w.bits[id.Sequence%DedupWindow/64]&(1<<(id.Sequence%64)) != 0
}

// mark enters an executed request.
func (d *dedup) mark(q *wire.Request) {
	id := q.ID
	if q.ReadOnly() {
		return
	}
	w := &d.origins[id.Origin]
	switch older, newer := w.compare(id); {
	case older:
		return
	case newer:
		*w = window{generation: id.Generation, incarnation: id.Incarnation}
	}
	if id.Sequence+DedupWindow <= w.high {
		return
	}
	w.advance(id.Sequence)
	w.bits[id.Sequence%DedupWindow/64] |= 1 << (id.Sequence % 64)
}

// compare tells whether id is of an older or newer incarnation than the window.
func (w *window) compare(id wire.RequestID) (older, newer bool) {
	if id.Generation != w.generation {
		return id.Generation < w.generation, id.Generation > w.generation
	}
	return id.Incarnation < w.incarnation, id.Incarnation > w.incarnation
}

// advance moves the window up to sequence and clears what it now covers.
func (w *window) advance(sequence uint64) {
	if sequence <= w.high {
		return
	}
	if sequence-w.high >= DedupWindow {
		w.bits = [DedupWindow / 64]uint64{}
	} else {
		for s := w.high + 1; s <= sequence; s++ {
			w.bits[s%DedupWindow/64] &^= 1 << (s % 64)
		}
	}
	w.high = sequence
}

package mailtree

import (
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
)

// Range says which messages a Walk visits: with UIDs from First (at least 1) to Last, MODSEQs above Since, and when
// Unseen is set without \Seen.
type Range struct {
	First, Last command.UID
	Since       uint64
	Unseen      bool
}

// narrow is how many UIDs a range may have for its blocks alone to be read, and not whole pages.
const narrow = 4 * command.MessagesPerLeaf

// Walk calls visit for the messages of a range in order of UID, until it returns false. What is known not to be wanted is
// passed over without being looked at. It moves r.First behind all that it went through, so that the same range goes on
// where it stopped: for the next messages, or after its error, a *Missing.
func (t *Tree) Walk(r *Range, visit func(*Entry) bool) error {
	if r.First > r.Last {
		return nil
	}
	n, c, ok, err := t.top()
	if !ok {
		return err
	}
	w := walk{tree: t, r: r, visit: visit}
	_, err = w.node(n, &c)
	return err
}

// walk is one Walk.
type walk struct {
	tree  *Tree
	r     *Range
	visit func(*Entry) bool
	rank  uint32 // messages before what comes next

	above struct { // the node of level 1 that the walk is below of, if there is one
		name     nodeName
		children *verify.Children
		slot     int
	}
}

// wants reports whether a child may hold a message of the range.
func (w *walk) wants(n nodeName, slot int, y verify.Tally) bool {
	return y.Messages > 0 && last(n, slot) >= w.r.First && first(n, slot) <= w.r.Last &&
		y.ModSeq > w.r.Since && (!w.r.Unseen || y.Unseen > 0)
}

// node visits what is below a node; more is false when visit has had enough.
func (w *walk) node(n nodeName, c *verify.Children) (more bool, err error) {
	if n.level == 0 {
		if p, ok := w.tree.page(n); ok {
			return w.page(n, &p), nil
		}
	}
	for i := range c {
		switch {
		case !w.wants(n, i, c[i].Tally):
			w.rank += c[i].Tally.Messages
			more, err = true, nil
		case n.level == 0:
			more, err = w.block(n, i, c)
		default:
			below := n.below(i, c)
			if n.level == 1 {
				w.above.name, w.above.children, w.above.slot = n, c, i
			}
			inner, failed := w.tree.node(below)
			if failed != nil {
				return false, w.wanted(failed)
			}
			more, err = w.node(below, &inner)
		}
		if !more || err != nil {
			return false, err
		}
		w.passed(last(n, i)) // whether or not something was there: it is not asked for again
	}
	return true, nil
}

func (w *walk) page(n nodeName, p *page) (more bool) {
	for e, ok := p.next(); ok; e, ok = p.next() {
		if !w.message(&e) {
			return false
		}
	}
	return true
}

func (w *walk) block(n nodeName, slot int, c *verify.Children) (more bool, err error) {
	list, ok := w.tree.records(c[slot].Digest)
	if !ok {
		return false, w.wanted(&Missing{First: max(1, first(n, slot))})
	}
	for i := range list {
		if !w.message(&list[i]) {
			return false, nil
		}
	}
	return true, nil
}

// passed moves the range behind a UID; none is higher than MaxUID.
func (w *walk) passed(uid command.UID) {
	w.r.First = max(w.r.First, min(uid, command.MaxUID)+1)
}

// message visits a message if it is of the range.
func (w *walk) message(e *Entry) (more bool) {
	e.Rank = w.rank
	w.rank++
	if e.UID < w.r.First || e.UID > w.r.Last || e.ModSeq <= w.r.Since || w.r.Unseen && e.Flags&command.FlagSeen != 0 {
		return true
	}
	if !w.visit(e) {
		w.passed(e.UID)
		return false
	}
	return true
}

// wanted makes what is missing all that is missing of the range from there on: blocks alone where it is narrow, or
// where few of them changed, else whole pages, up to the next one that is known or the end of the node above them.
func (w *walk) wanted(err error) error {
	m, ok := err.(*Missing)
	if !ok {
		return err
	}
	wide := &Missing{First: max(m.First, w.r.First), Last: w.r.Last, Since: w.r.Since}
	if w.r.Since == 0 && w.r.Last-wide.First >= narrow {
		wide.First = max(1, wide.First/pageUIDs*pageUIDs)
		wide.Last = min(wide.Last|(pageUIDs-1), w.unknown(wide.First))
	}
	return wide
}

// unknown returns up to which UID the pages from uid on are not known.
func (w *walk) unknown(uid command.UID) command.UID {
	n, c, i := w.above.name, w.above.children, w.above.slot
	if c == nil || uid < first(n, i) || uid > last(n, i) {
		return command.MaxUID // a node further up is missing: so is all below it
	}
	for ; i+1 < len(c); i++ {
		next := n.below(i+1, c)
		if !w.wants(n, i+1, c[i+1].Tally) {
			continue
		}
		if _, ok := w.tree.page(next); ok {
			break
		}
	}
	return last(n, i)
}

package transcript

import (
	"fmt"
	"slices"
)

// judge compares what sessions were told with what others had been told before, or could have asked for by then.
func (f *facts) judge() (found []Violation) {
	report := func(v Violation, format string, args ...any) {
		v.Text = fmt.Sprintf(format, args...)
		found = append(found, v)
	}
	for _, s := range f.shown {
		b := f.box(s.box)
		if !b.made {
			continue
		}
		if low, high := b.bounds(s.at, s.end); s.count < low || s.count > high {
			report(s.violation, "%d messages in %q, where there are %d to %d", s.count, s.box, low, high)
		}
		for _, m := range s.flags {
			if bits, want := b.flags(m.uid, s.at, s.end); m.flags&bits != want {
				report(s.violation, "flags %05b of UID %d in %q, of which %05b are %05b", m.flags, m.uid, s.box, bits, want)
			}
			if at, ok := b.left[m.uid]; ok && at < s.at {
				report(s.violation, "UID %d in %q, which was told to be gone before", m.uid, s.box)
			}
		}
	}
	for _, s := range f.statuses {
		b := f.box(s.box)
		if !b.made {
			continue
		}
		if low, high := b.bounds(s.at, s.end); s.messages != never && (s.messages < uint64(low) || s.messages > uint64(high)) {
			report(s.violation, "STATUS tells %d messages in %q, where there are %d to %d", s.messages, s.box, low, high)
		}
		for _, m := range b.born {
			if s.next != 0 && m.end < s.at && m.uid >= s.next {
				report(s.violation, "STATUS tells UIDNEXT %d in %q, where UID %d had come", s.next, s.box, m.uid)
			}
		}
	}
	for name, b := range f.sorted() {
		for _, m := range b.born {
			for _, n := range b.born {
				if m.end < n.at && m.uid >= n.uid {
					report(Violation{Session: "all"}, "in %q UID %d was given before UID %d", name, m.uid, n.uid)
				}
			}
		}
	}
	return found
}

// sorted goes through the boxes by name.
func (f *facts) sorted() func(yield func(string, *box) bool) {
	return func(yield func(string, *box) bool) {
		names := make([]string, 0, len(f.boxes))
		for name := range f.boxes {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if !yield(name, f.boxes[name]) {
				return
			}
		}
	}
}

// bounds returns how many messages there are at least and at most at any moment from at to end: those that had come and
// nobody had asked to remove, and those that may have come and were not told to be gone.
func (b *box) bounds(at, end int64) (low, high int) {
	for _, m := range b.born {
		asked := slices.ContainsFunc(b.removed, func(r removal) bool {
			return r.at < end && slices.ContainsFunc(r.set, func(s span) bool { return s.holds(m.uid, maxSpan) })
		})
		if m.end < at && !asked {
			low++
		}
		if left, ok := b.left[m.uid]; m.at < end && !(ok && left < at) {
			high++
		}
	}
	for _, m := range b.maybe {
		if m.at < end {
			high += m.n
		}
	}
	return low, high
}

// flags returns which flags of a message nobody changes from at to end, and what they are: those whose last change before
// at follows all others before it, while the rest begins after end. Of a message of which nobody knows when it came none are
// known: changes may have come before it.
func (b *box) flags(uid uint64, at, end int64) (bits, want flags) {
	if !slices.ContainsFunc(b.born, func(m birth) bool { return m.uid == uid }) {
		return 0, 0
	}
	var all []change
	for _, c := range b.changes {
		if c.at < end && slices.ContainsFunc(c.of, func(s span) bool { return s.holds(uid, maxSpan) }) {
			all = append(all, c)
		}
	}
	for _, bit := range flagBits {
		for i := range all {
			if last := &all[i]; last.touches(bit) && !last.opaque && last.end < at && !slices.ContainsFunc(slices.Delete(slices.Clone(all), i, i+1),
				func(c change) bool { return c.touches(bit) && c.end >= last.at }) {
				bits |= bit
				want |= last.set & bit
			}
		}
	}
	return bits, want
}

func (c *change) touches(bit flags) bool { return c.opaque || (c.set|c.clear)&bit != 0 }

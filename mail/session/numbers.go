package session

import (
	"context"
	"math"
	"slices"

	"github.com/emersion/go-imap/v2"

	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

// savedSet is the result of a SEARCH RETURN (SAVE), which "$" stands for (RFC 5182).
type savedSet []command.UIDRange

// dynamic reports whether a set can be understood only by looking at the mailbox as it is now.
func dynamic(nums imap.NumSet) bool { return nums.Dynamic() && !imap.IsSearchRes(nums) }

// byUID reports whether a set names UIDs; the answer of a command then names them too. "$" counts as what
// the command's own kind is, which the caller says with its options.
func byUID(nums imap.NumSet) bool {
	_, ok := nums.(imap.UIDSet)
	return ok
}

// within returns the told messages with UIDs in canonical ranges.
func (s *Session) within(v *view, ranges []command.UIDRange) *messages {
	l := &messages{session: s, view: v, ranges: make([]mailtree.Range, len(ranges))}
	for i, r := range ranges {
		l.ranges[i] = mailtree.Range{First: r.First, Last: r.Last}
	}
	return l
}

// bounds puts a range in order; 0 is "*", the largest number there is. A range of "*" alone is empty when
// there is none.
func bounds(start, stop, largest uint32) (first, last uint32, ok bool) {
	if start == 0 || stop == 0 {
		if largest == 0 {
			return 0, 0, false
		}
		if start == 0 {
			start = largest
		}
		if stop == 0 {
			stop = largest
		}
	}
	return min(start, stop), max(start, stop), true
}

// uidRanges returns the UIDs that a set names, in canonical form. Those of sequence numbers span the gaps
// between neighbours, where there are no messages: a set of all is one range. Sequence numbers that no message has are
// BAD (RFC 9051, 9: seq-number), UIDs that no message has are passed over by whoever goes through them.
func (s *Session) uidRanges(ctx context.Context, v *view, nums imap.NumSet) ([]command.UIDRange, error) {
	if imap.IsSearchRes(nums) {
		return s.saved, nil
	}
	switch set := nums.(type) {
	case imap.SeqSet:
		return s.numbered(ctx, v, set)
	case imap.UIDSet:
		return s.rangesOf(ctx, v, set)
	}
	return nil, bad("Unknown kind of message set")
}

// rangesOf returns the UIDs that a set names, in canonical form. "*" is the last message that the client knows.
func (s *Session) rangesOf(ctx context.Context, v *view, set imap.UIDSet) ([]command.UIDRange, error) {
	var last command.UID
	if dynamic(set) {
		var err error
		if last, err = s.lastUID(ctx, v, false); err != nil {
			return nil, err
		}
	}
	return s.rangesUpTo(set, last), nil
}

// rangesUpTo is rangesOf where it is known that "*" is last, 0 without a message.
func (s *Session) rangesUpTo(set imap.UIDSet, last command.UID) []command.UIDRange {
	if imap.IsSearchRes(set) {
		return s.saved
	}
	var ranges []command.UIDRange
	for _, r := range set {
		if first, last, ok := bounds(uint32(r.Start), uint32(r.Stop), uint32(last)); ok {
			ranges = append(ranges, command.UIDRange{First: command.UID(first), Last: command.UID(last)})
		}
	}
	return canonical(ranges)
}

// lastUID returns the UID of the last message that the client knows, or with untold of the last one that there is, whether
// the client knows it or not; 0 without one.
func (s *Session) lastUID(ctx context.Context, v *view, untold bool) (u command.UID, err error) {
	switch {
	case v.deleted || untold && v.state.Counters.Messages == 0 || !untold && v.told == 0:
		return 0, nil
	case !untold:
		return s.told(ctx, v, v.told)
	}
	err = s.lookup(ctx, v, func(t *mailtree.Tree) error {
		e, _, err := t.At(max(v.state.Counters.Messages, 1) - 1)
		u = e.UID
		return err
	})
	return u, err
}

// numbered returns the UIDs from the first to the last message of each range of a set of sequence numbers.
func (s *Session) numbered(ctx context.Context, v *view, set imap.SeqSet) ([]command.UIDRange, error) {
	var spans []command.UIDRange // of numbers
	for _, r := range set {
		first, last, ok := bounds(r.Start, r.Stop, v.told)
		if !ok {
			continue // "*" or "n:*" of an empty mailbox
		}
		if last > v.told {
			return nil, errBadSet
		}
		spans = append(spans, command.UIDRange{First: command.UID(first), Last: command.UID(last)})
	}
	spans = canonical(spans)
	if v.deleted {
		if len(spans) > 0 {
			return nil, errGoneMessages
		}
		return nil, nil
	}
	ranges := make([]command.UIDRange, len(spans))
	for i, n := range spans {
		var err error
		if ranges[i].First, err = s.told(ctx, v, uint32(n.First)); err != nil {
			return nil, err
		}
		if ranges[i].Last, err = s.told(ctx, v, uint32(n.Last)); err != nil {
			return nil, err
		}
	}
	return canonical(ranges), nil
}

// canonical sorts ranges and joins those that overlap or touch.
func canonical(ranges []command.UIDRange) []command.UIDRange {
	slices.SortFunc(ranges, func(a, b command.UIDRange) int { return int(int64(a.First) - int64(b.First)) })
	var list []command.UIDRange
	for _, r := range ranges {
		if n := len(list); n > 0 && (list[n-1].Last == math.MaxUint32 || r.First <= list[n-1].Last+1) {
			list[n-1].Last = max(list[n-1].Last, r.Last)
			continue
		}
		list = append(list, r)
	}
	return list
}

func inRanges(ranges []command.UIDRange, u command.UID) bool {
	_, found := slices.BinarySearchFunc(ranges, u, func(r command.UIDRange, u command.UID) int {
		switch {
		case r.Last < u:
			return -1
		case r.First > u:
			return 1
		}
		return 0
	})
	return found
}

// chunks cuts ranges so that each piece is one command's: at most command.MaxRanges ranges and, as far as
// the view knows, command.MaxAffected messages.
func (s *Session) chunks(ctx context.Context, v *view, ranges []command.UIDRange) (all [][]command.UIDRange, err error) {
	if len(ranges) <= command.MaxRanges && atMost(v, ranges) <= command.MaxAffected {
		if len(ranges) > 0 {
			all = append(all, ranges)
		}
		return all, nil
	}
	var piece []command.UIDRange
	room := uint32(command.MaxAffected)
	flush := func() {
		if len(piece) > 0 {
			all = append(all, piece)
		}
		piece, room = nil, command.MaxAffected
	}
	for _, r := range ranges {
		for {
			n, err := s.count(ctx, v, r)
			if err != nil {
				return nil, err
			}
			if n <= room {
				piece = append(piece, r)
				room -= n
				break
			}
			if room > 0 {
				cut, err := s.after(ctx, v, r.First, room)
				if err != nil {
					return nil, err
				}
				if cut > r.Last { // fewer than were counted a moment ago
					piece, room = append(piece, r), 0
					break
				}
				piece = append(piece, command.UIDRange{First: r.First, Last: cut - 1})
				r.First = cut
			}
			flush()
		}
		if len(piece) == command.MaxRanges {
			flush()
		}
	}
	flush()
	return all, nil
}

// atMost returns a bound for the messages of ranges that costs nothing.
func atMost(v *view, ranges []command.UIDRange) uint64 {
	return min(command.CountUIDs(ranges), uint64(v.state.Counters.Messages))
}

// count returns how many messages of the view's state a range has.
func (s *Session) count(ctx context.Context, v *view, r command.UIDRange) (uint32, error) {
	below, err := s.rank(ctx, v, r.First)
	if err != nil {
		return 0, err
	}
	through := v.state.Counters.Messages
	if r.Last < v.state.Counters.UIDNext {
		if through, err = s.rank(ctx, v, r.Last+1); err != nil {
			return 0, err
		}
	}
	return through - min(below, through), nil
}

// after returns the UID of the message that has n messages with UIDs from first on before it.
func (s *Session) after(ctx context.Context, v *view, first command.UID, n uint32) (u command.UID, err error) {
	err = s.lookup(ctx, v, func(t *mailtree.Tree) error {
		below, err := t.Rank(first)
		if err != nil {
			return err
		}
		e, ok, err := t.At(below + n)
		if u = e.UID; err == nil && !ok {
			u = command.MaxUID
		}
		return err
	})
	return u, err
}

func imapSet(ranges []command.UIDRange) imap.UIDSet {
	var set imap.UIDSet
	for _, r := range ranges {
		set.AddRange(imap.UID(r.First), imap.UID(r.Last))
	}
	return set
}

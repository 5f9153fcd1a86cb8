package session

import (
	"math"
	"slices"

	"github.com/emersion/go-imap/v2"

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

// pick returns the indices of the told messages that a set names, rising. Sequence numbers that no message
// has are BAD (RFC 9051, 9: seq-number), UIDs that no message has are passed over.
func (s *Session) pick(v *view, nums imap.NumSet) ([]int, error) {
	if set, ok := nums.(imap.SeqSet); ok && !imap.IsSearchRes(nums) {
		return v.pickSeqs(set)
	}
	ranges, err := s.uidRanges(v, nums)
	if err != nil {
		return nil, err
	}
	var list []int
	for _, r := range ranges {
		for i := v.index(r.First); i < v.told && v.messages[i].UID <= r.Last; i++ {
			list = append(list, i)
		}
	}
	return list, nil
}

func (v *view) pickSeqs(set imap.SeqSet) ([]int, error) {
	var list []int
	for _, r := range set {
		first, last, ok := bounds(r.Start, r.Stop, uint32(v.told))
		if !ok {
			continue // "*" or "n:*" of an empty mailbox
		}
		if last > uint32(v.told) {
			return nil, errBadSet
		}
		for n := first; n <= last; n++ {
			list = append(list, int(n-1))
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
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
// between neighbours, where there are no messages: a set of all is one range.
func (s *Session) uidRanges(v *view, nums imap.NumSet) ([]command.UIDRange, error) {
	if imap.IsSearchRes(nums) {
		return s.saved, nil
	}
	switch set := nums.(type) {
	case imap.SeqSet:
		list, err := v.pickSeqs(set)
		return v.span(list), err
	case imap.UIDSet:
		var ranges []command.UIDRange
		for _, r := range set {
			first, last, ok := bounds(uint32(r.Start), uint32(r.Stop), v.lastUID())
			if ok {
				ranges = append(ranges, command.UIDRange{First: command.UID(first), Last: command.UID(last)})
			}
		}
		return canonical(ranges), nil
	}
	return nil, bad("Unknown kind of message set")
}

// lastUID is what "*" is among UIDs: 0 in an empty mailbox.
func (v *view) lastUID() uint32 {
	if v.told == 0 {
		return 0
	}
	return uint32(v.messages[v.told-1].UID)
}

// span returns ranges that hold the UIDs of the messages at rising indices, and of no other message.
func (v *view) span(list []int) []command.UIDRange {
	var ranges []command.UIDRange
	for k, i := range list {
		uid := v.messages[i].UID
		if k > 0 && list[k-1] == i-1 {
			ranges[len(ranges)-1].Last = uid
			continue
		}
		ranges = append(ranges, command.UIDRange{First: uid, Last: uid})
	}
	return canonical(ranges)
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

// chunks cuts ranges so that each piece is one command's: at most command.MaxRanges ranges and, as far as
// the view knows, command.MaxAffected messages.
func (v *view) chunks(ranges []command.UIDRange) [][]command.UIDRange {
	var all [][]command.UIDRange
	var piece []command.UIDRange
	messages := 0
	flush := func() {
		if len(piece) > 0 {
			all = append(all, piece)
		}
		piece, messages = nil, 0
	}
	for _, r := range ranges {
		for {
			first, end := v.index(r.First), v.index(r.Last)
			if end < len(v.messages) && v.messages[end].UID == r.Last {
				end++
			}
			room := command.MaxAffected - messages
			if end-first <= room {
				piece = append(piece, r)
				messages += end - first
				break
			}
			if room > 0 {
				cut := v.messages[first+room-1].UID
				piece = append(piece, command.UIDRange{First: r.First, Last: cut})
				r.First = cut + 1
			}
			flush()
		}
		if len(piece) == command.MaxRanges {
			flush()
		}
	}
	flush()
	return all
}

func imapSet(ranges []command.UIDRange) imap.UIDSet {
	var set imap.UIDSet
	for _, r := range ranges {
		set.AddRange(imap.UID(r.First), imap.UID(r.Last))
	}
	return set
}

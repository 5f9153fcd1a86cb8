package session

import (
	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// hits are the messages that a search found, as ranges of UIDs and of sequence numbers.
type hits struct {
	count             uint32
	uids              []command.UIDRange
	numbers           []imap.SeqRange // of those that the client knows
	firstUID, lastUID command.UID
	first, last       uint32
}

// verdict says of a message whether it is found.
type verdict struct {
	uid    command.UID
	number uint32
	found  bool
}

// add takes the next message, in order of UID.
func (h *hits) add(uid command.UID, number uint32) {
	if h.count == 0 {
		h.firstUID, h.first = uid, number
	}
	h.count++
	h.lastUID, h.last = uid, number
	h.uids = addUID(h.uids, uid)
	switch n := len(h.numbers); {
	case number == 0:
	case n > 0 && h.numbers[n-1].Stop+1 == number:
		h.numbers[n-1].Stop = number
	default:
		h.numbers = append(h.numbers, imap.SeqRange{Start: number, Stop: number})
	}
}

// revised returns what is found by verdicts, which are in order of UID, and below UID from, where the client knows all
// messages, what was found before and is neither judged again nor gone.
func (h *hits) revised(from command.UID, verdicts []verdict, gone *uidSet) (next hits) {
	judge := func(uid command.UID) (again bool) { // takes the verdicts up to that UID
		for len(verdicts) > 0 && verdicts[0].uid <= uid {
			if d := verdicts[0]; d.found {
				next.add(d.uid, d.number)
			}
			again, verdicts = verdicts[0].uid == uid, verdicts[1:]
		}
		return again
	}
	h.each(from, func(uid command.UID, number uint32) {
		if !judge(uid) && !gone.has(uid) {
			next.add(uid, number)
		}
	})
	judge(command.MaxUID)
	return next
}

// each calls visit for what was found below a UID, where the client knows all messages.
func (h *hits) each(below command.UID, visit func(uid command.UID, number uint32)) {
	numbers, i := h.numbers, uint32(0)
	for _, r := range h.uids {
		for uid := r.First; uid <= r.Last && uid < below; uid++ {
			visit(uid, numbers[0].Start+i)
			if i++; numbers[0].Start+i > numbers[0].Stop {
				numbers, i = numbers[1:], 0
			}
		}
	}
}

// kept returns what SAVE keeps: with MIN or MAX and neither ALL nor COUNT, only those (RFC 5182, 2.1).
func (h *hits) kept(o *imap.SearchOptions) savedSet {
	if h.count == 0 || o.ReturnAll || o.ReturnCount || !o.ReturnMin && !o.ReturnMax {
		return h.uids
	}
	var list []command.UIDRange
	if o.ReturnMin {
		list = append(list, command.UIDRange{First: h.firstUID, Last: h.firstUID})
	}
	if o.ReturnMax {
		list = append(list, command.UIDRange{First: h.lastUID, Last: h.lastUID})
	}
	return canonical(list)
}

// data says what was found, as UIDs or sequence numbers. Without options, or with ALL, that is all.
func (h *hits) data(uid bool, o *imap.SearchOptions) *imap.SearchData {
	data := &imap.SearchData{Count: h.count, Min: h.first, Max: h.last}
	if uid {
		data.Min, data.Max = uint32(h.firstUID), uint32(h.lastUID)
	}
	if !o.ReturnAll && (o.ReturnMin || o.ReturnMax || o.ReturnCount || o.ReturnSave) {
		return data
	}
	if !uid {
		data.All = append(imap.SeqSet{}, h.numbers...)
		return data
	}
	set := make(imap.UIDSet, len(h.uids))
	for i, r := range h.uids {
		set[i] = imap.UIDRange{Start: imap.UID(r.First), Stop: imap.UID(r.Last)}
	}
	data.All = set
	return data
}

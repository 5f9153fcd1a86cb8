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

// add takes the next message, in order of UID.
func (h *hits) add(m *item) {
	if h.count == 0 {
		h.firstUID, h.first = m.UID, m.number
	}
	h.count++
	h.lastUID, h.last = m.UID, m.number
	h.uids = addUID(h.uids, m.UID)
	switch n := len(h.numbers); {
	case m.number == 0:
	case n > 0 && h.numbers[n-1].Stop+1 == m.number:
		h.numbers[n-1].Stop = m.number
	default:
		h.numbers = append(h.numbers, imap.SeqRange{Start: m.number, Stop: m.number})
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

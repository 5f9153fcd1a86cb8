package session

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

// maxSearches is how often a search looks: first at all messages, then at those that changed meanwhile.
const maxSearches = 16

// moment is a state of a mailbox, from which on a search looked at messages.
type moment struct {
	digest wire.Digest
	modSeq uint64
	last   command.UID // what "*" is; MaxUID where nobody asks
}

// moment returns the state that the view shows. What "*" is takes a look at its end, which only criteria with it need.
func (s *Session) moment(ctx context.Context, v *view, untold, asksLast bool) (m moment, err error) {
	m.last = command.MaxUID
	if asksLast {
		m.last, err = s.lastUID(ctx, v, untold) // which may move the view
	}
	m.digest, m.modSeq = v.digest, v.state.Counters.HighestModSeq
	return m, err
}

// asksLast reports whether criteria have "*" among UIDs, down to a depth.
func asksLast(c *imap.SearchCriteria, depth int) bool {
	if depth < 0 {
		return false
	}
	for _, set := range c.UID {
		if dynamic(set) {
			return true
		}
	}
	for i := range c.Not {
		if asksLast(&c.Not[i], depth-1) {
			return true
		}
	}
	for i := range c.Or {
		if asksLast(&c.Or[i][0], depth-1) || asksLast(&c.Or[i][1], depth-1) {
			return true
		}
	}
	return false
}

// changedSince cuts ranges to the messages with MODSEQs above modSeq, and all from UID from on. Whether they are seen may
// have changed.
func changedSince(ranges []mailtree.Range, modSeq uint64, from command.UID) (list []mailtree.Range) {
	for _, r := range ranges {
		if r.First < from {
			list = append(list, mailtree.Range{First: r.First, Last: min(r.Last, from-1), Since: modSeq})
		}
		if r.Last >= from {
			list = append(list, mailtree.Range{First: max(r.First, from), Last: r.Last})
		}
	}
	return list
}

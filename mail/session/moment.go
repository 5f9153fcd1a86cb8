package session

import (
	"context"

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
	last   command.UID // what "*" is
}

// moment returns the state that the view shows.
func (s *Session) moment(ctx context.Context, v *view, untold bool) (moment, error) {
	last, err := s.lastUID(ctx, v, untold) // which may move the view
	return moment{v.digest, v.state.Counters.HighestModSeq, last}, err
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

package session

import (
	"context"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/message"
	"troxymail/mailstore/command"
)

// Search answers SEARCH (uid false) and UID SEARCH by looking at one message after the other; it opens a
// summary or a body only when nothing cheaper decides. It ends when ctx does. Messages that are gone are not
// found; messages that the client was not told of are found by UID only. With ReturnSave the result is kept
// for "$" (RFC 5182); a search that fails keeps the empty one. o may be nil. Errors: LIMIT (criteria).
func (s *Session) Search(ctx context.Context, uid bool, c *imap.SearchCriteria, o *imap.SearchOptions) (
	*imap.SearchData, error) {
	v, err := s.selected(ctx)
	if err != nil {
		return nil, err
	}
	if o == nil {
		o = new(imap.SearchOptions)
	}
	defer s.rest()
	found, err := s.search(ctx, v, uid, c)
	if o.ReturnSave {
		s.saved = found.kept(o)
	}
	if err != nil {
		return nil, err
	}
	return found.data(uid, o), nil
}

// search returns what was found, all as it is at one moment; nothing with an error. A mailbox that is written to goes on
// while its messages are looked at, and the view with it when its host has the new state only. Those that changed are
// looked at again then, until nothing changed meanwhile: few each time, however many there are.
func (s *Session) search(ctx context.Context, v *view, uid bool, asked *imap.SearchCriteria) (found hits, err error) {
	if err := s.refresh(ctx, v); err != nil {
		return hits{}, err
	}
	var since *moment
	last := asksLast(asked, message.MaxSearchDepth)
	for range maxSearches {
		at, err := s.moment(ctx, v, uid, last)
		if err != nil {
			return hits{}, err
		}
		c := s.resolve(v, asked, uid, at.last, message.MaxSearchDepth)
		if err := message.CheckCriteria(c); err != nil {
			return hits{}, no(imap.ResponseCodeLimit, "The search has too many keys")
		}
		missed, err := s.look(ctx, v, uid, c, since, at, &found)
		if err != nil {
			return hits{}, err
		}
		// Those whose records could not be had are an error unless they were expunged meanwhile. Others may have
		// been as well.
		if err := s.absent(ctx, v, missed); err != nil {
			return hits{}, err
		}
		switch {
		case v.deleted:
			return hits{}, nil
		case v.digest == at.digest:
			return found, nil
		}
		since = &at
	}
	return hits{}, errAbsent
}

// look goes once through the messages that may be found otherwise than before: those that changed since a moment; with no
// such moment through all.
func (s *Session) look(ctx context.Context, v *view, uid bool, c *imap.SearchCriteria, since *moment, at moment, found *hits) (
	missed []command.UID, err error) {
	list, err := s.candidates(ctx, v, uid, c)
	if err != nil {
		return nil, err
	}
	judge := func(m *item, ok bool) {
		if ok {
			found.add(m.UID, m.number)
		}
	}
	if since != nil {
		// Of those that the client was not told of nobody says which are gone, and what "*" is decides about the last ones:
		// these are all looked at.
		from := min(v.end, since.last, at.last)
		list.ranges = changedSince(list.ranges, since.modSeq, from)
		var verdicts []verdict
		judge = func(m *item, ok bool) { verdicts = append(verdicts, verdict{m.UID, m.number, ok}) }
		defer func() { *found = found.revised(from, verdicts, &v.gone) }()
	}
	dated := asksDate(c)
	for {
		m, ok, err := list.next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, errNoQuorum
		case err != nil:
			return nil, err
		case !ok:
			return missed, nil
		case m.gone:
			continue
		}
		switch ok, err = s.match(ctx, v, &m, c, dated); {
		case errors.Is(err, errGoneLetter):
			missed = append(missed, m.UID)
		case err != nil:
			return nil, err
		default:
			judge(&m, ok)
		}
	}
}

// candidates are the messages that a search has to look at: by number those that the client knows, of ranges and without
// \Seen where the criteria say so in all cases.
func (s *Session) candidates(ctx context.Context, v *view, uid bool, c *imap.SearchCriteria) (*messages, error) {
	ranges := []command.UIDRange{{First: 1, Last: command.MaxUID}}
	for _, set := range c.UID {
		named, err := s.uidRanges(ctx, v, set)
		if err != nil {
			return nil, err
		}
		ranges = intersect(ranges, named)
	}
	for _, set := range c.SeqNum {
		var known imap.SeqSet // a number that no message has finds nothing
		for _, r := range set {
			if r.Start <= v.told {
				known.AddRange(r.Start, min(r.Stop, v.told))
			}
		}
		named, err := s.numbered(ctx, v, known)
		if err != nil {
			return nil, err
		}
		ranges = intersect(ranges, named)
	}
	list := s.within(v, ranges)
	list.untold = uid
	for i := range list.ranges {
		list.ranges[i].Unseen = slices.ContainsFunc(c.NotFlag, func(f imap.Flag) bool { return flagBit(f) == command.FlagSeen })
	}
	return list, nil
}

// intersect returns the UIDs that are in both of two canonical sets.
func intersect(a, b []command.UIDRange) (both []command.UIDRange) {
	for len(a) > 0 && len(b) > 0 {
		if r := (command.UIDRange{First: max(a[0].First, b[0].First), Last: min(a[0].Last, b[0].Last)}); r.First <= r.Last {
			both = append(both, r)
		}
		if a[0].Last < b[0].Last {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return both
}

// match judges one message. errGoneLetter when its records cannot be had.
func (s *Session) match(ctx context.Context, v *view, i *item, c *imap.SearchCriteria, dated bool) (bool, error) {
	m := &candidate{ctx: ctx, session: s, view: v, item: i, dated: dated}
	defer m.close()
	ok, err := message.Match(c, m)
	if m.err != nil {
		err = m.err
	}
	switch {
	case err == nil, isImap(err), errors.Is(err, errGoneLetter):
		return ok, err
	}
	return false, s.internal("search a message", err)
}

// searchAhead is how many UIDs the records are read ahead that a search may open.
const searchAhead = 255

// asksDate reports whether criteria ask for the internal date anywhere.
func asksDate(c *imap.SearchCriteria) bool {
	if !c.Since.IsZero() || !c.Before.IsZero() {
		return true
	}
	for i := range c.Not {
		if asksDate(&c.Not[i]) {
			return true
		}
	}
	for i := range c.Or {
		if asksDate(&c.Or[i][0]) || asksDate(&c.Or[i][1]) {
			return true
		}
	}
	return false
}

// resolve returns c with "*" and "$" replaced by what they are among the messages that are searched: "UID 1:*" is all of
// them, with untold whether the client was told of them or not; last is the UID of the last one. Below depth it copies as
// it is: CheckCriteria refuses that.
func (s *Session) resolve(v *view, c *imap.SearchCriteria, untold bool, last command.UID, depth int) *imap.SearchCriteria {
	r := *c
	if depth < 0 {
		return &r
	}
	r.SeqNum = make([]imap.SeqSet, 0, len(c.SeqNum))
	for _, set := range c.SeqNum {
		var fixed imap.SeqSet
		for _, n := range set {
			if first, last, ok := bounds(n.Start, n.Stop, v.told); ok {
				fixed.AddRange(first, last)
			}
		}
		r.SeqNum = append(r.SeqNum, fixed)
	}
	r.UID = make([]imap.UIDSet, 0, len(c.UID))
	for _, set := range c.UID {
		r.UID = append(r.UID, imapSet(s.rangesUpTo(set, last)))
	}
	r.Not = make([]imap.SearchCriteria, len(c.Not))
	for i := range c.Not {
		r.Not[i] = *s.resolve(v, &c.Not[i], untold, last, depth-1)
	}
	r.Or = make([][2]imap.SearchCriteria, len(c.Or))
	for i := range c.Or {
		for j := range c.Or[i] {
			r.Or[i][j] = *s.resolve(v, &c.Or[i][j], untold, last, depth-1)
		}
	}
	return &r
}

var _ message.Matchable = (*candidate)(nil)

package session

import (
	"context"
	"errors"
	"math"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// Fetch answers FETCH: it reads what changed (but see Options.Bounded), tells new keywords and EXISTS (never EXPUNGE), sets \Seen where a
// section was asked for without Peek, by one command for all messages, and answers message by message.
// Messages that are gone and were not told are served while their records can be had; else the others are
// answered and the end is NO [EXPUNGEISSUED]. each is called for every message that is answered. A section
// that a message does not have is empty.
func (s *Session) Fetch(ctx context.Context, w Updates, nums imap.NumSet, o *imap.FetchOptions,
	each func(seq uint32) MessageWriter) error {
	v, err := s.toShow(ctx, o)
	if err != nil {
		return err
	}
	defer s.rest()
	if err := errors.Join(v.tellKeywords(w), v.tellExists(w)); err != nil {
		return err
	}
	ranges, err := s.uidRanges(ctx, v, nums)
	if err != nil {
		return err
	}
	f := fetching{session: s, view: v, options: o, uid: o.UID || byUID(nums)}
	if f.seen, err = s.setSeen(ctx, v, ranges, o); err != nil {
		return err
	}
	var missed []command.UID
	tell := false // the client counts on one that is missed
	list := s.within(v, ranges)
	list.letters = f.needsLetter()
	for {
		m, ok, err := list.next(ctx)
		switch {
		case ctx.Err() != nil:
			return errNoQuorum
		case err != nil:
			return err
		case !ok:
			return s.finish(ctx, v, missed, tell)
		}
		if err := v.tellKeywords(w); err != nil { // of a state that the view came to meanwhile
			return err
		}
		f.ahead = list.ranges[0].Last
		switch err := f.answer(ctx, m, each); {
		case errors.Is(err, errGoneLetter):
			missed = append(missed, m.UID)
			tell = tell || m.gone || v.gone.has(m.UID) || !byUID(nums)
		case err != nil:
			return err
		}
	}
}

// toShow returns the selected mailbox, up to date, for a FETCH: or as it was a moment ago, when content alone is asked for
// and the server's options allow that.
func (s *Session) toShow(ctx context.Context, o *imap.FetchOptions) (*view, error) {
	if !o.Flags && !setsSeen(o) && s.beginBounded() {
		s.fresh = true // nothing is read after the command either
		return s.view, nil
	}
	v, err := s.selected(ctx)
	if err != nil {
		return nil, err
	}
	return v, s.refresh(ctx, v)
}

// finish returns how a FETCH ends that had to leave messages out.
func (s *Session) finish(ctx context.Context, v *view, missed []command.UID, tell bool) error {
	if err := s.absent(ctx, v, missed); err != nil {
		return err
	}
	if tell {
		return errGoneMessages
	}
	return nil
}

// setSeen sets \Seen on those messages of ranges that lack it, when o asks for it and the mailbox may be
// changed, and reads how they are afterwards. It returns those that were unseen.
func (s *Session) setSeen(ctx context.Context, v *view, ranges []command.UIDRange, o *imap.FetchOptions) (unseen uidSet, err error) {
	if v.readOnly || v.deleted || !setsSeen(o) || v.state.Counters.Unseen == 0 {
		return unseen, nil
	}
	list := s.within(v, ranges)
	for i := range list.ranges {
		list.ranges[i].Unseen = true
	}
	for {
		m, ok, err := list.next(ctx)
		if err != nil {
			return unseen, err
		}
		if !ok {
			break
		}
		if !m.gone {
			unseen.add(m.UID)
		}
	}
	if unseen.n == 0 {
		return unseen, nil
	}
	c := &command.Store{Account: s.account.id, Mailbox: v.id, Mode: command.StoreAdd, Flags: command.FlagSeen,
		UnchangedSince: math.MaxUint64}
	if err := s.store(ctx, v, c, unseen.ranges()); err != nil {
		return unseen, err
	}
	return unseen, s.refresh(ctx, v)
}

// setsSeen reports whether a FETCH sets \Seen (RFC 3501, 6.4.5; RFC 3516, 4.2).
func setsSeen(o *imap.FetchOptions) bool {
	for _, item := range o.BodySection {
		if !item.Peek {
			return true
		}
	}
	for _, item := range o.BinarySection {
		if !item.Peek {
			return true
		}
	}
	return false
}

package session

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// Expunge removes the messages with \Deleted, all or those among uids (RFC 4315), and tells w which; a nil
// w (CLOSE) is told nothing. Errors: NOPERM (EXAMINE; an engine does not call it at CLOSE then), BAD.
func (s *Session) Expunge(ctx context.Context, w Updates, uids *imap.UIDSet) error {
	v, err := s.writable(ctx)
	if err != nil {
		return err
	}
	defer s.rest()
	if uids == nil {
		return s.expunge(ctx, v, w, &command.Expunge{Account: s.account.id, Mailbox: v.id, All: true})
	}
	if dynamic(*uids) {
		if err := s.refresh(ctx, v); err != nil {
			return err
		}
	}
	ranges, err := s.uidRanges(ctx, v, *uids)
	if err != nil {
		return err
	}
	pieces, err := s.chunks(ctx, v, ranges)
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		c := &command.Expunge{Account: s.account.id, Mailbox: v.id, UIDs: piece}
		if err := s.expunge(ctx, v, w, c); err != nil {
			return err
		}
	}
	return nil
}

// expunge orders c until nothing is left to remove: one command removes a bounded number.
func (s *Session) expunge(ctx context.Context, v *view, w Updates, c *command.Expunge) error {
	for {
		out, err := s.write(ctx, c)
		if err != nil {
			return err
		}
		if out.Status != command.StatusOK {
			return s.refuseAt(v, out.Status)
		}
		removed, err := command.DecodeExpunged(out.Payload)
		if err != nil {
			return s.internal("decode what was expunged", err)
		}
		if len(removed.UIDs) > 0 {
			if err := s.tellRemoved(ctx, v, w); err != nil {
				return err
			}
		}
		if !removed.More {
			return nil
		}
	}
}

// tellRemoved tells which messages are gone after a command of this session's own removed some, with those that others
// removed. A nil w is told nothing. When that cannot be read now, the command was done nevertheless: what went is told
// later.
func (s *Session) tellRemoved(ctx context.Context, v *view, w Updates) error {
	err := s.refresh(ctx, v)
	if err == nil {
		err = s.tellGone(ctx, v, w)
	}
	if err == error(errNoQuorum) || err == error(errMailboxGone) {
		return nil
	}
	return err
}

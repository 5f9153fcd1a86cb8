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
	if uids == nil {
		return s.expunge(ctx, v, w, &command.Expunge{Account: s.account.id, Mailbox: v.id, All: true})
	}
	if dynamic(*uids) {
		if err := s.refresh(ctx, v); err != nil {
			return err
		}
	}
	ranges, err := s.uidRanges(v, *uids)
	if err != nil {
		return err
	}
	for _, piece := range v.chunks(ranges) {
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
		if err := v.tellRemoved(w, removed.UIDs); err != nil {
			return err
		}
		if !removed.More {
			return nil
		}
	}
}

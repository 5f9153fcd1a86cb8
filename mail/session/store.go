package session

import (
	"context"
	"math"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Store changes flags (RFC 3501, 6.4.6) and then answers with the flags as they are afterwards, whatever
// others did meanwhile; Silent answers nothing, and changes by others come with the next Poll. Messages that
// are gone are passed over; named by sequence number they make the answer NO [EXPUNGEISSUED] after all. each
// is not called for a silent store. o may be nil. Errors: NOPERM (EXAMINE), LIMIT (keywords), BAD.
func (s *Session) Store(ctx context.Context, nums imap.NumSet, f *imap.StoreFlags, o *imap.StoreOptions,
	each func(seq uint32) MessageWriter) error {
	v, err := s.writable(ctx)
	if err != nil {
		return err
	}
	c, err := s.storeCommand(v, f, o)
	if err != nil {
		return err
	}
	defer s.rest()
	if dynamic(nums) || len(v.own) >= maxOwn {
		if err := s.refresh(ctx, v); err != nil {
			return err
		}
	}
	ranges, err := s.uidRanges(ctx, v, nums)
	if err != nil {
		return err
	}
	if err := s.store(ctx, v, c, ranges); err != nil {
		return err
	}
	if f.Silent {
		// The client takes its own change for granted, so that the next read does not tell it. A keyword that is
		// new to the mailbox is told: then all flags in use are.
		v.own = append(v.own, ownStore{c, ranges})
		return nil
	}
	if err := s.refresh(ctx, v); err != nil {
		return err
	}
	return s.answerFlags(ctx, v, ranges, byUID(nums), each)
}

func (s *Session) storeCommand(v *view, f *imap.StoreFlags, o *imap.StoreOptions) (*command.Store, error) {
	c := &command.Store{Account: s.account.id, Mailbox: v.id, UnchangedSince: math.MaxUint64}
	switch f.Op {
	case imap.StoreFlagsSet:
		c.Mode = command.StoreReplace
	case imap.StoreFlagsAdd:
		c.Mode = command.StoreAdd
	case imap.StoreFlagsDel:
		c.Mode = command.StoreRemove
	default:
		return nil, bad("Unknown kind of STORE")
	}
	if o != nil && o.UnchangedSince != 0 {
		return nil, bad("UNCHANGEDSINCE is not supported")
	}
	var err error
	c.Flags, c.Keywords, err = s.parseFlags(f.Flags)
	return c, err
}

// store orders c for all messages of ranges, as one command where its limits allow it.
func (s *Session) store(ctx context.Context, v *view, c *command.Store, ranges []command.UIDRange) error {
	pieces, err := s.chunks(ctx, v, ranges)
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		c.UIDs = piece
		out, err := s.write(ctx, c)
		if err != nil {
			return err
		}
		if out.Status != command.StatusOK {
			return s.refuseAt(v, out.Status)
		}
	}
	return nil
}

// refuseAt is refuse for a command on the selected mailbox.
func (s *Session) refuseAt(v *view, status wire.Status) error {
	if status == command.StatusNoMailbox {
		v.vanish()
		return errMailboxGone
	}
	return s.refuse(status)
}

// answerFlags answers with the flags of all messages of ranges that the client knows.
func (s *Session) answerFlags(ctx context.Context, v *view, ranges []command.UIDRange, uid bool, each func(seq uint32) MessageWriter) error {
	list := s.within(v, ranges)
	missed := false
	for {
		m, ok, err := list.next(ctx)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if m.gone {
			missed = missed || !uid
			continue
		}
		w := each(m.number)
		if uid {
			w.UID(imap.UID(m.UID))
		}
		w.Flags(v.flagsOf(&m.Entry))
		v.heard(m.UID)
		if err := w.Close(); err != nil {
			return err
		}
	}
	if missed {
		return errGoneMessages
	}
	return nil
}

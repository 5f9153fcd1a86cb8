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
	if dynamic(nums) {
		if err := s.refresh(ctx, v); err != nil {
			return err
		}
	}
	ranges, err := s.uidRanges(v, nums)
	if err != nil {
		return err
	}
	if err := s.store(ctx, v, c, ranges); err != nil {
		return err
	}
	if f.Silent {
		v.assume(c, ranges)
		return nil
	}
	if err := s.refresh(ctx, v); err != nil {
		return err
	}
	return s.answerFlags(v, nums, each)
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
	for _, piece := range v.chunks(ranges) {
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

// assume takes the client's own silent change as told, so that the next read does not tell it. A keyword
// that is new to the mailbox has no bit yet: that one is told.
func (v *view) assume(c *command.Store, ranges []command.UIDRange) {
	var bits uint64
	for _, def := range c.Keywords {
		for i, token := range v.tokens {
			if token == def.Token {
				bits |= 1 << i
			}
		}
	}
	for _, r := range ranges {
		for i := v.index(r.First); i < len(v.messages) && v.messages[i].UID <= r.Last; i++ {
			m := &v.messages[i].Message
			switch c.Mode {
			case command.StoreReplace:
				m.Flags, m.Keywords = c.Flags, bits
			case command.StoreAdd:
				m.Flags, m.Keywords = m.Flags|c.Flags, m.Keywords|bits
			case command.StoreRemove:
				m.Flags, m.Keywords = m.Flags&^c.Flags, m.Keywords&^bits
			}
		}
	}
}

// answerFlags answers with the flags of all messages that nums names.
func (s *Session) answerFlags(v *view, nums imap.NumSet, each func(seq uint32) MessageWriter) error {
	list, err := s.pick(v, nums)
	if err != nil {
		return err
	}
	missed := false
	for _, i := range list {
		e := &v.messages[i]
		if e.gone {
			missed = missed || !byUID(nums)
			continue
		}
		w := each(uint32(i + 1))
		if byUID(nums) {
			w.UID(imap.UID(e.UID))
		}
		w.Flags(v.flagsOf(&e.Message))
		e.dirty = false
		if err := w.Close(); err != nil {
			return err
		}
	}
	if missed {
		return errGoneMessages
	}
	return nil
}

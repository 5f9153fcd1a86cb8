package session

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Copy copies messages to the end of another mailbox, all or none of those that are there; what is gone is
// passed over. The data names the messages that were copied; its sets are empty when there was none. Errors:
// TRYCREATE, OVERQUOTA, LIMIT, BAD.
func (s *Session) Copy(ctx context.Context, nums imap.NumSet, dest string) (*imap.CopyData, error) {
	v, err := s.selected(ctx)
	if err != nil {
		return nil, err
	}
	data, _, err := s.copy(ctx, v, nums, dest, false)
	return data, err
}

// Move is Copy that expunges the originals in the same step (RFC 6851), and tells so: w gets their EXPUNGEs
// before it returns, while on the wire the COPYUID comes first. Errors: those of Copy, NOPERM (EXAMINE).
func (s *Session) Move(ctx context.Context, w Updates, nums imap.NumSet, dest string) (*imap.CopyData, error) {
	v, err := s.writable(ctx)
	if err != nil {
		return nil, err
	}
	data, moved, err := s.copy(ctx, v, nums, dest, true)
	if err != nil {
		return nil, err
	}
	if len(moved) == 0 {
		return data, nil
	}
	return data, s.tellRemoved(ctx, v, w)
}

func (s *Session) copy(ctx context.Context, v *view, nums imap.NumSet, dest string, move bool) (
	*imap.CopyData, []command.UIDRange, error) {
	if v.deleted {
		return nil, nil, errMailboxGone
	}
	defer s.rest()
	if dynamic(nums) {
		if err := s.refresh(ctx, v); err != nil {
			return nil, nil, err
		}
	}
	ranges, err := s.uidRanges(ctx, v, nums)
	if err != nil {
		return nil, nil, err
	}
	pieces, err := s.chunks(ctx, v, ranges)
	if err != nil {
		return nil, nil, err
	}
	if len(pieces) > 1 {
		return nil, nil, errTooMany // it could not be undone after the first
	}
	data := new(imap.CopyData)
	var copied command.Copied
	err = s.withMailbox(ctx, dest, errTryCreate, func(n *namespace, m *mailbox) (wire.Status, error) {
		if len(ranges) == 0 {
			return command.StatusOK, nil
		}
		out, err := s.write(ctx, &command.Copy{
			Account: s.account.id, Source: v.id, Target: m.ID, NamespaceVersion: n.version,
			UIDs: ranges, Move: move,
		})
		if err != nil || out.Status != command.StatusOK {
			if out.Status == command.StatusNoMailbox { // the target is there: its version was checked
				return 0, s.refuseAt(v, out.Status)
			}
			return out.Status, err
		}
		if copied, err = command.DecodeCopied(out.Payload); err != nil {
			return 0, s.internal("decode what was copied", err)
		}
		data.UIDValidity = uint32(m.ID)
		return command.StatusOK, nil
	})
	if err != nil {
		return nil, nil, err
	}
	data.SourceUIDs, data.DestUIDs = imapSet(copied.Source), imapSet(copied.Target)
	return data, copied.Source, nil
}

package session

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Select opens a mailbox, read-only for EXAMINE. Whatever was selected before is left, also when it fails
// (RFC 3501, 6.3.1). Errors: NONEXISTENT.
func (s *Session) Select(ctx context.Context, name string, readOnly bool) (*imap.SelectData, error) {
	if err := s.Unselect(ctx); err != nil {
		return nil, err
	}
	var v *view
	err := s.withMailbox(ctx, name, errNoMailbox, func(n *namespace, m *mailbox) (wire.Status, error) {
		v = &view{id: m.ID, readOnly: readOnly}
		return s.readPages(ctx, v, n.version)
	})
	if err != nil {
		return nil, err
	}
	v.told, v.toldKeywords = len(v.messages), len(v.keywords)
	s.view = v
	return &imap.SelectData{
		Flags:             v.flags(),
		PermanentFlags:    v.permanent(),
		NumMessages:       uint32(v.told),
		FirstUnseenSeqNum: v.firstUnseen(),
		UIDNext:           imap.UID(v.uidNext),
		UIDValidity:       uint32(v.id),
		HighestModSeq:     v.since,
	}, nil
}

// firstUnseen returns the sequence number of the first message without \Seen, 0 when there is none.
func (v *view) firstUnseen() uint32 {
	for i := range v.messages {
		if v.messages[i].Flags&command.FlagSeen == 0 {
			return uint32(i + 1)
		}
	}
	return 0
}

// Unselect leaves the selected mailbox without expunging anything (RFC 3691). Without one it does nothing.
func (s *Session) Unselect(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.view, s.saved = nil, nil
	return nil
}

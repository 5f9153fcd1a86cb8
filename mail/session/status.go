package session

import (
	"context"
	"math"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Status answers STATUS by one ordered read of the mailbox's counters. Errors: NONEXISTENT.
func (s *Session) Status(ctx context.Context, name string, o *imap.StatusOptions) (*imap.StatusData, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	var data *imap.StatusData
	err := s.withMailbox(ctx, name, errNoMailbox, func(n *namespace, m *mailbox) (wire.Status, error) {
		// No message has a MODSEQ above this one: the page has the counters only.
		page, status, err := s.reader.ReadMailbox(ctx, &command.MailboxRead{
			Account: s.account.id, Mailbox: m.ID, NamespaceVersion: n.version,
			Since: math.MaxInt64 - 1, After: command.MaxUID, Limit: 1,
		})
		if err == nil && status == command.StatusOK {
			data = s.statusData(m.name, &page.Mailbox, o)
		}
		return status, err
	})
	return data, err
}

func (s *Session) statusData(name string, m *command.Mailbox, o *imap.StatusOptions) *imap.StatusData {
	c := m.Counters
	data := &imap.StatusData{Mailbox: name}
	if o == nil {
		return data
	}
	number := func(asked bool, n uint32) *uint32 {
		if !asked {
			return nil
		}
		return &n
	}
	data.NumMessages = number(o.NumMessages, c.Messages)
	data.NumRecent = number(o.NumRecent, 0)
	data.NumUnseen = number(o.NumUnseen, c.Unseen)
	data.NumDeleted = number(o.NumDeleted, c.Deleted)
	data.AppendLimit = number(o.AppendLimit, s.AppendLimit())
	if o.UIDNext {
		data.UIDNext = imap.UID(c.UIDNext)
	}
	if o.UIDValidity {
		data.UIDValidity = uint32(m.ID)
	}
	if o.Size {
		size := int64(c.Size)
		data.Size = &size
	}
	if o.HighestModSeq {
		data.HighestModSeq = c.HighestModSeq
	}
	return data
}

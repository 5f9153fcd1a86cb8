package session

import (
	"context"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// mailboxReader reads pages of a mailbox that are current when the read begins. The ordered read is the
// plain one; a validated read of the cache takes the same place.
type mailboxReader interface {
	ReadMailbox(ctx context.Context, c *command.MailboxRead) (command.MailboxPage, wire.Status, error)
}

// orderedReader reads through the order.
type orderedReader struct{ session *Session }

func (r orderedReader) ReadMailbox(ctx context.Context, c *command.MailboxRead) (
	command.MailboxPage, wire.Status, error) {
	out, err := r.session.read(ctx, c)
	if err != nil || out.Status != command.StatusOK {
		return command.MailboxPage{}, out.Status, err
	}
	page, err := command.DecodeMailboxPage(out.Payload)
	if err != nil || page.Mailbox.ID != c.Mailbox {
		return command.MailboxPage{}, 0, r.session.internal("decode a mailbox page", err)
	}
	return page, command.StatusOK, nil
}

// refresh brings the view up to date by one delta read, more when it has many pages. It tells the client
// nothing. A mailbox that was deleted becomes empty.
func (s *Session) refresh(ctx context.Context, v *view) error {
	if v.deleted {
		return nil
	}
	status, err := s.readPages(ctx, v, 0)
	switch {
	case err != nil:
		return err
	case status == command.StatusNoMailbox:
		v.vanish()
		return nil
	}
	return s.refuse(status)
}

// readPages reads into v all that changed since v.since, or everything when that is too long ago, against a
// version of the namespace (0: the mailbox's id is enough).
func (s *Session) readPages(ctx context.Context, v *view, version uint64) (wire.Status, error) {
	c := &command.MailboxRead{
		Account: s.account.id, Mailbox: v.id, NamespaceVersion: version,
		Since: v.since, Limit: command.MaxReadMessages,
	}
	for {
		page, status, err := s.reader.ReadMailbox(ctx, c)
		if err != nil || status != command.StatusOK {
			return status, err
		}
		if page.Horizon && c.Since > 0 {
			c.Since, c.After, v.since = 0, 0, 0
			continue
		}
		first := c.After == 0
		if first && c.Since == 0 {
			v.unsee()
		}
		if first {
			v.next = page.Mailbox.Counters.HighestModSeq
		}
		if err := s.applyPage(v, &page); err != nil {
			return 0, err
		}
		if !page.More || len(page.Messages) == 0 {
			break
		}
		c.After, c.NamespaceVersion = page.Messages[len(page.Messages)-1].UID, 0
	}
	if c.Since == 0 {
		v.dropUnseen()
	}
	v.since = v.next
	return command.StatusOK, nil
}

func (s *Session) applyPage(v *view, page *command.MailboxPage) error {
	if err := s.applyKeywords(v, page.Keywords); err != nil {
		return err
	}
	for i := range page.Messages {
		if !v.put(&page.Messages[i]) {
			return s.internal("apply a page: a UID below the last was given anew", nil)
		}
	}
	for _, r := range page.Expunged {
		v.remove(r)
	}
	v.uidNext = max(v.uidNext, page.Mailbox.Counters.UIDNext)
	return nil
}

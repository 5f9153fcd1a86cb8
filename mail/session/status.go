package session

import (
	"context"
	"math"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Status answers STATUS by the mailbox's counters, validated, or read through the order. Errors: NONEXISTENT.
func (s *Session) Status(ctx context.Context, name string, o *imap.StatusOptions) (*imap.StatusData, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	var data *imap.StatusData
	err := s.withMailbox(ctx, name, errNoMailbox, func(n *namespace, m *mailbox) (wire.Status, error) {
		if state, ok, err := s.validated(ctx, n, m); ok || err != nil {
			entry := m.Mailbox
			entry.Counters = state.Counters
			data = s.statusData(m.name, &entry, o)
			return command.StatusOK, err
		}
		c := &command.MailboxRead{Account: s.account.id, Mailbox: m.ID, NamespaceVersion: n.version, Removed: math.MaxUint64}
		p, status, err := s.orderParts(ctx, c)
		if err == nil && status == command.StatusOK {
			entry := m.Mailbox
			entry.Counters = p.State.Counters
			data = s.statusData(m.name, &entry, o)
		}
		return status, err
	})
	return data, err
}

// validated returns the state of a mailbox that a name was resolved to, if both are current.
func (s *Session) validated(ctx context.Context, n *namespace, m *mailbox) (command.MailboxState, bool, error) {
	digests, err := s.validate(ctx, command.NamespaceKey(s.account.id), command.MailboxKey(s.account.id, m.ID))
	if err != nil || digests == nil || digests[0] != n.digest || digests[1] == (wire.Digest{}) {
		return command.MailboxState{}, false, err
	}
	state, ok := s.mailboxState(ctx, m.ID, digests[1])
	if ok {
		s.server.checked.Add(1)
	}
	return state, ok, nil
}

// mailboxState returns the state with that digest of a mailbox: from the cache, or from the own host.
func (s *Session) mailboxState(ctx context.Context, id command.MailboxID, digest wire.Digest) (command.MailboxState, bool) {
	if b, ok := s.server.parts.Get(digest); ok {
		if m, err := command.DecodeMailboxState(b); err == nil {
			return m, true
		}
	}
	p := s.peekParts(ctx, &command.MailboxRead{
		Account: s.account.id, Mailbox: id, Removed: math.MaxUint64, Table: s.account.words(id).table,
	})
	if p == nil || p.digest != digest {
		return command.MailboxState{}, false
	}
	s.server.parts.Put(digest, p.State.Append(nil))
	return p.State, true
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

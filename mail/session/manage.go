package session

import (
	"context"
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Create makes a mailbox and the missing ones above it (RFC 3501, 6.3.3). It is not subscribed. Errors:
// ALREADYEXISTS, CANNOT (the name), USEATTR, LIMIT.
func (s *Session) Create(ctx context.Context, name string, o *imap.CreateOptions) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	name, err := canonicalName(name)
	if err != nil {
		return err
	}
	use := command.UseNone
	if o != nil {
		if use, err = useOf(o.SpecialUse); err != nil {
			return err
		}
	}
	pick := func(n *namespace) error {
		if m := n.find(name); m != nil && !m.Placeholder {
			return errExists
		}
		return nil
	}
	return s.resolved(ctx, pick, func(n *namespace) (wire.Status, error) {
		list, last, err := s.missing(n, name)
		if err != nil {
			return 0, err
		}
		last.Use = use
		return s.change(ctx, &command.MailboxCreate{
			Account: s.account.id, NamespaceVersion: n.version, Mailboxes: append(list, last),
		})
	})
}

// missing returns what has to be created above name, parents first, and name itself.
func (s *Session) missing(n *namespace, name string) (above []command.NewMailbox, last command.NewMailbox, err error) {
	parent, component := split(name)
	if last.Token, last.Sealed, err = s.vault.Name(component); err != nil {
		return nil, last, s.internal("seal a name", err)
	}
	if parent == "" {
		return nil, last, nil
	}
	if m := n.find(parent); m != nil {
		last.Parent = m.ID
		return nil, last, nil
	}
	above, next, err := s.missing(n, parent)
	if err != nil {
		return nil, last, err
	}
	above = append(above, next)
	last.ParentIndex = uint32(len(above))
	return above, last, nil
}

// change orders a command that changes the namespace; the copy that it was resolved against is then old.
func (s *Session) change(ctx context.Context, c command.Command) (wire.Status, error) {
	out, err := s.write(ctx, c)
	s.account.names.Store(nil)
	return out.Status, err
}

// Delete deletes a mailbox with its messages; mailboxes below it stay, and it stays as a name without a
// mailbox while it has any or is subscribed. Errors: NONEXISTENT, CANNOT (INBOX), HASCHILDREN (it is such
// a name already).
func (s *Session) Delete(ctx context.Context, name string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	name, err := canonicalName(name)
	if err != nil {
		return errNoMailbox
	}
	var m *mailbox
	pick := func(n *namespace) error {
		switch m = n.find(name); {
		case m == nil || m.Placeholder && m.children == 0:
			return errNoMailbox
		case m.Placeholder:
			return errHasChildren
		case m.Inbox:
			return badName("INBOX cannot be deleted")
		}
		return nil
	}
	return s.resolved(ctx, pick, func(n *namespace) (wire.Status, error) {
		return s.change(ctx, &command.MailboxDelete{
			Account: s.account.id, NamespaceVersion: n.version, Mailbox: m.ID,
		})
	})
}

// Rename gives a mailbox, with those below it, another name; missing ones above the new name are made.
// Renaming INBOX moves its messages to a new mailbox and leaves INBOX empty (RFC 3501, 6.3.5). Errors:
// NONEXISTENT, ALREADYEXISTS, CANNOT (into itself, or the name), LIMIT.
func (s *Session) Rename(ctx context.Context, name, to string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	name, err := canonicalName(name)
	if err != nil {
		return errNoMailbox
	}
	if to, err = canonicalName(to); err != nil {
		return err
	}
	var m *mailbox
	pick := func(n *namespace) error {
		if m = n.find(name); m == nil || m.Placeholder && m.children == 0 {
			return errNoMailbox
		}
		if n.find(to) != nil {
			return errExists
		}
		if !m.Inbox && strings.HasPrefix(to, name+string(delimiter)) {
			return badName("A mailbox cannot move below itself")
		}
		return nil
	}
	return s.resolved(ctx, pick, func(n *namespace) (wire.Status, error) {
		create, last, err := s.missing(n, to)
		if err != nil {
			return 0, err
		}
		return s.change(ctx, &command.MailboxRename{
			Account: s.account.id, NamespaceVersion: n.version, Mailbox: m.ID, Create: create,
			Parent: last.Parent, ParentIndex: last.ParentIndex, Token: last.Token, Sealed: last.Sealed,
		})
	})
}

// Subscribe puts a mailbox on the list that LSUB shows. Errors: NONEXISTENT.
func (s *Session) Subscribe(ctx context.Context, name string) error {
	return s.subscribe(ctx, name, true)
}

// Unsubscribe takes a mailbox, or a name without one, from the list that LSUB shows. Errors: NONEXISTENT.
func (s *Session) Unsubscribe(ctx context.Context, name string) error {
	return s.subscribe(ctx, name, false)
}

func (s *Session) subscribe(ctx context.Context, name string, on bool) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	name, err := canonicalName(name)
	if err != nil {
		return errNoMailbox
	}
	var m *mailbox
	pick := func(n *namespace) error {
		if m = n.find(name); m == nil || m.Placeholder && on {
			return errNoMailbox
		}
		return nil
	}
	return s.resolved(ctx, pick, func(n *namespace) (wire.Status, error) {
		return s.change(ctx, &command.MailboxSubscribe{
			Account: s.account.id, NamespaceVersion: n.version, Mailbox: m.ID, Subscribed: on,
		})
	})
}

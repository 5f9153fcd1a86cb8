package imapgate

import (
	"errors"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

var errStatus = errors.New("imapgate: session left out STATUS items")

// Select opens a mailbox; the engine has closed the one before.
func (a adapter) Select(mailbox string, o *imap.SelectOptions) (*imap.SelectData, error) {
	data, err := a.g.session.Select(a.g.ctx, mailbox, o.ReadOnly)
	if err != nil {
		return nil, a.refused(err)
	}
	a.g.mailbox = true
	shown := *data
	shown.Flags = validFlags(data.Flags)
	shown.PermanentFlags = validFlags(data.PermanentFlags)
	shown.List = nil // IMAP4rev2 only
	return &shown, nil
}

// Unselect closes the mailbox.
func (a adapter) Unselect() error {
	if err := a.g.session.Unselect(a.g.ctx); err != nil {
		return a.refused(err)
	}
	a.g.mailbox = false
	return nil
}

// Create makes a mailbox.
func (a adapter) Create(mailbox string, o *imap.CreateOptions) error {
	return a.refused(a.g.session.Create(a.g.ctx, mailbox, o))
}

// Delete removes a mailbox.
func (a adapter) Delete(mailbox string) error {
	return a.refused(a.g.session.Delete(a.g.ctx, mailbox))
}

// Rename renames a mailbox and its children.
func (a adapter) Rename(mailbox, to string, _ *imap.RenameOptions) error {
	return a.refused(a.g.session.Rename(a.g.ctx, mailbox, to))
}

// Subscribe subscribes to a mailbox.
func (a adapter) Subscribe(mailbox string) error {
	return a.refused(a.g.session.Subscribe(a.g.ctx, mailbox))
}

// Unsubscribe takes a subscription back.
func (a adapter) Unsubscribe(mailbox string) error {
	return a.refused(a.g.session.Unsubscribe(a.g.ctx, mailbox))
}

// Namespace tells where mailboxes are (RFC 2342).
func (a adapter) Namespace() (*imap.NamespaceData, error) {
	data, err := a.g.session.Namespace(a.g.ctx)
	return data, a.refused(err)
}

// List lists mailboxes.
func (a adapter) List(w *imapserver.ListWriter, ref string, patterns []string, o *imap.ListOptions) error {
	return a.refused(a.g.session.List(a.g.ctx, ref, patterns, o, func(data *imap.ListData) error {
		shown := *data
		shown.Attrs = validAttrs(data.Attrs)
		if shown.Status != nil && o.ReturnStatus != nil {
			if err := complete(shown.Status, o.ReturnStatus); err != nil {
				return err
			}
		}
		return w.WriteList(&shown)
	}))
}

// Status tells a mailbox's counters.
func (a adapter) Status(mailbox string, o *imap.StatusOptions) (*imap.StatusData, error) {
	data, err := a.g.session.Status(a.g.ctx, mailbox, o)
	if err == nil {
		err = complete(data, o)
	}
	return data, a.refused(err)
}

// complete reports an error when an item that was asked for is missing: the engine would panic.
func complete(data *imap.StatusData, o *imap.StatusOptions) error {
	switch {
	case data == nil,
		o.NumMessages && data.NumMessages == nil,
		o.NumUnseen && data.NumUnseen == nil,
		o.NumDeleted && data.NumDeleted == nil,
		o.Size && data.Size == nil,
		o.DeletedStorage && data.DeletedStorage == nil,
		o.NumRecent && data.NumRecent == nil:
		return errStatus
	}
	return nil
}

// validAttrs returns the attributes that can be written.
func validAttrs(attrs []imap.MailboxAttr) []imap.MailboxAttr {
	valid := make([]imap.MailboxAttr, 0, len(attrs))
	for _, attr := range attrs {
		if len(attr) > 1 && attr[0] == '\\' && flagText(string(attr)) {
			valid = append(valid, attr)
		}
	}
	return valid
}

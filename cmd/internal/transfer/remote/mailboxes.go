package remote

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/cmd/internal/transfer"
	"troxymail/cmd/internal/transfer/imaplink"
)

// maxMailboxes bounds what is taken of a server's list.
const maxMailboxes = 100_000

// Mailboxes are those of an account. Used by one goroutine; Close when done.
type Mailboxes struct {
	link     *imaplink.Steady
	conn     *imaplink.Conn // the one that selected is about
	selected string         // name of the mailbox that conn has open, or empty
	validity uint32         // its UIDVALIDITY
	messages uint32         // how many it had
}

// Open logs in.
func Open(ctx context.Context, a *imaplink.Account) (*Mailboxes, error) {
	link, err := imaplink.NewSteady(ctx, a)
	if err != nil {
		return nil, err
	}
	return &Mailboxes{link: link}, nil
}

// Close ends the connection.
func (m *Mailboxes) Close() { m.link.Close() }

// do runs op with conn set, and again when the connection breaks.
func (m *Mailboxes) do(ctx context.Context, op func() error) error {
	return m.link.Do(ctx, func(c *imaplink.Conn) error {
		if m.conn != c {
			m.conn, m.selected = c, ""
		}
		return op()
	})
}

// open selects a mailbox read-only.
func (m *Mailboxes) open(name string) error {
	if m.selected == name && name != "" {
		return nil
	}
	m.selected = ""
	data, err := m.conn.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err == nil {
		m.selected, m.validity, m.messages = name, data.UIDValidity, data.NumMessages
	}
	return err
}

// Folders lists the mailboxes that can be selected, INBOX first, then by name.
func (m *Mailboxes) Folders(ctx context.Context) ([]transfer.Folder, error) {
	var found []transfer.Folder
	err := m.do(ctx, func() (err error) {
		found, err = m.folders()
		return err
	})
	slices.SortStableFunc(found, func(a, b transfer.Folder) int {
		if (a.Name == "INBOX") != (b.Name == "INBOX") {
			if a.Name == "INBOX" {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return found, err
}

func (m *Mailboxes) folders() ([]transfer.Folder, error) {
	caps := m.conn.Caps()
	status := &imap.StatusOptions{NumMessages: true, Size: caps.Has(imap.CapStatusSize)}
	var options *imap.ListOptions
	if caps.Has(imap.CapListExtended) && caps.Has(imap.CapSpecialUse) {
		options = &imap.ListOptions{ReturnSpecialUse: true}
	}
	listed, err := m.conn.List("", "*", options).Collect()
	if err != nil {
		return nil, err
	}
	if len(listed) > maxMailboxes {
		return nil, fmt.Errorf("the server lists %d mailboxes: more than %d are not read", len(listed), maxMailboxes)
	}
	var found []transfer.Folder
	for _, d := range listed {
		if slices.Contains(d.Attrs, imap.MailboxAttrNoSelect) || slices.Contains(d.Attrs, imap.MailboxAttrNonExistent) {
			continue
		}
		f := transfer.Folder{ID: d.Mailbox, Name: nameOf(d), Use: useOf(d.Attrs)}
		counted, err := m.conn.Status(d.Mailbox, status).Wait()
		if err != nil && imaplink.Said(err) == nil {
			return nil, err
		}
		if err == nil {
			if counted.NumMessages != nil {
				f.Messages = int(*counted.NumMessages)
			}
			if counted.Size != nil {
				f.Bytes = *counted.Size
			}
		}
		found = append(found, f)
	}
	return found, nil
}

// nameOf splits a mailbox's name at the server's own delimiter.
func nameOf(d *imap.ListData) string {
	if d.Delim == 0 {
		return transfer.JoinName([]string{d.Mailbox})
	}
	return transfer.JoinName(strings.Split(d.Mailbox, string(d.Delim)))
}

// uses are the special uses that an account's mailbox may have, beside \All and \Flagged, whose letters are
// all in another mailbox too.
var uses = []imap.MailboxAttr{imap.MailboxAttrSent, imap.MailboxAttrDrafts, imap.MailboxAttrTrash, imap.MailboxAttrJunk,
	imap.MailboxAttrArchive, imap.MailboxAttrAll, imap.MailboxAttrFlagged}

func useOf(attrs []imap.MailboxAttr) imap.MailboxAttr {
	for _, a := range attrs {
		for _, u := range uses {
			if strings.EqualFold(string(a), string(u)) {
				return u
			}
		}
	}
	return ""
}

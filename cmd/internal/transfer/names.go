package transfer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"
)

// Delimiter separates the components of a Folder's name, as in the cluster's mailboxes.
const Delimiter = "/"

// usual are the names by which programs know mailboxes of special use that are not marked as such.
var usual = map[string]imap.MailboxAttr{
	"sent": imap.MailboxAttrSent, "sent items": imap.MailboxAttrSent, "sent messages": imap.MailboxAttrSent,
	"sent mail": imap.MailboxAttrSent, "sent-mail": imap.MailboxAttrSent,
	"drafts": imap.MailboxAttrDrafts, "draft": imap.MailboxAttrDrafts,
	"trash": imap.MailboxAttrTrash, "deleted items": imap.MailboxAttrTrash,
	"deleted messages": imap.MailboxAttrTrash, "bin": imap.MailboxAttrTrash,
	"junk": imap.MailboxAttrJunk, "spam": imap.MailboxAttrJunk, "junk e-mail": imap.MailboxAttrJunk,
	"junk email": imap.MailboxAttrJunk, "bulk mail": imap.MailboxAttrJunk,
	"archive": imap.MailboxAttrArchive, "archives": imap.MailboxAttrArchive,
}

// UseByName returns the special use that a folder's name at the top tells people, or empty.
func UseByName(name string) imap.MailboxAttr { return usual[strings.ToLower(name)] }

// JoinName makes a name of components in the source's own spelling: what a mailbox name of the cluster
// cannot hold (the delimiter, control characters, * and %, bytes that are no UTF-8) becomes "_", an empty
// component is left out. A first component "inbox" in any case is INBOX.
func JoinName(components []string) string {
	var kept []string
	for _, c := range components {
		c = strings.ToValidUTF8(c, "_")
		c = strings.Map(func(r rune) rune {
			if r == '/' || r == '*' || r == '%' || r == utf8.RuneError || unicode.IsControl(r) {
				return '_'
			}
			return r
		}, c)
		if c != "" {
			kept = append(kept, c)
		}
	}
	if len(kept) > 0 && strings.EqualFold(kept[0], "INBOX") {
		kept[0] = "INBOX"
	}
	return strings.Join(kept, Delimiter)
}

package session

import (
	"context"
	"strings"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// uses are the attributes of special-use mailboxes (RFC 6154, 2).
var uses = map[command.SpecialUse]imap.MailboxAttr{
	command.UseDrafts: imap.MailboxAttrDrafts, command.UseSent: imap.MailboxAttrSent,
	command.UseTrash: imap.MailboxAttrTrash, command.UseJunk: imap.MailboxAttrJunk,
	command.UseArchive: imap.MailboxAttrArchive, command.UseFlagged: imap.MailboxAttrFlagged,
	command.UseAll: imap.MailboxAttrAll,
}

// List answers LIST, LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819) and, with SelectSubscribed, LSUB,
// from one reading of the namespace: names and counters are of one moment. No pattern, or one empty one,
// asks for the delimiter. each gets the entries in order of name; its error ends the listing.
func (s *Session) List(ctx context.Context, ref string, patterns []string, o *imap.ListOptions,
	each func(*imap.ListData) error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if len(patterns) == 0 || len(patterns) == 1 && patterns[0] == "" {
		return each(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: delimiter})
	}
	if o == nil {
		o = new(imap.ListOptions)
	}
	if len(patterns) > MaxPatterns {
		return no(imap.ResponseCodeLimit, "Too many patterns in one LIST")
	}
	l := listing{options: o}
	for _, text := range patterns {
		if len(ref)+len(text) > MaxPatternBytes {
			return no(imap.ResponseCodeLimit, "A LIST pattern is too long")
		}
		l.patterns = append(l.patterns, newPattern(ref, text))
	}
	n, err := s.currentNames(ctx, o.ReturnStatus != nil)
	if err != nil {
		return err
	}
	l.selectFrom(n)
	for _, m := range n.sorted {
		if data := l.data(m); data != nil {
			if o.ReturnStatus != nil && !m.Placeholder {
				data.Status = s.statusData(m.name, &m.Mailbox, o.ReturnStatus)
			}
			if err := each(data); err != nil {
				return err
			}
		}
	}
	return nil
}

// currentNames returns the namespace as it is now: the copy that is there when it is validated, else read anew. The
// counters in a copy are old.
func (s *Session) currentNames(ctx context.Context, counters bool) (*namespace, error) {
	if n := s.account.names.Load(); n != nil && !counters {
		digests, err := s.validate(ctx, command.NamespaceKey(s.account.id))
		if err != nil {
			return nil, err
		}
		if digests != nil && digests[0] == n.digest {
			s.server.current.Add(1)
			return n, nil
		}
	}
	return s.readNamespace(ctx)
}

// listing is one LIST.
type listing struct {
	options  *imap.ListOptions
	patterns []pattern
	matches  map[*mailbox]bool // those that match a pattern
	below    map[*mailbox]bool // those with a mailbox below that meets the selection
}

// selectFrom finds what matches, and what stands above mailboxes that meet the selection.
func (l *listing) selectFrom(n *namespace) {
	l.matches, l.below = make(map[*mailbox]bool), make(map[*mailbox]bool)
	for _, m := range n.sorted {
		l.matches[m] = matchesAny(l.patterns, m.name)
		if !l.options.SelectRecursiveMatch || !l.meets(m) {
			continue
		}
		for parent, _ := split(m.name); parent != ""; parent, _ = split(parent) {
			if p := n.find(parent); p != nil {
				l.below[p] = true
			}
		}
	}
}

// meets reports whether m meets the selection options. Without one, placeholders are listed only where
// they have mailboxes below. SelectRemote adds nothing: there are no remote mailboxes.
func (l *listing) meets(m *mailbox) bool {
	switch {
	case l.options.SelectSubscribed && !m.Subscribed:
		return false
	case l.options.SelectSpecialUse && m.Use == command.UseNone:
		return false
	case !l.options.SelectSubscribed && m.Placeholder && m.children == 0:
		return false
	}
	return true
}

// data returns the entry of m, or nil when it is not listed.
func (l *listing) data(m *mailbox) *imap.ListData {
	if !l.matches[m] || !l.meets(m) && !l.below[m] {
		return nil
	}
	data := &imap.ListData{Delim: delimiter, Mailbox: m.name, Attrs: l.attributes(m)}
	if l.below[m] && l.options.SelectSubscribed {
		data.ChildInfo = &imap.ListDataChildInfo{Subscribed: true}
	}
	return data
}

// attributes returns what is said of a mailbox. Children and special use are told always: both RFCs allow
// it, and clients without LIST-EXTENDED look for them.
func (l *listing) attributes(m *mailbox) []imap.MailboxAttr {
	var attrs []imap.MailboxAttr
	if m.Placeholder {
		attrs = append(attrs, imap.MailboxAttrNoSelect)
		if l.options.SelectSubscribed || l.options.ReturnSubscribed {
			attrs = append(attrs, imap.MailboxAttrNonExistent)
		}
	}
	if m.children > 0 {
		attrs = append(attrs, imap.MailboxAttrHasChildren)
	} else {
		attrs = append(attrs, imap.MailboxAttrHasNoChildren)
	}
	if m.Subscribed && (l.options.SelectSubscribed || l.options.ReturnSubscribed) {
		attrs = append(attrs, imap.MailboxAttrSubscribed)
	}
	if attr, ok := uses[m.Use]; ok && !m.Placeholder {
		attrs = append(attrs, attr)
	}
	return attrs
}

// useOf returns the special use that CREATE asks for (RFC 6154, 3); names are compared without case.
func useOf(attrs []imap.MailboxAttr) (command.SpecialUse, error) {
	switch len(attrs) {
	case 0:
		return command.UseNone, nil
	case 1:
	default:
		return 0, no(codeUseAttr, "A mailbox has at most one special use here")
	}
	for use, known := range uses {
		if strings.EqualFold(string(attrs[0]), string(known)) {
			return use, nil
		}
	}
	return 0, no(codeUseAttr, "That special use is not known here")
}

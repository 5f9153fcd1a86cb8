package imapgate

import (
	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"troxymail/mail/session"
)

// Fetch tells of messages. BINARY is not offered, so its items are refused.
func (a adapter) Fetch(w *imapserver.FetchWriter, nums imap.NumSet, o *imap.FetchOptions) error {
	if len(o.BinarySection) > 0 || len(o.BinarySectionSize) > 0 {
		return &imap.Error{Type: imap.StatusResponseTypeBad, Text: "BINARY is not offered"}
	}
	extended := o.BodyStructure != nil && o.BodyStructure.Extended
	m := &messages{g: a.g, to: w, extended: extended}
	err := a.g.session.Fetch(a.g.ctx, a.updates(nums), nums, o, m.each)
	return a.refused(m.settle(err))
}

// Store changes flags.
func (a adapter) Store(
	w *imapserver.FetchWriter, nums imap.NumSet, flags *imap.StoreFlags, o *imap.StoreOptions,
) error {
	if a.g.session.ReadOnly() {
		return errReadOnly
	}
	m := &messages{g: a.g, to: w}
	err := a.g.session.Store(a.g.ctx, nums, flags, o, m.each)
	return a.refused(m.settle(err))
}

// updates are for a command that names messages by nums: sequence numbers must hold until its end.
func (a adapter) updates(nums imap.NumSet) session.Updates {
	_, byUID := nums.(imap.UIDSet)
	return updates{g: a.g, expunge: byUID}
}

// Search finds messages.
func (a adapter) Search(
	kind imapserver.NumKind, c *imap.SearchCriteria, o *imap.SearchOptions,
) (*imap.SearchData, error) {
	byUID := kind == imapserver.NumKindUID
	data, err := a.g.session.Search(a.g.ctx, byUID, c, o)
	if err != nil {
		return nil, a.refused(err)
	}
	shown := *data
	if shown.All == nil && byUID {
		shown.All = imap.UIDSet{}
	} else if shown.All == nil {
		shown.All = imap.SeqSet{}
	}
	return &shown, nil
}

// Copy copies messages.
func (a adapter) Copy(nums imap.NumSet, dest string) (*imap.CopyData, error) {
	data, err := a.g.session.Copy(a.g.ctx, nums, dest)
	return shownCopy(data), a.refused(err)
}

// Move moves messages. Where they went is told before they are gone (RFC 6851 section 4.3).
func (a adapter) Move(w *imapserver.MoveWriter, nums imap.NumSet, dest string) error {
	if a.g.session.ReadOnly() {
		return errReadOnly
	}
	var later recorded
	data, err := a.g.session.Move(a.g.ctx, &later, nums, dest)
	if err == nil && shownCopy(data) != nil {
		err = w.WriteCopyData(data)
	}
	if told := later.replay(updates{g: a.g, expunge: true}); err == nil {
		err = told
	}
	return a.refused(err)
}

// shownCopy leaves out an empty COPYUID, which cannot be written.
func shownCopy(data *imap.CopyData) *imap.CopyData {
	if data == nil || len(data.SourceUIDs) == 0 || len(data.DestUIDs) == 0 {
		return nil
	}
	return data
}

// Expunge removes messages. The engine calls it for CLOSE too, which after EXAMINE removes nothing,
// and never tells what it removed.
func (a adapter) Expunge(_ *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	closing := a.g.current != nil && a.g.current.name == "CLOSE"
	switch {
	case a.g.session.ReadOnly() && closing:
		return nil
	case a.g.session.ReadOnly():
		return errReadOnly
	case closing:
		return a.refused(a.g.session.Expunge(a.g.ctx, silent{}, uids))
	default:
		return a.refused(a.g.session.Expunge(a.g.ctx, updates{g: a.g, expunge: true}, uids))
	}
}

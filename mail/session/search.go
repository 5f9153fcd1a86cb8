package session

import (
	"context"
	"errors"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/message"
)

// Search answers SEARCH (uid false) and UID SEARCH by looking at one message after the other; it opens a
// summary or a body only when nothing cheaper decides. It ends when ctx does. Messages that are gone are not
// found; messages that the client was not told of are found by UID only. With ReturnSave the result is kept
// for "$" (RFC 5182); a search that fails keeps the empty one. o may be nil. Errors: LIMIT (criteria).
func (s *Session) Search(ctx context.Context, uid bool, c *imap.SearchCriteria, o *imap.SearchOptions) (
	*imap.SearchData, error) {
	v, err := s.selected(ctx)
	if err != nil {
		return nil, err
	}
	if o == nil {
		o = new(imap.SearchOptions)
	}
	found, err := s.search(ctx, v, uid, c)
	if o.ReturnSave {
		s.saved = v.span(kept(found, o))
	}
	if err != nil {
		return nil, err
	}
	return v.searchData(found, uid, o), nil
}

// search returns the indices of what was found, rising; none with an error.
func (s *Session) search(ctx context.Context, v *view, uid bool, c *imap.SearchCriteria) ([]int, error) {
	if err := s.refresh(ctx, v); err != nil {
		return nil, err
	}
	c = s.resolve(v, c, message.MaxSearchDepth)
	if err := message.CheckCriteria(c); err != nil {
		return nil, no(imap.ResponseCodeLimit, "The search has too many keys")
	}
	dated := asksDate(c)
	end := v.told
	if uid {
		end = len(v.messages)
	}
	var found []int
	for i := range v.messages[:end] {
		if ctx.Err() != nil {
			return nil, errNoQuorum
		}
		if v.messages[i].gone {
			continue
		}
		ok, err := s.match(ctx, v, i, c, dated)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, i)
		}
	}
	return found, nil
}

// match judges one message. One whose records are gone was expunged after the view was read: no match.
func (s *Session) match(ctx context.Context, v *view, i int, c *imap.SearchCriteria, dated bool) (bool, error) {
	m := &candidate{ctx: ctx, session: s, view: v, index: i, dated: dated}
	defer m.close()
	ok, err := message.Match(c, m)
	if m.err != nil {
		err = m.err
	}
	switch {
	case errors.Is(err, errGoneLetter):
		return false, nil
	case err == nil || isImap(err):
		return ok, err
	}
	return false, s.internal("search a message", err)
}

// candidate is a message of the view as message.Match asks about it.
type candidate struct {
	ctx     context.Context
	session *Session
	view    *view
	index   int
	dated   bool // the criteria ask for the internal date
	letter  *letter
	err     error // of InternalDate, which has no other way to tell
}

func (m *candidate) entry() *entry { return &m.view.messages[m.index] }

// Seq implements message.Matchable.
func (m *candidate) Seq() uint32 {
	if m.index >= m.view.told {
		return 0
	}
	return uint32(m.index + 1)
}

// UID implements message.Matchable.
func (m *candidate) UID() imap.UID { return imap.UID(m.entry().UID) }

// ModSeq implements message.Matchable.
func (m *candidate) ModSeq() uint64 { return m.entry().ModSeq }

// Size implements message.Matchable.
func (m *candidate) Size() int64 { return int64(m.entry().Size) }

// HasFlag implements message.Matchable.
func (m *candidate) HasFlag(name imap.Flag) bool {
	if bit := flagBit(name); bit != 0 {
		return m.entry().Flags&bit != 0
	}
	return m.entry().Keywords&m.view.keywordBits(name) != 0
}

// InternalDate implements message.Matchable. The date is in the summary, which is opened only when the
// criteria ask for it.
func (m *candidate) InternalDate() time.Time {
	if !m.dated || m.open() != nil {
		return time.Time{}
	}
	return m.letter.date()
}

// Summary implements message.Matchable.
func (m *candidate) Summary() (*message.Summary, error) {
	if err := m.open(); err != nil {
		return nil, err
	}
	return m.letter.summary, nil
}

// Body implements message.Matchable.
func (m *candidate) Body() ([]byte, error) {
	if err := m.open(); err != nil {
		return nil, err
	}
	return m.letter.whole(m.ctx)
}

func (m *candidate) open() error {
	if m.letter == nil && m.err == nil {
		m.letter, m.err = m.session.letter(m.ctx, &m.entry().Message)
	}
	return m.err
}

func (m *candidate) close() {
	if m.letter != nil {
		m.letter.close()
	}
}

// asksDate reports whether criteria ask for the internal date anywhere.
func asksDate(c *imap.SearchCriteria) bool {
	if !c.Since.IsZero() || !c.Before.IsZero() {
		return true
	}
	for i := range c.Not {
		if asksDate(&c.Not[i]) {
			return true
		}
	}
	for i := range c.Or {
		if asksDate(&c.Or[i][0]) || asksDate(&c.Or[i][1]) {
			return true
		}
	}
	return false
}

// resolve returns c with "*" and "$" replaced by what they are now. Below depth it copies as it is:
// CheckCriteria refuses that.
func (s *Session) resolve(v *view, c *imap.SearchCriteria, depth int) *imap.SearchCriteria {
	r := *c
	if depth < 0 {
		return &r
	}
	r.SeqNum = make([]imap.SeqSet, 0, len(c.SeqNum))
	for _, set := range c.SeqNum {
		var fixed imap.SeqSet
		for _, n := range set {
			if first, last, ok := bounds(n.Start, n.Stop, uint32(v.told)); ok {
				fixed.AddRange(first, last)
			}
		}
		r.SeqNum = append(r.SeqNum, fixed)
	}
	r.UID = make([]imap.UIDSet, 0, len(c.UID))
	for _, set := range c.UID {
		ranges, _ := s.uidRanges(v, set) // a UID set has no errors
		r.UID = append(r.UID, imapSet(ranges))
	}
	r.Not = make([]imap.SearchCriteria, len(c.Not))
	for i := range c.Not {
		r.Not[i] = *s.resolve(v, &c.Not[i], depth-1)
	}
	r.Or = make([][2]imap.SearchCriteria, len(c.Or))
	for i := range c.Or {
		for j := range c.Or[i] {
			r.Or[i][j] = *s.resolve(v, &c.Or[i][j], depth-1)
		}
	}
	return &r
}

// kept returns what SAVE keeps: with MIN or MAX and neither ALL nor COUNT, only those (RFC 5182, 2.1).
func kept(found []int, o *imap.SearchOptions) []int {
	if len(found) == 0 || o.ReturnAll || o.ReturnCount || !o.ReturnMin && !o.ReturnMax {
		return found
	}
	var list []int
	if o.ReturnMin {
		list = append(list, found[0])
	}
	if last := found[len(found)-1]; o.ReturnMax && (len(list) == 0 || last != list[0]) {
		list = append(list, last)
	}
	return list
}

// searchData says what was found, as UIDs or sequence numbers. Without options, or with ALL, that is all.
func (v *view) searchData(found []int, uid bool, o *imap.SearchOptions) *imap.SearchData {
	number := func(i int) uint32 {
		if uid {
			return uint32(v.messages[i].UID)
		}
		return uint32(i + 1)
	}
	data := &imap.SearchData{Count: uint32(len(found))}
	if len(found) > 0 {
		data.Min, data.Max = number(found[0]), number(found[len(found)-1])
	}
	if !o.ReturnAll && (o.ReturnMin || o.ReturnMax || o.ReturnCount || o.ReturnSave) {
		return data
	}
	if uid {
		set := imap.UIDSet{}
		for _, i := range found {
			set.AddNum(imap.UID(number(i)))
		}
		data.All = set
		return data
	}
	set := imap.SeqSet{}
	for _, i := range found {
		set.AddNum(number(i))
	}
	data.All = set
	return data
}

var _ message.Matchable = (*candidate)(nil)

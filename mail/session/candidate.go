package session

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/message"
	"troxymail/mailstore/command"
)

// candidate is a message of the view as message.Match asks about it.
type candidate struct {
	ctx     context.Context
	session *Session
	view    *view
	item    *item
	dated   bool // the criteria ask for the internal date
	letter  *letter
	err     error // of InternalDate, which has no other way to tell
}

// Seq implements message.Matchable.
func (m *candidate) Seq() uint32 { return m.item.number }

// UID implements message.Matchable.
func (m *candidate) UID() imap.UID { return imap.UID(m.item.UID) }

// ModSeq implements message.Matchable.
func (m *candidate) ModSeq() uint64 { return m.item.ModSeq }

// Size implements message.Matchable.
func (m *candidate) Size() int64 { return int64(m.item.Size) }

// HasFlag implements message.Matchable.
func (m *candidate) HasFlag(name imap.Flag) bool {
	if bit := flagBit(name); bit != 0 {
		return m.item.Flags&bit != 0
	}
	return m.item.Keywords&m.view.keywordBits(name) != 0
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
		var record command.Message
		if record, m.err = m.session.record(m.ctx, m.view, m.item.UID, m.item.UID+searchAhead); m.err == nil {
			m.letter, m.err = m.session.letter(m.ctx, record)
		}
	}
	return m.err
}

func (m *candidate) close() {
	if m.letter != nil {
		m.letter.close()
	}
}

package message

import (
	"errors"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	// MaxSearchDepth bounds how deep NOT and OR nest in search criteria.
	MaxSearchDepth = 32
	// MaxSearchKeys bounds the keys of one search, all levels together.
	MaxSearchKeys = 1000
	// MaxSearchTexts bounds the BODY and TEXT keys of one search: each reads the whole message.
	MaxSearchTexts = 50
)

// Matchable is a message that Match judges. Match asks for the summary only when flags, numbers, date
// and size do not decide, and for the body only when the summary does not either; for each at most once.
type Matchable interface {
	// Seq is the sequence number, 0 when the message has none in the session.
	Seq() uint32
	UID() imap.UID
	// HasFlag compares without regard to case, as RFC 3501 2.3.2 has it; \Recent is asked for as a flag.
	HasFlag(imap.Flag) bool
	ModSeq() uint64
	InternalDate() time.Time
	// Size is in bytes.
	Size() int64
	// Summary returns the message's summary. Its error ends the search.
	Summary() (*Summary, error)
	// Body returns the whole message, which must not change during Match. Its error ends the search.
	Body() ([]byte, error)
}

// Match reports whether m satisfies c (RFC 3501 6.4.4). "*" and "$" in number sets must have been
// replaced: ErrCriteria. Text is compared without regard to case, with encoded words, transfer
// encodings and known charsets decoded; BODY and TEXT look into text parts and the headers of parts,
// not into attachments. A message without a readable Date satisfies no SENT key. Other errors are m's.
func Match(c *imap.SearchCriteria, m Matchable) (bool, error) {
	if err := CheckCriteria(c); err != nil {
		return false, err
	}
	s := &searcher{m: m}
	for s.effort = byNumbers; ; s.effort++ {
		t, err := s.all(c)
		if err != nil {
			return false, err
		}
		if t != unknown {
			return t == yes, nil
		}
	}
}

// truth is what is known of a key so far.
type truth uint8

const (
	no truth = iota
	yes
	unknown // more effort will tell
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// effort says what may be loaded to decide a key.
type effort uint8

const (
	byNumbers effort = iota
	bySummary
	byBody
)

// searcher judges one message, with growing effort.
type searcher struct {
	m       Matchable
	effort  effort
	summary *Summary
	raw     []byte
	st      *Structure // of raw
}

// all reports whether every key of c holds; the cheap ones are looked at first.
func (s *searcher) all(c *imap.SearchCriteria) (truth, error) {
	if !s.numbers(c) {
		return no, nil
	}
	result := yes
	keep := func(t truth) bool { // false when the answer is no
		if t == unknown {
			result = unknown
		}
		return t != no
	}
	for i := range c.Not {
		t, err := s.all(&c.Not[i])
		if t == no || t == yes {
			t = yes - t
		}
		if err != nil || !keep(t) {
			return no, err
		}
	}
	for i := range c.Or {
		if t, err := s.either(&c.Or[i]); err != nil || !keep(t) {
			return no, err
		}
	}
	for i := range c.Header {
		if t, err := s.header(&c.Header[i]); err != nil || !keep(t) {
			return no, err
		}
	}
	if t, err := s.sent(c); err != nil || !keep(t) {
		return no, err
	}
	for _, pattern := range c.Text {
		if t, err := s.text(pattern, true); err != nil || !keep(t) {
			return no, err
		}
	}
	for _, pattern := range c.Body {
		if t, err := s.text(pattern, false); err != nil || !keep(t) {
			return no, err
		}
	}
	return result, nil
}

func (s *searcher) either(pair *[2]imap.SearchCriteria) (truth, error) {
	a, err := s.all(&pair[0])
	if err != nil || a == yes {
		return a, err
	}
	b, err := s.all(&pair[1])
	if err != nil || b == yes || a == no {
		return b, err
	}
	return unknown, nil
}

// numbers judges what needs neither summary nor body.
func (s *searcher) numbers(c *imap.SearchCriteria) bool {
	m := s.m
	for i := range c.SeqNum {
		if seq := m.Seq(); seq == 0 || !c.SeqNum[i].Contains(seq) {
			return false
		}
	}
	for _, set := range c.UID {
		if !set.Contains(m.UID()) {
			return false
		}
	}
	for _, flag := range c.Flag {
		if !m.HasFlag(flag) {
			return false
		}
	}
	for _, flag := range c.NotFlag {
		if m.HasFlag(flag) {
			return false
		}
	}
	if c.ModSeq != nil && m.ModSeq() < c.ModSeq.ModSeq {
		return false
	}
	if c.Larger != 0 && m.Size() <= c.Larger || c.Smaller != 0 && m.Size() >= c.Smaller {
		return false
	}
	return between(m.InternalDate(), c.Since, c.Before)
}

// between compares days, each in its own zone, as RFC 3501 6.4.4 asks.
func between(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}

// known runs f on the summary, or on the structure of the body where the summary lacks what f needs.
func (s *searcher) known(f func() (bool, error)) (truth, error) {
	if s.effort < bySummary {
		return unknown, nil
	}
	if err := s.load(); err != nil {
		return no, err
	}
	found, err := f()
	if errors.Is(err, ErrNeedsBody) && s.effort < byBody {
		return unknown, nil
	}
	return truthOf(found), err
}

// load gets what the effort allows, once.
func (s *searcher) load() (err error) {
	if s.summary == nil {
		if s.summary, err = s.m.Summary(); err != nil {
			return err
		}
	}
	if s.effort < byBody || s.st != nil {
		return nil
	}
	if s.raw, err = s.m.Body(); err != nil {
		return err
	}
	s.st = s.summary.Structure
	if s.st.Partial || s.summary.Size != len(s.raw) || s.st.Parts[0].Envelope == nil {
		s.st = Scan(s.raw, DefaultBudget())
	}
	return nil
}

func (s *searcher) sent(c *imap.SearchCriteria) (truth, error) {
	if c.SentSince.IsZero() && c.SentBefore.IsZero() {
		return yes, nil
	}
	return s.known(func() (bool, error) {
		st := s.summary.Structure
		if s.st != nil {
			st = s.st
		}
		e, err := st.RootEnvelope()
		if err != nil {
			return false, err
		}
		date, ok := parseDate(e.Date)
		return ok && between(date, c.SentSince, c.SentBefore), nil
	})
}

// header judges HEADER, FROM, SUBJECT and the like: an empty value asks for the field's presence.
func (s *searcher) header(key *imap.SearchCriteriaHeaderField) (truth, error) {
	return s.known(func() (bool, error) {
		block := s.summary.Header
		if s.st != nil {
			block = s.raw[:s.st.Parts[0].HeaderEnd]
		} else if !s.summary.holds(&imap.FetchItemBodySection{HeaderFields: []string{key.Key}}) {
			return false, ErrNeedsBody
		}
		p := newPattern(key.Value)
		for off := 0; off < len(block); {
			f, _ := nextField(block, off)
			off = f.end
			name := f.name(block)
			if len(name) == 0 || !strings.EqualFold(string(name), key.Key) {
				continue
			}
			if p.in(decodeWords(f.text(block))) {
				return true, nil
			}
		}
		return false, nil
	})
}

// text judges BODY and, with the message's own header, TEXT.
func (s *searcher) text(pattern string, withHeader bool) (truth, error) {
	if pattern == "" {
		return yes, nil
	}
	if s.effort < byBody {
		return unknown, nil
	}
	if err := s.load(); err != nil {
		return no, err
	}
	return truthOf(s.st.contains(s.raw, newPattern(pattern), withHeader)), nil
}

package message

import (
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	// MaxSummaryBytes bounds an encoded summary (48 KiB): sealed, it travels inline in its command.
	MaxSummaryBytes = 48 << 10
	// maxWholeHeader is the largest header block, in bytes, that a summary keeps whole: with the signatures and seals of
	// several relays, mail of today has some 10 KiB.
	maxWholeHeader = 16 << 10
	// maxZoneMinutes bounds the offset of an internal date from UTC.
	maxZoneMinutes = 24*60 - 1
)

// HeaderMode says how much of the message's own header a summary holds.
type HeaderMode uint8

const (
	// HeaderNone holds nothing.
	HeaderNone HeaderMode = iota
	// HeaderSelected holds every field that selectedFields names, in order, and the blank line.
	HeaderSelected
	// HeaderWhole holds the block as it stands, with its blank line.
	HeaderWhole
)

// selectedFields are the header fields that mail programs ask for in lists of messages; what a program
// asks for beyond them costs it the body of messages with large headers.
var selectedFields = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "sender": true, "reply-to": true,
	"subject": true, "date": true, "message-id": true, "references": true, "in-reply-to": true,
	"priority": true, "x-priority": true, "importance": true, "newsgroups": true,
	"content-type": true, "content-transfer-encoding": true, "content-disposition": true,
	"mime-version": true, "x-tuid": true, "disposition-notification-to": true,
	"list-id": true, "list-post": true, "list-unsubscribe": true, "list-help": true,
	"list-archive": true, "list-subscribe": true, "auto-submitted": true, "x-mailer": true,
	"x-label": true, "x-spam-flag": true, "x-spam-status": true, "mail-followup-to": true,
	"delivered-to": true, "envelope-to": true, "lines": true, "keywords": true,
	"content-description": true, "x-original-to": true, "return-path": true, "x-offlineimap": true,
	"x-k9mail-identity": true, "chat-version": true, "authentication-results": true,
	"x-uniform-type-identifier": true, "x-universally-unique-identifier": true,
}

// Summary is what is kept of a message beside its bytes, so that most FETCH and SEARCH commands do
// without them. It owns its memory and is read-only; safe for concurrent readers. Its methods return
// ErrNeedsBody for what it does not hold: then Scan the message and ask the Structure.
type Summary struct {
	// Unix is the internal date in seconds since 1970, ZoneMinutes its offset east of UTC.
	Unix        int64
	ZoneMinutes int
	// Size is the length of the message in bytes.
	Size int
	// Structure is as Scan found it, unless Partial is set or nested envelopes are missing.
	Structure *Structure
	// Mode says what Header holds.
	Mode   HeaderMode
	Header []byte
}

// NewSummary makes the summary of raw, whose structure is st. Its encoding is at most MaxSummaryBytes
// long: what does not fit is left out in this order: header fields that are not in selectedFields,
// envelopes of embedded messages, later parts, the selected header fields, the envelope, the texts of
// the first part. st is not changed and may be shared with the result.
func NewSummary(raw []byte, st *Structure, internalDate time.Time) *Summary {
	return NewSummaryWithin(raw, st, internalDate, MaxSummaryBytes)
}

// MinSummaryBytes is the least limit that NewSummaryWithin keeps.
const MinSummaryBytes = 512

// NewSummaryWithin is NewSummary for an encoding of at most limit bytes, from MinSummaryBytes to
// MaxSummaryBytes: for a message that many accounts get in one command.
func NewSummaryWithin(raw []byte, st *Structure, internalDate time.Time, limit int) *Summary {
	limit = min(max(limit, MinSummaryBytes), MaxSummaryBytes)
	_, seconds := internalDate.Zone()
	s := &Summary{
		Unix:        internalDate.Unix(),
		ZoneMinutes: min(max(seconds/60, -maxZoneMinutes), maxZoneMinutes),
		Size:        len(raw),
		Structure:   st,
	}
	root := &st.Parts[0]
	if root.BodyStart-root.HeaderStart <= maxWholeHeader {
		s.Mode = HeaderWhole
		s.Header = append([]byte(nil), raw[root.HeaderStart:root.BodyStart]...)
	} else {
		s.selectHeader(raw)
	}
	dropParts := func(s *Summary, _ []byte) { s.dropParts(limit) }
	for _, reduce := range []func(*Summary, []byte){
		(*Summary).selectHeader, (*Summary).dropNestedEnvelopes, dropParts,
		(*Summary).dropHeader, (*Summary).dropEnvelope, (*Summary).dropTexts,
	} {
		if s.encodedSize() <= limit {
			break
		}
		reduce(s, raw)
	}
	return s
}

// selectHeader keeps the selected fields only.
func (s *Summary) selectHeader(raw []byte) {
	p := &s.Structure.Parts[0]
	s.Mode, s.Header = HeaderSelected, nil
	for block, off := raw[p.HeaderStart:p.HeaderEnd], 0; off < len(block); {
		f, _ := nextField(block, off)
		off = f.end
		if !selectedFields[fieldKey(f.name(block))] {
			continue
		}
		if s.Header = append(s.Header, block[f.start:f.end]...); len(s.Header) > MaxSummaryBytes {
			s.dropHeader(raw)
			return
		}
	}
	s.Header = append(s.Header, raw[p.HeaderEnd:p.BodyStart]...)
}

func (s *Summary) dropHeader([]byte) { s.Mode, s.Header = HeaderNone, nil }

// change gives s a structure of its own with the first n parts.
func (s *Summary) change(n int) []Part {
	own := *s.Structure
	own.Parts = append([]Part(nil), own.Parts[:n]...)
	s.Structure = &own
	return own.Parts
}

func (s *Summary) dropNestedEnvelopes([]byte) {
	parts := s.change(len(s.Structure.Parts))
	for i := range parts[1:] {
		parts[i+1].Envelope = nil
	}
}

// dropParts keeps the first parts, as many as fit, and always the message itself.
func (s *Summary) dropParts(limit int) {
	size := s.encodedSize()
	n := len(s.Structure.Parts)
	for n > 1 && size > limit {
		n--
		size -= len(appendPart(nil, &s.Structure.Parts[n]))
	}
	s.change(n)
	s.Structure.Partial = true
}

func (s *Summary) dropEnvelope([]byte) { s.change(len(s.Structure.Parts))[0].Envelope = nil }

// dropTexts leaves of the first part only where it lies; dropParts came before, so Partial is set.
func (s *Summary) dropTexts([]byte) {
	p := s.change(1)[0]
	s.Structure.Parts[0] = Part{
		Parent: none, Kind: p.Kind, Opaque: p.Opaque, HeaderStart: p.HeaderStart, HeaderEnd: p.HeaderEnd,
		BodyStart: p.BodyStart, BodyEnd: p.BodyEnd, Lines: p.Lines,
	}
}

// InternalDate returns the internal date in the zone in which it was given.
func (s *Summary) InternalDate() time.Time {
	return time.Unix(s.Unix, 0).In(time.FixedZone("", s.ZoneMinutes*60))
}

// Envelope returns the ENVELOPE in the form that go-imap writes; ErrNeedsBody when it was left out.
func (s *Summary) Envelope() (*imap.Envelope, error) {
	e, err := s.Structure.RootEnvelope()
	if err != nil {
		return nil, err
	}
	return e.IMAP(), nil
}

// BodyStructure is Structure.BodyStructure.
func (s *Summary) BodyStructure() (imap.BodyStructure, error) { return s.Structure.BodyStructure() }

// Section returns the bytes of a body section that the summary holds: HEADER and subsets of its fields
// of the message itself, and sections that are empty. The result may alias the summary. ErrNeedsBody
// for all else (Structure.Locate tells where it lies); ErrNoSection when the message has no such section.
func (s *Summary) Section(item *imap.FetchItemBodySection) ([]byte, error) {
	r, head, err := s.Structure.locate(item)
	if err != nil {
		return nil, err
	}
	if r.Len() == 0 {
		return nil, nil
	}
	p := &s.Structure.Parts[0]
	if head.fields != (Range{p.HeaderStart, p.HeaderEnd}) || !s.holds(item) {
		return nil, ErrNeedsBody
	}
	ranges := []Range{{0, len(s.Header)}}
	if hasFields(item) {
		fields := len(s.Header) - head.blank.Len()
		ranges = appendRange(selectFields(s.Header[:fields], item, 0), Range{fields, len(s.Header)})
	}
	return Extract(s.Header, Cut(ranges, item.Partial)), nil
}

// holds reports whether the kept header answers item, a section of the message's own header.
func (s *Summary) holds(item *imap.FetchItemBodySection) bool {
	switch s.Mode {
	case HeaderWhole:
		return true
	case HeaderSelected:
		for _, name := range item.HeaderFields {
			if !selectedFields[fieldKey([]byte(name))] {
				return false
			}
		}
		return len(item.HeaderFields) > 0
	}
	return false
}

package message

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Envelope is the ENVELOPE of RFC 3501 7.4.2. Texts are as sent: unfolded, encoded words kept. Address
// fields that stand several times in a header are taken together, of the others the first counts.
type Envelope struct {
	Date      string
	Subject   string
	From      []Address
	Sender    []Address
	ReplyTo   []Address
	To        []Address
	Cc        []Address
	Bcc       []Address
	InReplyTo string
	MessageID string
}

// lists returns the address lists in the order of the wire.
func (e *Envelope) lists() [6]*[]Address {
	return [6]*[]Address{&e.From, &e.Sender, &e.ReplyTo, &e.To, &e.Cc, &e.Bcc}
}

// readEnvelopeField takes field f of block, whose name in lower case is key, into e.
func (s *scanner) readEnvelopeField(e *Envelope, key string, f field, block []byte) {
	if list := e.list(key); list != nil {
		value := f.text(block)
		s.st.work += int64(len(value))
		*list = s.addresses(*list, value)
		return
	}
	var text *string
	switch key {
	case "date":
		text = &e.Date
	case "subject":
		text = &e.Subject
	case "in-reply-to":
		text = &e.InReplyTo
	case "message-id":
		text = &e.MessageID
	default:
		return
	}
	if *text == "" {
		*text = f.text(block)
	}
}

func (e *Envelope) list(key string) *[]Address {
	switch key {
	case "from":
		return &e.From
	case "sender":
		return &e.Sender
	case "reply-to":
		return &e.ReplyTo
	case "to":
		return &e.To
	case "cc":
		return &e.Cc
	case "bcc":
		return &e.Bcc
	}
	return nil
}

// IMAP returns e in the form that go-imap writes. That writer encodes what is not printable ASCII and
// leaves the rest alone, so plain text and encoded words pass as they were sent, and only text with raw
// 8-bit or control bytes is decoded here first. A date is rewritten by it in RFC 5322 form; one that
// cannot be read becomes NIL.
func (e *Envelope) IMAP() *imap.Envelope {
	out := &imap.Envelope{
		Subject:   forWriter(e.Subject),
		From:      imapAddresses(e.From),
		Sender:    imapAddresses(e.Sender),
		ReplyTo:   imapAddresses(e.ReplyTo),
		To:        imapAddresses(e.To),
		Cc:        imapAddresses(e.Cc),
		Bcc:       imapAddresses(e.Bcc),
		InReplyTo: messageIDs(e.InReplyTo),
	}
	if date, ok := parseDate(e.Date); ok {
		out.Date = date
	}
	if ids := messageIDs(e.MessageID); len(ids) > 0 {
		out.MessageID = ids[0]
	}
	return out
}

// forWriter returns text as is when it is printable ASCII, else decoded to UTF-8.
func forWriter(text string) string {
	if printable(text) {
		return text
	}
	return toUTF8(decodeWords(text))
}

func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// maxMessageIDs bounds the identifiers taken from an In-Reply-To field.
const maxMessageIDs = 100

// messageIDs returns what stands in angle brackets; a value without any is one identifier. Identifiers
// are not judged: clients compare them byte by byte.
func messageIDs(value string) []string {
	var ids []string
	for rest := value; len(ids) < maxMessageIDs; {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		j := strings.IndexByte(rest[i:], '>')
		if j < 0 {
			break
		}
		if id := rest[i+1 : i+j]; id != "" {
			ids = append(ids, toUTF8(id))
		}
		rest = rest[i+j+1:]
	}
	if len(ids) == 0 {
		if id := strings.Trim(value, "<> "); id != "" {
			ids = append(ids, toUTF8(id))
		}
	}
	return ids
}

package delivery

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"troxymail/mail/message"
)

// Errors of Compose: a message that is not taken whoever the recipients are.
var (
	// ErrLoop: the message has passed through more than MaxHops servers.
	ErrLoop = errors.New("delivery: the message goes around in a circle")
	// ErrFrom: a From field is missing, repeated or unreadable, or names an address that is not the sender's.
	ErrFrom = errors.New("delivery: From is not the sender's own address")
)

const (
	// MaxHops bounds the Received and Return-Path fields of a message (RFC 5321, 6.3, wants at least 100).
	MaxHops = 100
	// maxAuthors bounds the addresses of a From field.
	maxAuthors = 16
	// idBytes is how much randomness a trace id has.
	idBytes = 12
)

// Trace is what a server knows of how a message reached it.
type Trace struct {
	Helo   string     // as the client named itself; printable, without spaces
	Peer   netip.Addr // the client; zero: not to be told
	By     string     // this server's name
	With   string     // the protocol, as RFC 3848 names it
	Sender string     // reverse path as it is written between angle brackets; empty for none
	For    string     // the recipient when there is but one, as written between angle brackets
	// Account is the address of the account that sends; empty for mail from elsewhere. From must be its own
	// then.
	Account string
}

// Compose returns raw as it is delivered, in new memory: behind Return-Path and Received, with Date and
// Message-ID added where they are missing, and without the Return-Path that it came with. id tells the message
// in replies and in its Received field. Errors: ErrLoop, ErrFrom, randomness that fails.
func (c *Courier) Compose(raw []byte, t *Trace) (composed []byte, id string, err error) {
	random := make([]byte, idBytes)
	if _, err := io.ReadFull(c.rand, random); err != nil {
		return nil, "", c.internal("draw an id", err)
	}
	id = hex.EncodeToString(random)
	h := readHeader(raw)
	switch {
	case h.hops > MaxHops:
		return nil, "", ErrLoop
	case t.Account != "" && !h.isFrom(t.Account):
		return nil, "", ErrFrom
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", t.Sender)
	c.received(&b, t, id)
	if !h.date {
		fmt.Fprintf(&b, "Date: %s\r\n", c.now().Format(time.RFC1123Z))
	}
	if !h.messageID {
		fmt.Fprintf(&b, "Message-ID: <%s@%s>\r\n", id, c.domain)
	}
	if h.bare {
		b.WriteString("\r\n")
	}
	composed = make([]byte, 0, b.Len()+len(raw))
	composed = append(composed, b.String()...)
	from := 0
	for _, r := range h.returnPaths {
		composed = append(composed, raw[from:r.Start]...)
		from = r.End
	}
	return append(composed, raw[from:]...), id, nil
}

// received writes the Received field (RFC 5321, 4.4).
func (c *Courier) received(b *strings.Builder, t *Trace, id string) {
	b.WriteString("Received: from " + t.Helo)
	if t.Peer.IsValid() {
		literal := t.Peer.String()
		if t.Peer.Is6() {
			literal = "IPv6:" + literal
		}
		b.WriteString(" ([" + literal + "])")
	}
	fmt.Fprintf(b, "\r\n\tby %s with %s id %s", t.By, t.With, id)
	if t.For != "" {
		fmt.Fprintf(b, "\r\n\tfor <%s>", t.For)
	}
	fmt.Fprintf(b, ";\r\n\t%s\r\n", c.now().Format(time.RFC1123Z))
}

// header is what Compose looks for in a message's header.
type header struct {
	bare        bool // it begins with its body: a blank line is needed
	date        bool
	messageID   bool
	hops        int
	froms       []string // values of From fields, at most two
	oddFrom     bool     // there is white space before a From's colon, which not all readers take for a field
	returnPaths []message.Range
}

func readHeader(raw []byte) header {
	var h header
	first := true
	message.Fields(raw, func(name, value string, at message.Range) bool {
		if first && name == "" && raw[at.Start] != '\n' {
			if f := raw[at.Start]; f == ' ' || f == '\t' || !hasColon(raw[at.Start:at.End]) {
				h.bare = true
				return false
			}
		}
		first = false
		switch name {
		case "date":
			h.date = true
		case "message-id":
			h.messageID = true
		case "received":
			h.hops++
		case "return-path":
			h.hops++
			if len(h.returnPaths) < MaxHops {
				h.returnPaths = append(h.returnPaths, at)
			}
		case "from":
			if len(h.froms) < 2 {
				h.froms = append(h.froms, value)
			}
			h.oddFrom = h.oddFrom || raw[at.Start+len("from")] != ':'
		}
		return true
	})
	return h
}

// hasColon reports whether a line that is no field to us could be one to others.
func hasColon(line []byte) bool { return strings.Contains(string(line[:min(len(line), 998)]), ":") }

// isFrom reports whether there is one From field and all its addresses are the account's.
func (h *header) isFrom(account string) bool {
	if len(h.froms) != 1 || h.oddFrom {
		return false
	}
	list, ok := message.Mailboxes(h.froms[0], maxAuthors)
	if !ok || len(list) == 0 {
		return false
	}
	for _, a := range list {
		if !Owns(account, Address{Local: a.Mailbox, Domain: a.Host}) {
			return false
		}
	}
	return true
}

package message

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// AddressKind tells addresses from the marks around a group (RFC 5322 3.4, RFC 3501 7.4.2).
type AddressKind uint8

const (
	// Mailbox is an address.
	Mailbox AddressKind = iota
	// GroupStart opens a group; Address.Mailbox is the group's name.
	GroupStart
	// GroupEnd closes a group; all texts are empty.
	GroupEnd
)

// Address is one entry of an address list. Name is as sent, unquoted, encoded words kept. Host is empty
// when the address has none, as in local mail.
type Address struct {
	Kind    AddressKind
	Name    string
	Mailbox string
	Host    string
}

// What go-imap is told in place of a missing part: it writes an empty host as NIL, which would make a
// group of the address. The domain is reserved (RFC 2606), so nobody is reached by it.
const (
	missingMailbox = "missing-mailbox"
	missingHost    = "missing-domain.invalid"
)

// imapAddresses returns list in the form that go-imap writes; nil for an empty one, so that it falls
// back to From where RFC 3501 asks for it.
func imapAddresses(list []Address) []imap.Address {
	if len(list) == 0 {
		return nil
	}
	out := make([]imap.Address, len(list))
	for i, a := range list {
		b := imap.Address{Name: forWriter(a.Name), Mailbox: toUTF8(a.Mailbox), Host: toUTF8(a.Host)}
		if a.Kind == Mailbox && b.Mailbox == "" {
			b.Mailbox = missingMailbox
		}
		if a.Kind == Mailbox && b.Host == "" {
			b.Host = missingHost
		}
		out[i] = b
	}
	return out
}

// word is a piece of a phrase or of a bare address.
type word struct {
	text   string
	spaced bool // white space or a comment stood before it
	at     bool // an unquoted @
}

// addressReader builds an address list from one field value.
type addressReader struct {
	lexer
	list    []Address
	left    *int // addresses that the budget still allows
	cut     bool // the budget ended the list
	inGroup bool

	words   []word
	angle   bool // an angle address was read: mailbox and host are set, words[:named] are the name
	named   int
	mailbox string
	host    string
	comment string
}

// addresses appends the addresses of value to list, within the budget.
func (s *scanner) addresses(list []Address, value string) []Address {
	r := &addressReader{lexer: lexer{s: value}, list: list, left: &s.left.Addresses}
	r.run()
	s.st.work += int64(r.i)
	s.st.Simplified = s.st.Simplified || r.cut
	return r.list
}

func (r *addressReader) run() {
	for !r.cut {
		comment, spaced := r.skip()
		if comment != "" {
			r.comment = comment
		}
		if r.done() {
			break
		}
		r.token(spaced)
	}
	r.flush()
	r.endGroup()
}

// token takes the next token that is neither white space nor a comment.
func (r *addressReader) token(spaced bool) {
	switch r.peek() {
	case ',':
		r.i++
		r.flush()
	case ';':
		r.i++
		r.flush()
		r.endGroup()
	case ':':
		r.i++
		r.colon()
	case '<':
		if r.angle { // the comma between two addresses is missing
			rest := r.words[r.named:]
			r.flush()
			r.words = rest
		}
		r.angleAddr()
	case '@':
		r.i++
		r.words = append(r.words, word{"@", spaced, true})
	case '"':
		r.words = append(r.words, word{r.quoted(), spaced, false})
	case '[':
		text := r.until("]")
		if r.peek() == ']' {
			r.i++
			text += "]"
		}
		r.words = append(r.words, word{text, spaced, false})
	case '>', ')':
		r.i++
	default:
		r.words = append(r.words, word{r.until(" \t\r\n,;:<>@\"[()"), spaced, false})
	}
}

// colon opens a group, named by the words before it.
func (r *addressReader) colon() {
	if r.inGroup || r.angle || len(r.words) == 0 {
		return
	}
	name := phrase(r.words)
	r.words, r.comment = nil, ""
	if name != "" && r.add(Address{Kind: GroupStart, Mailbox: name}) {
		r.inGroup = true
	}
}

func (r *addressReader) endGroup() {
	if r.inGroup { // a group that was opened is closed, budget or not
		r.list = append(r.list, Address{Kind: GroupEnd})
		r.inGroup = false
	}
}

// angleAddr reads <route:local@host>; the route is dropped, as RFC 5322 4.4 allows.
func (r *addressReader) angleAddr() {
	r.i++
	var words []word
	for {
		_, spaced := r.skip()
		if r.done() {
			break
		}
		c := r.peek()
		if c == '>' {
			r.i++
			break
		}
		switch c {
		case '"':
			words = append(words, word{r.quoted(), spaced, false})
		case ':':
			r.i++
			if len(words) > 0 && words[0].at {
				words = words[:0]
			} else {
				words = append(words, word{":", spaced, false})
			}
		case '@':
			r.i++
			words = append(words, word{"@", spaced, true})
		case '<', ')':
			r.i++
		default:
			words = append(words, word{r.until(" \t\r\n<>@\":()"), spaced, false})
		}
	}
	r.angle, r.named = true, len(r.words)
	r.mailbox, r.host = splitAddr(words)
}

// flush adds the address that was read since the last separator, if any.
func (r *addressReader) flush() {
	words, angle, comment := r.words, r.angle, r.comment
	a := Address{Mailbox: r.mailbox, Host: r.host}
	r.words, r.angle, r.comment, r.mailbox, r.host = nil, false, "", "", ""
	switch {
	case angle:
		a.Name = phrase(words[:r.named])
	case len(words) > 0:
		a.Mailbox, a.Host = splitAddr(words)
	default:
		return
	}
	if a.Name == "" {
		a.Name = comment
	}
	if a.Name != "" || a.Mailbox != "" || a.Host != "" {
		r.add(a)
	}
}

func (r *addressReader) add(a Address) bool {
	if *r.left <= 0 {
		r.cut = true
		return false
	}
	*r.left--
	r.list = append(r.list, a)
	return true
}

// phrase joins words with single spaces where there was white space.
func phrase(words []word) string {
	var text strings.Builder
	for _, w := range words {
		if w.spaced && text.Len() > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(w.text)
	}
	return text.String()
}

// splitAddr makes local part and domain of words: they part at the last @. Without one, the words are
// a local part with their spaces.
func splitAddr(words []word) (mailbox, host string) {
	at := none
	for i, w := range words {
		if w.at {
			at = i
		}
	}
	if at == none {
		return phrase(words), ""
	}
	return join(words[:at]), join(words[at+1:])
}

func join(words []word) string {
	var text strings.Builder
	for _, w := range words {
		text.WriteString(w.text)
	}
	return text.String()
}

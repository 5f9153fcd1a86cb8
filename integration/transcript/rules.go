package transcript

import (
	"fmt"
	"strings"
)

// Violation is a rule that a server broke.
type Violation struct {
	Session string
	Line    int // of the session's lines, from 0
	Text    string
}

// String says where and what.
func (v Violation) String() string { return fmt.Sprintf("%s, line %d: %s", v.Session, v.Line, v.Text) }

// Check judges the sessions of all clients of some mailboxes. What one session should know of the others is judged for
// mailboxes that one of them made (CREATE).
func Check(sessions []Session) []Violation {
	var all []Violation
	facts := newFacts()
	for _, s := range sessions {
		r := &reading{session: s, facts: facts}
		r.read()
		all = append(all, r.found...)
	}
	return append(all, facts.judge()...)
}

// reading is one session being read.
type reading struct {
	session Session
	facts   *facts
	at      int // line
	view    view
	now     *command // in progress
	found   []Violation
}

func (r *reading) report(format string, args ...any) {
	r.found = append(r.found, Violation{r.session.Name, r.at, fmt.Sprintf(format, args...) + ": " + r.session.Lines[r.at].String()})
}

func (r *reading) read() {
	for i, l := range r.session.Lines {
		r.at = i
		if l.Server {
			r.answer(l)
		} else {
			r.ask(l)
		}
	}
	if r.now != nil {
		r.facts.add(r.now) // never answered
	}
}

// ask takes a line of the client.
func (r *reading) ask(l Line) {
	if r.now != nil && (r.now.verb == "IDLE" || r.now.verb == "AUTHENTICATE") {
		return // DONE, or what SASL says
	}
	c := asked(l)
	if c == nil {
		return
	}
	if r.now != nil {
		r.report("a command before the one before it was answered: not judged here")
		return
	}
	c.mailbox = r.view.mailbox
	r.now = c
	if c.selects() {
		r.view = view{mailbox: c.arg(0).word}
	}
	if !c.uid && (c.verb == "STORE" || c.verb == "FETCH") {
		r.target(c)
	}
}

// target replaces sequence numbers by the UIDs that they mean; "*" stands for one that was not told.
func (r *reading) target(c *command) {
	var list []string
	unknown := len(c.args) == 0
	r.view.in(c.arg(0).word, false, func(m *message) {
		unknown = unknown || m.uid == 0
		list = append(list, fmt.Sprint(m.uid))
	})
	if unknown {
		list = []string{"1:*"}
	}
	c.targets = strings.Join(list, ",")
}

// answer takes a line of the server.
func (r *reading) answer(l Line) {
	tag, rest, _ := strings.Cut(string(l.Text), " ")
	switch {
	case tag == "+":
	case tag == "*":
		r.untagged(rest, l.At)
	case r.now == nil || tag != r.now.tag:
		r.report("an answer to no command")
	default:
		r.tagged(rest, l.At)
	}
}

func (r *reading) tagged(rest string, at int64) {
	c := r.now
	r.now = nil
	status, text, _ := strings.Cut(rest, " ")
	c.end, c.ok, c.code = at, status == "OK", code(text)
	switch {
	case c.selects() && !c.ok:
		r.view = view{}
	case c.selects() && !r.view.counted:
		r.report("a mailbox was selected without EXISTS")
	case c.selects():
		r.view.old = len(r.view.messages)
		r.facts.show(r, c)
	case c.ok && (c.verb == "CLOSE" || c.verb == "UNSELECT"):
		r.view = view{}
	case c.ok && (c.verb == "NOOP" || c.verb == "CHECK") && r.view.mailbox != "":
		r.facts.show(r, c)
	case c.ok && c.verb == "STORE":
		r.stored(c)
	}
	r.facts.add(c)
}

// stored takes in what a client takes for granted after a silent STORE, but for messages whose flags were told meanwhile.
func (r *reading) stored(c *command) {
	change, ok := storeOf(c)
	if !ok || !strings.HasSuffix(strings.ToUpper(c.arg(1).word), ".SILENT") {
		return
	}
	r.view.in(c.arg(0).word, c.uid, func(m *message) {
		if m.toldAt < c.at {
			m.flags = m.flags&^change.clear | change.set
		}
	})
}

func (r *reading) untagged(rest string, at int64) {
	first, more, _ := strings.Cut(rest, " ")
	if n, ok := number(first); ok {
		r.numbered(n, more, at)
		return
	}
	switch strings.ToUpper(first) {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		r.status(code(more))
		return
	case "SEARCH", "VANISHED", "STATUS":
	default:
		return
	}
	values, err := parse(more)
	if err != nil {
		r.report("%v", err)
		return
	}
	switch strings.ToUpper(first) {
	case "SEARCH":
		r.searched(values)
	case "VANISHED":
		r.vanished(values, at)
	case "STATUS":
		r.facts.status(r, values, at)
	}
}

// status takes in a response code.
func (r *reading) status(words []string) {
	if len(words) < 2 {
		return
	}
	n, _ := number(words[1])
	switch words[0] {
	case "UIDNEXT":
		r.view.next = n
	case "HIGHESTMODSEQ":
		r.modseq(&r.view.modseq, n)
	case "COPYUID":
		if r.now != nil {
			r.now.copied = words
		}
	}
}

func (r *reading) modseq(of *uint64, n uint64) {
	if n < *of {
		r.report("MODSEQ falls from %d", *of)
	}
	*of = n
}

// searched judges numbers that were found.
func (r *reading) searched(values []value) {
	if r.now == nil || r.now.verb != "SEARCH" || r.now.uid {
		return
	}
	for _, v := range values {
		if n, ok := number(v.word); !v.isList && (!ok || n < 1 || n > uint64(len(r.view.messages))) {
			r.report("finds a message of %d that the client does not know of", len(r.view.messages))
		}
	}
}

package transcript

import (
	"fmt"
	"math"
	"strings"
)

const never = math.MaxInt64

// facts are what all sessions together say of mailboxes.
type facts struct {
	boxes    map[string]*box
	shown    []shown
	statuses []statusTold
	versions map[string]flags // by mailbox, UID and MODSEQ
}

// box is what is known of one mailbox.
type box struct {
	made    bool // by one of the sessions: they know all that was ever in it
	born    []birth
	maybe   []maybe
	removed []removal
	left    map[uint64]int64 // by UID: when it was told that the message is gone
	changes []change
}

// birth is a message that came between at and end.
type birth struct {
	uid     uint64
	at, end int64
}

// maybe is a number of messages that came after at, or did not.
type maybe struct {
	at int64
	n  int
}

// removal may take messages away from at on.
type removal struct {
	at  int64
	set []span
}

// change of flags, between at and end; set and clear together are the flags that it touches.
type change struct {
	at, end    int64
	of         []span
	set, clear flags
	opaque     bool // nobody knows what they are afterwards
}

// shown is what a session knew when a command ended that tells all.
type shown struct {
	violation Violation
	box       string
	at, end   int64
	count     int
	flags     []message // known ones
}

type statusTold struct {
	violation Violation
	box       string
	at, end   int64
	messages  uint64
	next      uint64
}

func newFacts() *facts {
	return &facts{boxes: map[string]*box{}, versions: map[string]flags{}}
}

func (f *facts) box(name string) *box {
	if f.boxes[name] == nil {
		f.boxes[name] = &box{left: map[uint64]int64{}}
	}
	return f.boxes[name]
}

// consistent notes the flags of a message at its MODSEQ; false when they were others before.
func (f *facts) consistent(mailbox string, m *message) bool {
	key := fmt.Sprintf("%s/%d/%d", mailbox, m.uid, m.modseq)
	before, ok := f.versions[key]
	f.versions[key] = m.flags
	return !ok || before == m.flags
}

// gone notes that a message was told to be gone.
func (f *facts) gone(mailbox string, uid uint64, at int64) {
	b := f.box(mailbox)
	if before, ok := b.left[uid]; uid != 0 && (!ok || at < before) {
		b.left[uid] = at
	}
}

// show notes what a session knows at the end of c.
func (f *facts) show(r *reading, c *command) {
	s := shown{
		violation: Violation{Session: r.session.Name, Line: r.at}, box: r.view.mailbox, at: c.at, end: c.end, count: len(r.view.messages),
	}
	for _, m := range r.view.messages {
		if m.known && m.uid != 0 {
			s.flags = append(s.flags, m)
		}
	}
	f.shown = append(f.shown, s)
}

// status notes an answer to STATUS.
func (f *facts) status(r *reading, values []value, at int64) {
	if len(values) != 2 || r.now == nil || r.now.verb != "STATUS" {
		return
	}
	s := statusTold{violation: Violation{Session: r.session.Name, Line: r.at}, box: values[0].word, at: r.now.at, end: at, messages: never}
	for i := 0; i+1 < len(values[1].list); i += 2 {
		n, _ := number(values[1].list[i+1].word)
		switch strings.ToUpper(values[1].list[i].word) {
		case "MESSAGES":
			s.messages = n
		case "UIDNEXT":
			s.next = n
		}
	}
	f.statuses = append(f.statuses, s)
}

// add notes what a command did, or may have done.
func (f *facts) add(c *command) {
	end := int64(never)
	if c.ok {
		end = c.end
	}
	everything := []span{{1, maxSpan}}
	switch c.verb {
	case "CREATE":
		f.box(c.arg(0).word).made = true
	case "APPEND":
		f.appended(c, end)
	case "COPY", "MOVE":
		f.moved(c, end)
	case "EXPUNGE":
		set := everything
		if s, err := spans(c.arg(0).word); c.uid && err == nil {
			set = s
		}
		b := f.box(c.mailbox)
		b.removed = append(b.removed, removal{c.at, set})
	case "CLOSE":
		b := f.box(c.mailbox)
		b.removed = append(b.removed, removal{c.at, everything})
	case "STORE", "FETCH":
		if x, ok := storeOf(c); ok {
			x.at, x.end = c.at, end
			b := f.box(c.mailbox)
			b.changes = append(b.changes, x)
		}
	}
}

func (f *facts) appended(c *command, end int64) {
	b := f.box(c.arg(0).word)
	if !c.ok || len(c.code) != 3 || c.code[0] != "APPENDUID" {
		b.maybe = append(b.maybe, maybe{c.at, 1})
		return
	}
	uid, _ := number(c.code[2])
	b.born = append(b.born, birth{uid, c.at, end})
	x := change{at: c.at, end: end, of: []span{{uid, uid}}}
	if c.arg(1).isList {
		x.set = flagsIn(c.arg(1).list)
	}
	x.clear = ^x.set
	b.changes = append(b.changes, x)
}

func (f *facts) moved(c *command, end int64) {
	from, to := f.box(c.mailbox), f.box(c.arg(1).word)
	words := c.copied
	if words == nil && len(c.code) == 4 && c.code[0] == "COPYUID" {
		words = c.code
	}
	if !c.ok {
		set, err := spans(c.arg(0).word)
		if err != nil || !c.uid {
			set = []span{{1, maxSpan}}
		}
		n := 0
		for _, s := range set {
			n += int(min(s.last-s.first, 1<<20)) + 1
		}
		to.maybe = append(to.maybe, maybe{c.at, n})
		if c.verb == "MOVE" {
			from.removed = append(from.removed, removal{c.at, set})
		}
		return
	}
	if len(words) != 4 {
		return // nothing was there
	}
	source, _ := numbers(words[2])
	target, _ := numbers(words[3])
	for _, uid := range target {
		to.born = append(to.born, birth{uid, c.at, end})
		to.changes = append(to.changes, change{at: c.at, end: end, of: []span{{uid, uid}}, opaque: true})
	}
	for _, uid := range source {
		if c.verb == "MOVE" {
			from.removed = append(from.removed, removal{c.at, []span{{uid, uid}}})
			f.gone(c.mailbox, uid, c.end)
		}
	}
}

// storeOf returns what a STORE, or a FETCH that sets \Seen, does to flags; false for nothing.
func storeOf(c *command) (x change, ok bool) {
	set := c.arg(0).word
	if !c.uid {
		set = c.targets
	}
	all, err := spans(set)
	if err != nil {
		all = []span{{1, maxSpan}}
	}
	x.of = all
	item := strings.ToUpper(c.arg(1).word)
	if c.verb == "FETCH" {
		x.set = flagBits[`\SEEN`]
		return x, fetchSets(c.args[min(1, len(c.args)):])
	}
	list := flagsIn(c.arg(2).list)
	switch {
	case strings.HasPrefix(item, "+FLAGS"):
		x.set = list
	case strings.HasPrefix(item, "-FLAGS"):
		x.clear = list
	case strings.HasPrefix(item, "FLAGS"):
		x.set, x.clear = list, ^list
	default:
		x.opaque = true // UNCHANGEDSINCE, or cut
	}
	return x, true
}

// fetchSets reports whether what is asked for sets \Seen.
func fetchSets(items []value) bool {
	for _, v := range items {
		w := strings.ToUpper(v.word)
		if strings.HasPrefix(w, "BODY[") || strings.HasPrefix(w, "BINARY[") || w == "RFC822" || w == "RFC822.TEXT" || fetchSets(v.list) {
			return true
		}
	}
	return false
}

package linear

import (
	"fmt"
	"maps"
	"slices"

	"github.com/anishathalye/porcupine"
	"github.com/emersion/go-imap/v2"
)

// verb is what a client asks.
type verb string

const (
	doAppend  verb = "append"
	doStore   verb = "store"
	doExpunge verb = "expunge"
	doPurge   verb = "expunge all"
	doMove    verb = "move"
	doSearch  verb = "search"
	doStatus  verb = "status"
	doSelect  verb = "select"
	doFetch   verb = "fetch"
	doBody    verb = "body"
	doRead    verb = "body that becomes seen"
	doFlags   verb = "flags of all"
	doNoop    verb = "noop"
	// What follows is judged by transcripts alone.
	doIdle     verb = "idle"
	doNumber   verb = "fetch by number"
	doSearchBy verb = "search by number"
)

// writes reports whether the command may have changed something when its answer is lost.
func (v verb) writes() bool {
	switch v {
	case doAppend, doStore, doExpunge, doPurge, doMove, doRead:
		return true
	}
	return false
}

// judged reports whether the model knows the command.
func (v verb) judged() bool { return v != doIdle && v != doNumber && v != doSearchBy }

// flags of a message that the tests use.
const (
	seen    = 1
	deleted = 2
)

// request is one operation on mailbox box (0 or 1).
type request struct {
	verb   verb
	box    int
	uid    imap.UID
	flags  uint8  // of append; of store: which; of search: all of these
	add    bool   // of store
	silent bool   // of store
	body   string // of append: no two are the same
}

// answer is what the client heard.
type answer struct {
	unknown  bool // nothing: it may have happened, or happen yet
	uid      imap.UID
	uids     []imap.UID
	messages int
	came     int // messages that the client was told of meanwhile
	unseen   int
	next     imap.UID
	found    bool
	flags    uint8
	body     string
	all      map[imap.UID]uint8
}

// message is one that is there.
type message struct {
	flags uint8
	body  string
}

// box is a mailbox. Values are immutable.
type box struct {
	next     imap.UID
	messages map[imap.UID]message
	gone     map[imap.UID]string // bodies of messages that were there
}

type state [2]box

func (b box) with(uid imap.UID, m message) box {
	all := maps.Clone(b.messages)
	all[uid] = m
	return box{next: max(b.next, uid+1), messages: all, gone: b.gone}
}

func (b box) without(uid imap.UID) box {
	all, gone := maps.Clone(b.messages), maps.Clone(b.gone)
	gone[uid] = all[uid].body
	delete(all, uid)
	return box{next: b.next, messages: all, gone: gone}
}

// having returns the UIDs of the messages that have all of the flags.
func (b box) having(flags uint8) (uids []imap.UID) {
	for uid, m := range b.messages {
		if m.flags&flags == flags {
			uids = append(uids, uid)
		}
	}
	slices.Sort(uids)
	return uids
}

// step says whether the answer is right in s, and what s is afterwards. With bounded reads, the content of a message is
// shown as of some earlier moment.
func (s state) step(q request, a answer, bounded bool) (bool, state) {
	b := s[q.box]
	m, there := b.messages[q.uid]
	was, gone := b.gone[q.uid]
	switch q.verb {
	case doAppend:
		s[q.box] = b.with(b.next, message{q.flags, q.body})
		return a.unknown || a.uid == b.next, s
	case doStore:
		if there && q.add {
			m.flags |= q.flags
			s[q.box] = b.with(q.uid, m)
		} else if there {
			m.flags &^= q.flags
			s[q.box] = b.with(q.uid, m)
		}
		return true, s
	case doExpunge:
		if there && m.flags&deleted != 0 {
			s[q.box] = b.without(q.uid)
		}
		return true, s
	case doPurge:
		for _, uid := range b.having(deleted) {
			s[q.box] = s[q.box].without(uid)
		}
		return true, s
	case doMove:
		if !there {
			return a.unknown || a.uid == 0, s
		}
		to := s[1-q.box]
		s[q.box], s[1-q.box] = b.without(q.uid), to.with(to.next, m)
		return a.unknown || a.uid == to.next, s
	case doSearch:
		return slices.Equal(a.uids, b.having(q.flags)), s
	case doFetch:
		if there {
			return a.found && a.flags == m.flags, s
		}
		return !a.found || gone, s
	case doBody, doRead:
		switch {
		case there:
			if q.verb == doRead {
				s[q.box] = b.with(q.uid, message{m.flags | seen, m.body})
			}
			return a.unknown || a.found && a.body == m.body || bounded && q.verb == doBody && !a.found, s
		case gone:
			return !a.found || a.body == was, s
		}
		return !a.found, s
	case doFlags:
		return b.lists(a), s
	case doNoop:
		return a.messages == len(b.messages), s
	}
	return a.messages == len(b.messages) && a.next == b.next &&
		(q.verb == doSelect || a.unseen == len(b.messages)-len(b.having(seen))), s
}

// lists reports whether the answer lists the flags of all messages but for as many as came meanwhile, and beside them only
// such as were there, and the client counts as many as there are.
func (b box) lists(a answer) bool {
	unlisted := 0
	for uid, m := range b.messages {
		switch flags, ok := a.all[uid]; {
		case !ok:
			unlisted++
		case flags != m.flags:
			return false
		}
	}
	for uid := range a.all {
		_, there := b.messages[uid]
		if _, gone := b.gone[uid]; !there && !gone {
			return false
		}
	}
	return a.messages == len(b.messages) && unlisted <= a.came
}

// model is what histories are compared with. It answers for both mailboxes together, because MOVE joins them.
func model(bounded bool) porcupine.Model {
	return porcupine.Model{
		Init: func() any {
			empty := box{next: 1, messages: map[imap.UID]message{}, gone: map[imap.UID]string{}}
			return state{empty, empty}
		},
		Step: func(s, input, output any) (bool, any) {
			return s.(state).step(input.(request), output.(answer), bounded)
		},
		Equal: func(a, b any) bool {
			x, y := a.(state), b.(state)
			for i := range x {
				if x[i].next != y[i].next || !maps.Equal(x[i].messages, y[i].messages) || !maps.Equal(x[i].gone, y[i].gone) {
					return false
				}
			}
			return true
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
		DescribeState:     func(s any) string { return fmt.Sprintf("%+v", s) },
	}
}

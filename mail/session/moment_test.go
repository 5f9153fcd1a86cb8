package session

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"troxymail/mailstore/command"
)

// busy is a mailbox that another session changes in the middle of what one reads.
type busy struct {
	*world
	rng    *rand.Rand
	writer *Session
	client *client
	states []map[imap.UID]bool // which messages there were, and whether they were seen, after each change
	next   imap.UID
}

// newBusy returns a mailbox of n messages, in which something changes before every other reading of a session at replica 1,
// or with an odd seed before each, and such a session that knows nothing but how many there are.
func newBusy(t *testing.T, seed uint64, n int) (b *busy, reader *Session, c *client) {
	w := newWorld(t, nil)
	b = &busy{world: w, rng: rand.New(rand.NewPCG(seed, 1)), states: []map[imap.UID]bool{{}}, next: 1}
	b.writer, b.client = w.opened(0, "INBOX")
	for range n {
		b.append()
	}
	reader, c = w.opened(1, "INBOX")
	move := func(command.Command) {
		for i := 0; i < int(seed%2) || b.rng.IntN(2) == 0; i++ {
			b.change()
		}
	}
	w.replicas[1].moving, w.replicas[1].before = move, move
	return b, reader, c
}

func (b *busy) now() map[imap.UID]bool { return b.states[len(b.states)-1] }

func (b *busy) append() {
	var flags []imap.Flag
	if b.rng.IntN(2) == 0 {
		flags = append(flags, imap.FlagSeen)
	}
	b.client.appendTo(b.writer, "INBOX", mail(fmt.Sprint(b.next)), flags...)
	b.then(func(all map[imap.UID]bool) { all[b.next] = len(flags) > 0 })
	b.next++
}

// then notes a state that differs from the one before by what change does to it.
func (b *busy) then(change func(all map[imap.UID]bool)) {
	all := maps.Clone(b.now())
	change(all)
	b.states = append(b.states, all)
}

// change changes one thing.
func (b *busy) change() {
	b.client.poll(b.writer)
	uid := imap.UID(1 + b.rng.IntN(int(b.next)))
	_, there := b.now()[uid]
	switch k := b.rng.IntN(4); {
	case k == 0 || !there:
		b.append()
	case k == 1:
		one := imap.UIDSetNum(uid)
		b.client.store(b.writer, one, add(imap.FlagDeleted))
		b.do(b.writer.Expunge(b.Context(), b.client, &one))
		b.then(func(all map[imap.UID]bool) { delete(all, uid) })
	default:
		change := add(imap.FlagSeen)
		if b.now()[uid] {
			change = del(imap.FlagSeen)
		}
		b.client.store(b.writer, uids(uid), change)
		b.then(func(all map[imap.UID]bool) { all[uid] = !all[uid] })
	}
}

// during holds that what read shows is as it was at one moment since it began: that right is true of one of these states.
func (b *busy) during(what string, read func() (shown string, right func(all map[imap.UID]bool) bool)) {
	b.Helper()
	before := len(b.states) - 1
	shown, right := read()
	if !slices.ContainsFunc(b.states[before:], right) {
		var list []string
		for _, all := range b.states[before:] {
			list = append(list, fmt.Sprint(all))
		}
		b.Fatalf("%s: %s, at no moment of\n%s", what, shown, strings.Join(list, "\n"))
	}
}

// momentQuestions are searches, with what they find: "*" is the last message, whether the client was told of it or not.
var momentQuestions = []struct {
	name  string
	c     imap.SearchCriteria
	found func(uid, last imap.UID, seen bool) bool
}{
	{"UID 1:* SEEN", imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 1}}}, Flag: []imap.Flag{imap.FlagSeen}},
		func(_, _ imap.UID, seen bool) bool { return seen }},
	{"UNSEEN", imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, func(_, _ imap.UID, seen bool) bool { return !seen }},
	{"UID 999:* SEEN", imap.SearchCriteria{UID: []imap.UIDSet{{{Start: 999}}}, Flag: []imap.Flag{imap.FlagSeen}},
		func(uid, last imap.UID, seen bool) bool { return uid == last && seen }},
	{"OR UID * NOT UNSEEN", imap.SearchCriteria{Or: [][2]imap.SearchCriteria{{{UID: []imap.UIDSet{{{}}}},
		{Not: []imap.SearchCriteria{{NotFlag: []imap.Flag{imap.FlagSeen}}}}}}},
		func(uid, last imap.UID, seen bool) bool { return uid == last || seen }},
}

// A search finds what is there at one moment, however the mailbox goes on while it looks.
func TestSearchIsOfOneMoment(t *testing.T) {
	for seed := range uint64(25) {
		b, s, _ := newBusy(t, seed, 40)
		for _, q := range momentQuestions {
			b.during(fmt.Sprintf("seed %d: UID SEARCH %s", seed, q.name), func() (string, func(map[imap.UID]bool) bool) {
				data, err := s.Search(t.Context(), true, &q.c, nil)
				b.do(err)
				return data.All.String(), func(all map[imap.UID]bool) bool {
					var want imap.UIDSet
					last := slices.Max(slices.Collect(maps.Keys(all)))
					for uid, seen := range all {
						if q.found(uid, last, seen) {
							want.AddNum(uid)
						}
					}
					return want.String() == data.All.String()
				}
			})
		}
	}
}

// By number, a search finds messages that the client knows, under the numbers that it knows them by: also where it reads so
// much that it does so in several steps.
func TestSearchByNumberIsOfOneMoment(t *testing.T) {
	from := []imap.SearchCriteriaHeaderField{{Key: "From", Value: "carol"}}
	for seed := range uint64(4) {
		b, s, _ := newBusy(t, seed, 700)
		known := slices.Sorted(maps.Keys(b.now()))
		c, unseen := &imap.SearchCriteria{Header: from, Flag: []imap.Flag{imap.FlagSeen}}, seed%4 > 1
		if unseen {
			c.Flag, c.NotFlag = nil, c.Flag
		}
		b.during(fmt.Sprintf("seed %d: SEARCH FROM carol, unseen %v", seed, unseen), func() (string, func(map[imap.UID]bool) bool) {
			data, err := s.Search(t.Context(), false, c, nil)
			b.do(err)
			return data.All.String(), func(all map[imap.UID]bool) bool {
				var want imap.SeqSet
				for i, uid := range known {
					if seen, ok := all[uid]; ok && seen != unseen {
						want.AddNum(uint32(i + 1))
					}
				}
				return want.String() == data.All.String()
			}
		})
	}
}

// reader is a client that notes the flags of messages as it hears of them.
type reader struct {
	*client
	known []*bool // by sequence number: whether it is seen; nil: not heard of
}

func (r *reader) Exists(n uint32) error {
	r.known = append(r.known, make([]*bool, int(n)-len(r.known))...)
	return r.client.Exists(n)
}

func (r *reader) Expunge(seq uint32) error {
	r.known = slices.Delete(r.known, int(seq-1), int(seq))
	return r.client.Expunge(seq)
}

func (r *reader) Flags(seq uint32, uid imap.UID, flags []imap.Flag) error {
	seen := slices.Contains(flags, imap.FlagSeen)
	r.known[seq-1] = &seen
	return r.client.Flags(seq, uid, flags)
}

// After UID FETCH 1:*, and after each NOOP that follows, a client knows the mailbox as it was at one moment since the
// command began: how many messages there are, and the flags of those that it heard of.
func TestAClientKnowsOneMoment(t *testing.T) {
	for seed := range uint64(20) {
		knowsOneMoment(t, seed, 40, &imap.FetchOptions{UID: true, Flags: true})
	}
	for seed := range uint64(4) { // in several steps
		knowsOneMoment(t, seed, 700, &imap.FetchOptions{UID: true, Flags: true, Envelope: true})
	}
}

func knowsOneMoment(t *testing.T, seed uint64, n int, o *imap.FetchOptions) {
	b, s, c := newBusy(t, seed, n)
	r := &reader{client: c, known: make([]*bool, len(c.uids))}
	for i := range 4 {
		b.during(fmt.Sprintf("seed %d, command %d", seed, i), func() (string, func(map[imap.UID]bool) bool) {
			if i%2 == 0 {
				each, list := c.responses()
				if err := s.Fetch(t.Context(), r, imap.UIDSet{{Start: 1}}, o, each); err != error(errGoneMessages) {
					b.do(err)
				}
				for _, f := range *list {
					b.do(r.Flags(f.seq, f.uid, f.flags))
				}
				b.do(s.After(t.Context(), r, true))
			} else {
				b.do(s.Poll(t.Context(), r, true))
			}
			return fmt.Sprint("the client was told of ", c.uids), r.is
		})
	}
}

// is reports whether the client may know what it knows where all are the messages.
func (r *reader) is(all map[imap.UID]bool) bool {
	for i, uid := range slices.Sorted(maps.Keys(all)) {
		if i >= len(r.known) || r.known[i] != nil && (r.uids[i] != uid || *r.known[i] != all[uid]) {
			return false
		}
	}
	return len(all) == len(r.known)
}

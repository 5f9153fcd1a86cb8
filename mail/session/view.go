package session

import (
	"context"
	"math"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

// view is what a session knows of its selected mailbox: which state it shows, which by its digest says all about the
// messages (package mailtree), and how what the client was told differs from that.
//
// The client's sequence numbers count the messages of the state with UIDs below end, and those of gone: so a message's
// number is the number of both before it, and one. Messages from end on are new: their numbers are above all others.
type view struct {
	id       command.MailboxID
	readOnly bool
	deleted  bool // the mailbox was deleted: nothing is left but what is to be told

	state  command.MailboxState
	digest wire.Digest // of state; zero before the first reading
	tree   *mailtree.Tree
	behind *behind // which changes up to state are not in dirty yet; nil: none

	told  uint32      // messages that the client knows
	end   command.UID // UIDs below are of messages that it was told of
	gone  uidSet      // of those: expunged, and the client was not told
	dirty uidSet      // of those, present: the flags may differ from what it was told
	since uint64      // MODSEQ above which all dirty ones changed

	lost map[command.UID]command.Message // of gone: what was at hand of them; at most maxLost
	own  []ownStore                      // silent stores of this session's that state does not show yet

	words     *keywords
	toldWords int
}

// Limits of a view.
const (
	// maxLost bounds the messages that are gone and can be served until that is told.
	maxLost = 1024
	// maxTold bounds how often one command tells what changed while it told the rest.
	maxTold = 8
	// maxOwn bounds the silent stores before what changed is read.
	maxOwn = 8
)

// behind are changes that are to be looked through: those above a MODSEQ, against what was shown before.
type behind struct {
	since  uint64
	before *mailtree.Tree
	at     command.UID // where to go on
	heard  uidSet      // whose flags the client was told since before
}

// ownStore is a change of flags whose outcome the client takes for granted.
type ownStore struct {
	*command.Store
	ranges []command.UIDRange
}

// isTold reports whether the client knows the message with that UID.
func (v *view) isTold(u command.UID) bool { return u < v.end }

// number returns the sequence number of a told message with so many messages of the state before it.
func (v *view) number(u command.UID, rank uint32) uint32 { return rank + v.gone.below(u) + 1 }

// changed returns the told messages that may be in dirty.
func (v *view) changed() mailtree.Range {
	return mailtree.Range{First: 1, Last: v.end - 1, Since: v.since}
}

// vanish makes the view that of a deleted mailbox.
func (v *view) vanish() {
	v.deleted = true
	v.behind, v.lost, v.own = nil, nil, nil
	v.dirty, v.gone = uidSet{}, uidSet{}
}

// tell tells what changed: new keywords, flags, expunges when they are allowed, and how many messages
// there are. Order: flags by the numbers that the client knows, then the numbers change. The view may go on meanwhile:
// then what changed is told once more, so that the client knows all of one moment.
func (s *Session) tell(ctx context.Context, v *view, w Updates, allowExpunge bool) error {
	for range maxTold {
		digest := v.digest
		if err := s.tellOnce(ctx, v, w, allowExpunge); err != nil {
			return err
		}
		if v.digest == digest && v.behind == nil || v.deleted {
			return nil
		}
		if err := s.refresh(ctx, v); err != nil {
			return err
		}
	}
	return nil // the rest at the next command
}

func (s *Session) tellOnce(ctx context.Context, v *view, w Updates, allowExpunge bool) error {
	if err := v.tellKeywords(w); err != nil {
		return err
	}
	if err := s.tellFlags(ctx, v, w); err != nil {
		return err
	}
	if allowExpunge {
		if err := s.tellGone(ctx, v, w); err != nil {
			return err
		}
	}
	return v.tellExists(w)
}

// tellKeywords tells the mailbox's flags when there is a keyword that the client does not know.
func (v *view) tellKeywords(w Updates) error {
	if len(v.words.names) <= v.toldWords {
		return nil
	}
	v.toldWords = len(v.words.names)
	return w.MailboxFlags(v.flags())
}

// tellFlags tells the flags of dirty messages.
func (s *Session) tellFlags(ctx context.Context, v *view, w Updates) error {
	if v.dirty.n == 0 || v.deleted {
		return nil
	}
	list := messages{session: s, view: v, ranges: []mailtree.Range{v.changed()}}
	for {
		m, ok, err := list.next(ctx)
		if err != nil || !ok {
			return err
		}
		if m.gone || !v.dirty.has(m.UID) {
			continue
		}
		v.heard(m.UID)
		if err := v.tellKeywords(w); err != nil { // of a state that the view came to meanwhile
			return err
		}
		if err := w.Flags(m.number, imap.UID(m.UID), v.flagsOf(&m.Entry)); err != nil {
			return err
		}
	}
}

// tellExists tells the number of messages when it rose. Their flags are new with them.
func (v *view) tellExists(w Updates) error {
	if v.deleted {
		return nil
	}
	n := v.state.Counters.Messages + v.gone.n
	v.end = v.state.Counters.UIDNext
	if n == v.told {
		return nil
	}
	v.told = n
	return w.Exists(n)
}

// tellGone tells which messages are gone, from the last to the first, so that no number of the rest changes
// meanwhile, also when the view goes on between two: a number depends on those before it alone. A nil w tells nobody.
func (s *Session) tellGone(ctx context.Context, v *view, w Updates) error {
	for u := command.UID(math.MaxUint32); !v.deleted; {
		n := v.gone.below(u)
		if n == 0 {
			return nil
		}
		u = v.gone.nth(n - 1)
		rank, err := s.rank(ctx, v, u)
		if err != nil {
			return err
		}
		number := v.number(u, rank)
		v.gone.remove(u)
		delete(v.lost, u)
		v.told--
		if err := expunged(w, number); err != nil {
			return err
		}
	}
	for ; v.told > 0; v.told-- {
		if err := expunged(w, v.told); err != nil {
			return err
		}
	}
	return nil
}

func expunged(w Updates, number uint32) error {
	if w == nil {
		return nil
	}
	return w.Expunge(number)
}

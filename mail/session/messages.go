package session

import (
	"context"

	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

// messages goes through the messages of ranges that the client knows, in order of UID, a few at a time: what it holds
// does not grow with the mailbox. When the mailbox goes on meanwhile, what comes is as it is then.
type messages struct {
	session *Session
	view    *view
	ranges  []mailtree.Range // what is left, rising; none beyond the view's end, unless untold
	untold  bool             // those that the client was not told of come as well, without numbers
	letters bool             // their records are wanted as well

	buffer []mailtree.Entry
	batch  []mailtree.Entry // in buffer: what comes next of the first range
	state  *mailtree.Tree   // of which state that is
	until  command.UID      // batch has all up to there
}

// batchMessages is how many messages are looked up at once.
const batchMessages = 256

// item is a message of a view.
type item struct {
	mailtree.Entry
	number uint32 // its sequence number; 0 when the client was not told of it
	gone   bool   // expunged, which the client was not told; of Entry there is the UID alone
	state  *mailtree.Tree
}

// next returns the next message; false at the end.
func (l *messages) next(ctx context.Context) (m item, ok bool, err error) {
	v := l.view
	for len(l.ranges) > 0 && !v.deleted {
		r := &l.ranges[0]
		if !l.untold {
			r.Last = min(r.Last, v.end-1)
		}
		if r.First > r.Last {
			l.ranges, l.batch, l.state = l.ranges[1:], nil, nil
			continue
		}
		if l.state != v.tree || len(l.batch) == 0 && l.until < r.Last {
			if err := l.fill(ctx); err != nil {
				return m, false, err
			}
			continue
		}
		var gone command.UID
		isGone := v.gone.n > 0
		if isGone {
			gone, isGone = v.gone.next(r.First)
		}
		switch {
		case isGone && gone <= l.until && (len(l.batch) == 0 || gone < l.batch[0].UID):
			r.First = gone + 1
			m = item{Entry: mailtree.Entry{UID: gone}, gone: true, state: v.tree}
			n, err := l.session.rank(ctx, v, gone)
			m.number = v.number(gone, n)
			return m, true, err
		case len(l.batch) == 0: // and the range ends here
			r.First = r.Last + 1
		default:
			m.Entry, m.state, l.batch = l.batch[0], v.tree, l.batch[1:]
			r.First = m.UID + 1
			if v.isTold(m.UID) {
				m.number = v.number(m.UID, m.Rank)
			}
			return m, true, nil
		}
	}
	return m, false, nil
}

// fill looks up the next messages of the first range.
func (l *messages) fill(ctx context.Context) error {
	v, r := l.view, l.ranges[0]
	if l.buffer == nil {
		l.buffer = make([]mailtree.Entry, 0, batchMessages)
	}
	l.batch = l.buffer[:0]
	err := l.session.lookup(ctx, v, func(t *mailtree.Tree) error {
		if t != l.state { // what was found in another state is looked up again
			l.state, l.batch, r = t, l.buffer[:0], l.ranges[0]
		}
		err := t.Walk(&r, func(e *mailtree.Entry) bool {
			l.batch = append(l.batch, *e)
			return len(l.batch) < batchMessages
		})
		if m, ok := err.(*mailtree.Missing); ok {
			m.Records = l.letters
		}
		return err
	})
	l.until = l.ranges[0].Last
	if len(l.batch) == batchMessages {
		l.until = l.batch[len(l.batch)-1].UID
	}
	return err
}

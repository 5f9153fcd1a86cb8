package session

import (
	"context"

	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

// lookup asks the view's tree until it knows the answer, and reads what is missing. When the mailbox has gone on, the
// view does as well, and the new state is asked: ask begins anew then, or goes on in a range that it keeps.
func (s *Session) lookup(ctx context.Context, v *view, ask func(t *mailtree.Tree) error) error {
	var last mailtree.Missing
	same := 0 // readings in a row that did not help
	for moved := 0; moved < maxMoved; {
		err := ask(v.tree)
		m, missing := err.(*mailtree.Missing)
		switch {
		case !missing:
			return err
		case v.deleted:
			return errMailboxGone
		case ctx.Err() != nil:
			return errNoQuorum
		}
		if same++; *m != last {
			same = 0
		}
		if last = *m; same > maxPeeks {
			return s.internal("find what was read", nil)
		}
		before := v.digest
		if err := s.load(ctx, v, m, max(same, moved-2)); err != nil {
			return err
		}
		if v.digest != before {
			moved++
		}
	}
	return errAbsent
}

// maxMoved bounds how often the view moves in one lookup. After three times it follows what is read through the order, so
// that each reading brings what is missing: the rest is for a cache that keeps nothing.
const maxMoved = 256

// load reads what is missing: from the own host while it has the state that the view shows and what it said the last
// time helped, else through the order. again is how many readings of the same before did not help.
func (s *Session) load(ctx context.Context, v *view, m *mailtree.Missing, again int) error {
	c := v.part(m)
	if s.server.reader != nil && again == 0 {
		switch p := s.peekParts(ctx, c); {
		case p == nil:
			s.refused(nil)
		case p.digest != v.digest: // one of the two is behind
			before := v.digest
			if err := s.refresh(ctx, v); err != nil || v.digest != before || v.deleted {
				return err
			}
		case v.tree.Take(&p.MailboxParts, m.Records) != nil:
			s.refused(nil)
		default:
			return nil
		}
	}
	p, status, err := s.orderParts(ctx, c)
	switch {
	case err != nil:
		return err
	case status == command.StatusNoMailbox:
		v.vanish()
		return nil
	case status != command.StatusOK:
		return s.refuse(status)
	case p.digest != v.digest:
		// The mailbox went on, and this is voted too. When that happens again, the view follows with these parts: if it
		// looked for a newer state each time, it would never have parts of a mailbox that is written to all the time.
		if again > 1 {
			if ok, err := s.adopt(ctx, v, p, m.Records); ok || err != nil {
				return err
			}
		}
		return s.refresh(ctx, v)
	case v.tree.Take(&p.MailboxParts, m.Records) != nil:
		return s.internal("take in parts that were voted", nil)
	}
	return nil
}

// rank returns how many messages of the view's state have UIDs below u.
func (s *Session) rank(ctx context.Context, v *view, u command.UID) (n uint32, err error) {
	err = s.lookup(ctx, v, func(t *mailtree.Tree) (err error) {
		n, err = t.Rank(u)
		return err
	})
	return n, err
}

// find returns a message of the view's state.
func (s *Session) find(ctx context.Context, v *view, u command.UID) (e mailtree.Entry, ok bool, err error) {
	err = s.lookup(ctx, v, func(t *mailtree.Tree) (err error) {
		e, ok, err = t.Find(u)
		return err
	})
	return e, ok, err
}

// told returns the UID of the message with a sequence number that the client knows.
func (s *Session) told(ctx context.Context, v *view, number uint32) (u command.UID, err error) {
	err = s.lookup(ctx, v, func(t *mailtree.Tree) error {
		at := number - 1
		// Of the messages that are gone, those whose number is lower come before: their numbers rise.
		low, high := uint32(0), v.gone.n
		for low < high {
			middle := (low + high) / 2
			g := v.gone.nth(middle)
			n, err := t.Rank(g)
			switch {
			case err != nil:
				return err
			case n+middle == at:
				u = g
				return nil
			case n+middle < at:
				low = middle + 1
			default:
				high = middle
			}
		}
		e, ok, err := t.At(at - low)
		if err == nil && !ok {
			err = errBadSet
		}
		u = e.UID
		return err
	})
	return u, err
}

// absent decides what it means that no host delivered the records of some messages of the view, which it
// brings up to date first. Those that turn out to be expunged may be left out of an answer. One that is not is kept
// back by a lying or damaged host: to leave it out would tell the client that it does not exist, so the command fails
// instead.
func (s *Session) absent(ctx context.Context, v *view, list []command.UID) error {
	if len(list) == 0 {
		return nil
	}
	if err := s.refresh(ctx, v); err != nil || v.deleted {
		return err
	}
	for _, u := range list {
		switch _, ok, err := s.find(ctx, v, u); {
		case err != nil:
			return err
		case ok:
			return errAbsent
		}
	}
	return nil
}

package session

import (
	"context"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

const (
	// maxPeeks is how often a read tries to meet a state that its host has and f+1 enclaves know: hosts move on.
	maxPeeks = 3
	// maxOrderedReads is how often a view is brought up to date through the order while the mailbox goes on changing.
	maxOrderedReads = 16
)

// refresh brings the view up to date: by a validation when nothing changed, by what the own host says changed,
// checked against a validated digest, or by an ordered read. It tells the client nothing. A mailbox that was deleted
// becomes empty.
func (s *Session) refresh(ctx context.Context, v *view) error {
	if v.deleted {
		return nil
	}
	began := s.server.now()
	done, err := s.refreshValidated(ctx, v)
	if err != nil {
		return err
	}
	if !done {
		status, err := s.refreshOrdered(ctx, v, 0)
		switch {
		case err != nil:
			return err
		case status == command.StatusNoMailbox:
			v.vanish()
		case status != command.StatusOK:
			return s.refuse(status)
		}
	}
	s.upToDate(began)
	return nil
}

// upToDate notes that the view is as the mailbox was at a moment after began.
func (s *Session) upToDate(began time.Time) { s.fresh, s.shown, s.since = true, began, 0 }

// refreshValidated brings the view up to date without ordering; false when that did not work.
func (s *Session) refreshValidated(ctx context.Context, v *view) (bool, error) {
	var held *parts
	for range maxPeeks {
		digests, err := s.validate(ctx, command.MailboxKey(s.account.id, v.id))
		if err != nil || digests == nil {
			return false, err
		}
		switch digest := digests[0]; {
		case digest == wire.Digest{}: // it does not exist
			v.vanish()
			s.server.current.Add(1)
			return true, nil
		case digest == v.digest && v.behind == nil:
			s.server.current.Add(1)
			return true, nil
		case digest != v.digest:
			p := s.known(v.id, digest) // by another session
			if p == nil || p.State.Removed != v.state.Removed {
				if held == nil || held.digest != digest { // else it is what the host said before
					if held = s.peekParts(ctx, v.delta()); held == nil {
						return false, s.refused(nil)
					}
				}
				if p = held; p.digest != digest {
					continue // the host is a moment behind or ahead of what was validated
				}
			}
			if ok, err := s.adopt(ctx, v, p, false); !ok || err != nil {
				return false, s.refused(err)
			}
		}
		done, err := s.catchUp(ctx, v, s.peekParts)
		if done {
			s.server.checked.Add(1)
		}
		if done || err != nil {
			return done, err
		}
	}
	return false, s.refused(nil)
}

// refused counts that what the own host said unordered did not help.
func (s *Session) refused(err error) error {
	s.server.refused.Add(1)
	return err
}

// refreshOrdered brings the view up to date through the order, against a version of the namespace (0: the mailbox's id
// is enough). The view is as it was unless the status is OK.
func (s *Session) refreshOrdered(ctx context.Context, v *view, version uint64) (wire.Status, error) {
	for range maxOrderedReads {
		c := v.delta()
		c.NamespaceVersion, version = version, 0
		p, status, err := s.orderParts(ctx, c)
		if err != nil || status != command.StatusOK {
			return status, err
		}
		if ok, err := s.adopt(ctx, v, p, false); err != nil {
			return 0, err
		} else if !ok && v.beyondHorizon(&p.State) {
			continue // the mailbox went on while it was looked at
		} else if !ok {
			return 0, s.internal("take in parts that were voted", nil)
		}
		done, err := s.catchUp(ctx, v, func(ctx context.Context, c *command.MailboxRead) *parts {
			p, status, failed := s.orderParts(ctx, c)
			if err = failed; failed != nil || status != command.StatusOK {
				return nil
			}
			return p
		})
		if done || err != nil {
			return command.StatusOK, err
		}
	}
	return 0, errNoQuorum
}

// delta is the command that reads what changed since the state that the view shows: all of a new view's state, but
// no messages.
func (v *view) delta() *command.MailboxRead {
	c := v.read()
	if v.digest != (wire.Digest{}) && v.end > 1 {
		c.First, c.Last, c.Since, c.Limit = 1, v.end-1, v.state.Counters.HighestModSeq, command.MaxReadMessages
		if v.behind != nil {
			c.Since = v.behind.since
		}
	}
	return c
}

// catchUp looks through the changes that the view is behind, and marks what is dirty. False when read gives nothing
// that helps: then what was found stays, and the next one goes on.
func (s *Session) catchUp(ctx context.Context, v *view, read func(context.Context, *command.MailboxRead) *parts) (bool, error) {
	var last mailtree.Missing
	for v.behind != nil {
		m, ok := v.mark()
		if ok {
			break
		}
		if m == last {
			return false, nil // what came did not help
		}
		last = m
		p := read(ctx, v.part(&m))
		if p == nil || p.digest != v.digest || v.tree.Take(&p.MailboxParts, m.Records) != nil {
			return false, ctx.Err()
		}
	}
	return true, nil
}

// mark marks the messages that changed in the client's eyes; false with what is missing for it.
func (v *view) mark() (mailtree.Missing, bool) {
	b := v.behind
	r := mailtree.Range{First: max(b.at, 1), Last: v.end - 1, Since: b.since}
	err := v.tree.Walk(&r, func(e *mailtree.Entry) bool {
		if !v.dirty.has(e.UID) && !v.expected(e) {
			if v.dirty.n == 0 {
				v.since = b.since
			}
			v.dirty.add(e.UID)
		}
		return true
	})
	if m, ok := err.(*mailtree.Missing); ok {
		b.at = r.First
		return *m, false
	}
	v.behind, v.own = nil, nil
	return mailtree.Missing{}, true
}

// expected reports whether the client expects a message's flags to be as they are: as they were, but for what it
// changed silently itself. Where it is not known how they were, it does not.
func (v *view) expected(e *mailtree.Entry) bool {
	old, ok, err := v.behind.before.Find(e.UID)
	known := ok && err == nil && !v.behind.heard.has(e.UID)
	f, k := old.Flags, old.Keywords
	for _, c := range v.own {
		if !inRanges(c.ranges, e.UID) {
			continue
		}
		bits := v.words.bits(c.Keywords)
		switch c.Mode {
		case command.StoreReplace:
			f, k, known = c.Flags, bits, true
		case command.StoreAdd:
			f, k = f|c.Flags, k|bits
		case command.StoreRemove:
			f, k = f&^c.Flags, k&^bits
		}
	}
	return known && f == e.Flags && k == e.Keywords
}

// heard notes that the client is told the flags of a message as they are in the state that the view shows.
func (v *view) heard(u command.UID) {
	v.dirty.remove(u)
	if v.behind != nil {
		v.behind.heard.add(u)
	}
}

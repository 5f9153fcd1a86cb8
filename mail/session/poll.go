package session

import (
	"context"
	"errors"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Poll reads what changed in the selected mailbox and tells it: for NOOP and CHECK. Without a selected mailbox it only
// looks at the account.
func (s *Session) Poll(ctx context.Context, w Updates, allowExpunge bool) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	return s.news(ctx, w, allowExpunge)
}

// After is Poll at the end of any other command. One that read what changed itself, and wrote nothing since, is not
// followed by another reading: what is told is of a moment within the command. allowExpunge is false after FETCH, STORE
// and SEARCH without UID.
func (s *Session) After(ctx context.Context, w Updates, allowExpunge bool) error {
	if s.ended != nil {
		return s.ended
	}
	if s.fresh && s.view != nil {
		s.fresh = false
		defer s.rest()
		return s.tell(ctx, s.view, w, allowExpunge)
	}
	return s.Poll(ctx, w, allowExpunge)
}

// news reads what changed in the selected mailbox and tells it.
func (s *Session) news(ctx context.Context, w Updates, allowExpunge bool) error {
	if s.view == nil {
		return nil
	}
	defer s.rest()
	if err := s.refresh(ctx, s.view); err != nil {
		return err
	}
	return s.tell(ctx, s.view, w, allowExpunge)
}

// Idle tells changes of the selected mailbox as they come, until ctx is done, and then returns nil (RFC
// 2177). It sleeps between hints of the cluster, and reads every IdleRefresh without one; told is called after each reading,
// with or without news: what w got is to leave then. A cluster that does not answer is waited for: only the end of the
// session and errors of w and told end it early.
func (s *Session) Idle(ctx context.Context, w Updates, told func() error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	var changes <-chan struct{} // of the mailbox; the account is watched all the time
	if s.view != nil {
		hints, cancel := s.server.cluster.Watch([]wire.Key{command.MailboxKey(s.account.id, s.view.id)})
		defer cancel()
		changes = hints
	}
	for {
		wait := IdleRefresh
		err := s.Poll(ctx, w, true)
		if err := told(); err != nil {
			return err
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errNoQuorum):
			wait = IdleRetry
		case err != nil:
			return err
		}
		if !s.sleep(ctx, changes, wait) {
			return nil
		}
	}
}

// sleep waits for a hint or for d; false when ctx ended. What woke it is looked at by begin and refresh.
func (s *Session) sleep(ctx context.Context, changes <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-changes:
	case <-s.hints:
		s.checkedAt = time.Time{}
	case <-timer.C:
		s.checkedAt = time.Time{}
	case <-ctx.Done():
		return false
	}
	return true
}

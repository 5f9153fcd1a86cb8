package session

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mail/accounts"
	"troxymail/mailstore/command"
)

// Session is one logged-in connection. One goroutine at a time calls its methods. Every error is an
// *imap.Error, except those that a caller's own Updates or MessageWriter returned; one of type BYE ends the
// session: whatever is called afterwards returns it again.
type Session struct {
	server  *Server
	account *account
	vault   *accounts.Vault

	version   uint64          // of the account, at login
	epoch     wire.Digest     // of the account as it was read last; zero when that is not known
	checkedAt time.Time       // when the account was last read, or validated
	hints     <-chan struct{} // the account may have changed
	stopHints func()

	view  *view     // the selected mailbox, or nil
	shown time.Time // when a reading began that brought the view up to date last
	since int       // FETCH commands since then that were answered without one
	fresh bool      // the command brought the view up to date, and wrote nothing since
	saved savedSet  // result of the last SEARCH RETURN (SAVE)

	lately [4]wire.Digest // records that were asked for last

	unanswered bool  // a write that does not commute has no answer
	ended      error // BYE, once the session is over
}

func newSession(s *Server, a *account, v *accounts.Vault, version uint64, at epoch) *Session {
	session := &Session{server: s, account: a, vault: v, version: version, epoch: at.digest, checkedAt: s.now()}
	a.saw(at)
	session.hints, session.stopHints = s.cluster.Watch(accountKeys(a.id))
	return session
}

// Close ends the session. It may be called twice.
func (s *Session) Close() error {
	if s.stopHints != nil {
		s.stopHints()
		s.stopHints = nil
		s.server.leave(s.account)
		s.view, s.saved = nil, savedSet{}
		s.end(errClosed)
	}
	return nil
}

// end ends the session with err, the first time.
func (s *Session) end(err error) error {
	if s.ended == nil {
		s.ended = err
	}
	return s.ended
}

// begin starts every command: it ends the session when its account changed since the login.
func (s *Session) begin(ctx context.Context) error {
	if s.ended != nil {
		return s.ended
	}
	s.fresh = false
	select {
	case <-s.hints:
	default:
		if age := s.server.now().Sub(s.checkedAt); age >= 0 && age < AccountCheck {
			return nil
		}
	}
	s.checkedAt = time.Time{} // a hint that was taken is not lost
	if digests, err := s.validate(ctx); err != nil || digests != nil {
		return err
	}
	return s.readEpoch(ctx)
}

// beginBounded is begin for a command that shows content alone: true when it may go on with what the session knows of
// its account and its mailbox, because both were read or validated less than BoundedReads ago. It may not once this
// enclave saw that the account changed: a hint says that a reply about it was authenticated here, the latest epoch what any
// session of the account read or validated.
func (s *Session) beginBounded() bool {
	if !s.server.bounded || s.ended != nil || s.view == nil || s.view.deleted || s.view.behind != nil || s.since >= MaxBoundedReads {
		return false
	}
	select {
	case <-s.hints:
		s.checkedAt = time.Time{} // a hint that was taken is not lost
		return false
	default:
	}
	if s.account.latest() != s.epoch {
		return false
	}
	now := s.server.now()
	for _, at := range []time.Time{s.checkedAt, s.shown} {
		if age := now.Sub(at); age < 0 || age >= BoundedReads {
			return false
		}
	}
	s.since++
	s.server.unasked.Add(1)
	return true
}

// readEpoch reads the account through the order, and ends the session when it changed since the login.
func (s *Session) readEpoch(ctx context.Context) error {
	now := s.server.now()
	record, at, err := s.server.readAccount(ctx, s.account.id)
	if err != nil {
		return err
	}
	s.account.saw(at)
	if record == nil || !record.Enabled || record.Version != s.version {
		return s.end(errAccountEnded)
	}
	s.epoch, s.checkedAt = at.digest, now
	return nil
}

// selected is begin for commands that need a selected mailbox.
func (s *Session) selected(ctx context.Context) (*view, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	if s.view == nil {
		return nil, errNotSelected
	}
	return s.view, nil
}

// writable is selected for commands that change the mailbox.
func (s *Session) writable(ctx context.Context) (*view, error) {
	v, err := s.selected(ctx)
	switch {
	case err != nil:
		return nil, err
	case v.readOnly:
		return nil, errReadOnly
	case v.deleted:
		return nil, errMailboxGone
	}
	return v, nil
}

// rest lets go of what a command held aside: an idle session holds next to nothing.
func (s *Session) rest() {
	if s.view != nil && s.view.tree != nil {
		s.view.tree.Forget()
	}
}

// read orders a command that changes nothing.
func (s *Session) read(ctx context.Context, c command.Command) (Outcome, error) {
	out, err := s.server.cluster.Do(ctx, c)
	if err != nil {
		s.server.logFailure("read", err)
		return Outcome{}, errNoQuorum
	}
	return out, nil
}

// write orders a command that changes something. Without an answer its outcome is unknown, and unless it
// commutes with whatever may follow, no other write may follow it.
func (s *Session) write(ctx context.Context, c command.Command) (Outcome, error) {
	if s.fresh = false; s.unanswered {
		return Outcome{}, s.end(errUnanswered)
	}
	out, err := s.server.cluster.Do(ctx, c)
	if err != nil {
		s.unanswered = c.Kind() != command.KindAppend
		s.server.logFailure("write", err)
		return Outcome{}, errUnknown
	}
	return out, nil
}

// refuse is refusal; a status that says that the account is gone or disabled ends the session.
func (s *Session) refuse(status wire.Status) error {
	if status == command.StatusNoAccount || status == command.StatusDisabled {
		return s.end(errAccountEnded)
	}
	return refusal(status)
}

// internal notes a fault of our own and returns what the client hears of it.
func (s *Session) internal(what string, err error) error {
	s.server.log.Error("session: cannot "+what, "error", err)
	return errInternal
}

// ReadOnly reports whether the selected mailbox was opened with EXAMINE.
func (s *Session) ReadOnly() bool { return s.view != nil && s.view.readOnly }

// AppendLimit returns the size of the largest message that Append takes, in bytes (RFC 7889).
func (s *Session) AppendLimit() uint32 { return uint32(s.server.limits.AppendBytes) }

var _ error = (*imap.Error)(nil)

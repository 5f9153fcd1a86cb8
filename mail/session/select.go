package session

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/cache/mailtree"
	"troxymail/mailstore/command"
)

// Select opens a mailbox, read-only for EXAMINE. Whatever was selected before is left, also when it fails
// (RFC 3501, 6.3.1). Errors: NONEXISTENT.
func (s *Session) Select(ctx context.Context, name string, readOnly bool) (*imap.SelectData, error) {
	if err := s.Unselect(ctx); err != nil {
		return nil, err
	}
	defer s.rest()
	began := s.server.now()
	var v *view
	err := s.withMailbox(ctx, name, errNoMailbox, func(n *namespace, m *mailbox) (wire.Status, error) {
		v = &view{id: m.ID, readOnly: readOnly, words: s.account.words(m.ID)}
		v.state.Account = s.account.id
		if done, err := s.openValidated(ctx, v, n); done || err != nil {
			return command.StatusOK, err
		}
		return s.refreshOrdered(ctx, v, n.version)
	})
	if err != nil {
		return nil, err
	}
	s.view = v
	s.upToDate(began)
	unseen, err := s.introduce(ctx, v)
	if err != nil {
		s.view = nil
		return nil, err
	}
	return &imap.SelectData{
		Flags:             v.flags(),
		PermanentFlags:    v.permanent(),
		NumMessages:       v.told,
		FirstUnseenSeqNum: unseen,
		UIDNext:           imap.UID(v.end),
		UIDValidity:       uint32(v.id),
		HighestModSeq:     v.state.Counters.HighestModSeq,
	}, nil
}

// openValidated fills a new view without ordering, if the namespace that its name was resolved in is current; false
// when that did not work.
func (s *Session) openValidated(ctx context.Context, v *view, n *namespace) (bool, error) {
	var held *parts
	for range maxPeeks {
		digests, err := s.validate(ctx, command.NamespaceKey(s.account.id), command.MailboxKey(s.account.id, v.id))
		if err != nil || digests == nil || digests[0] != n.digest || digests[1] == (wire.Digest{}) {
			return false, err
		}
		p := s.known(v.id, digests[1])
		if p == nil {
			if held == nil || held.digest != digests[1] { // else it is what the host said before
				c := v.read()
				c.FirstUnseen = true
				if held = s.peekParts(ctx, c); held == nil {
					break
				}
			}
			if p = held; p.digest != digests[1] {
				continue // the host is a moment behind or ahead of what was validated
			}
		}
		ok, err := s.adopt(ctx, v, p, false)
		switch {
		case err != nil:
			return false, err
		case ok:
			s.server.checked.Add(1)
			return true, nil
		case p == held:
			return false, s.refused(nil)
		}
	}
	return false, s.refused(nil)
}

// known returns the state with that digest of a mailbox, with no parts, if the cache has it and its keywords are known;
// else nil.
func (s *Session) known(id command.MailboxID, digest wire.Digest) *parts {
	b, ok := s.server.parts.Get(digest)
	if !ok {
		return nil
	}
	m, err := command.DecodeMailboxState(b)
	if err != nil || m.Table != s.account.words(id).table {
		return nil
	}
	return &parts{command.MailboxParts{State: m}, digest}
}

// introduce makes the state that the view shows all that the client is told of, and returns the sequence number of its first
// message without \Seen: 0 when there is none, or when the mailbox goes on whenever that is looked up.
func (s *Session) introduce(ctx context.Context, v *view) (unseen uint32, err error) {
	for range maxTold {
		v.introduced()
		digest := v.digest
		if unseen, err = s.firstUnseen(ctx, v); err != nil || v.digest == digest {
			return unseen, err
		}
	}
	v.introduced()
	return 0, nil
}

// introduced is called when the client is told of a state as a whole.
func (v *view) introduced() {
	v.told, v.end, v.toldWords = v.state.Counters.Messages, v.state.Counters.UIDNext, len(v.words.names)
	v.behind, v.own, v.lost = nil, nil, nil
	v.gone, v.dirty = uidSet{}, uidSet{}
}

// firstUnseen returns the sequence number of the first message without \Seen, 0 when there is none.
func (s *Session) firstUnseen(ctx context.Context, v *view) (n uint32, err error) {
	err = s.lookup(ctx, v, func(t *mailtree.Tree) error {
		e, ok, err := t.FirstUnseen()
		if ok {
			n = v.number(e.UID, e.Rank)
		}
		return err
	})
	return n, err
}

// Unselect leaves the selected mailbox without expunging anything (RFC 3691). Without one it does nothing.
func (s *Session) Unselect(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	s.view, s.saved = nil, nil
	return nil
}

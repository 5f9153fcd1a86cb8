package session

import (
	"context"

	"troxymail/bftcore/wire"
	"troxymail/cache/content"
	"troxymail/mailstore/command"
)

// Reader reads without ordering. Safe for concurrent use.
type Reader interface {
	// Validate returns the digests of keys, all of one moment since the call began, when f+1 enclaves know them
	// and hold them durably; false when that cannot be said.
	Validate(ctx context.Context, keys []wire.Key) ([]wire.KeyVersion, bool)
	// Peek returns what the own host says that a command which changes nothing gives. Nothing of it is true before
	// it was checked against a validated digest.
	Peek(ctx context.Context, c command.Command) (Seen, bool)
}

// Seen is a host's word: the result of a read, and the record whose digest names the state that it read
// (command.MailboxState, NamespaceState or AccountState).
type Seen struct {
	Status   wire.Status
	Payload  []byte
	Evidence []byte
}

// ReadCounters count how commands read.
type ReadCounters struct {
	Current uint64 // by a validation alone: nothing had changed
	Checked uint64 // from the own host, checked against a validated digest
	Ordered uint64 // through the order
	Refused uint64 // of those: after what the own host said did not fit
	Bounded uint64 // without a question, soon after a validation
}

// ReadCounters returns what the server's sessions counted.
func (s *Server) ReadCounters() ReadCounters {
	return ReadCounters{
		Current: s.current.Load(), Checked: s.checked.Load(), Ordered: s.ordered.Load(), Refused: s.refused.Load(),
		Bounded: s.unasked.Load(),
	}
}

// CacheStats returns what the caches of opened content and of parts of mailboxes counted.
func (s *Server) CacheStats() (opened, parts content.Stats) { return s.cache.Stats(), s.parts.Stats() }

// validate returns the digests of keys, validated together with the account's, so that nothing is shown to whom
// the account was closed. Nil when the read is better ordered. The account is read anew when its digest is another
// than the session knows; an error ends the command, and the session when it was changed.
func (s *Session) validate(ctx context.Context, keys ...wire.Key) ([]wire.Digest, error) {
	if s.server.reader == nil || s.epoch == (wire.Digest{}) {
		return nil, nil
	}
	now := s.server.now()
	versions, ok := s.server.reader.Validate(ctx, append([]wire.Key{command.AccountKey(s.account.id)}, keys...))
	if !ok || len(versions) != len(keys)+1 {
		return nil, nil
	}
	s.account.saw(epoch{versions[0].Digest, versions[0].Version})
	if versions[0].Digest != s.epoch {
		if err := s.readEpoch(ctx); err != nil {
			return nil, err
		}
		if versions[0].Digest != s.epoch {
			return nil, nil
		}
	}
	s.checkedAt = now
	digests := make([]wire.Digest, len(keys))
	for i := range keys {
		digests[i] = versions[i+1].Digest
	}
	return digests, nil
}

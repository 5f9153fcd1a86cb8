package session

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/enclave/seal"
	"troxymail/mail/accounts"
	"troxymail/mail/message"
	"troxymail/mailstore/command"
)

// letter opens one message piece by piece, no more than a command asks for: the summary first, the body
// only for what the summary does not tell. It holds what it opened until close.
type letter struct {
	session *Session
	record  command.Message
	summary *message.Summary
	shared  seal.SharedKey     // of a body that other accounts have as well
	isOwn   bool               // the body is under the account's own key
	scanned *message.Structure // of raw, when the summary was not enough
	raw     []byte             // the whole message, once opened
	sealed  []byte             // a body too large to open whole, once fetched
	release func()             // gives back the memory of raw or sealed
}

// errGoneLetter says that the records of a message are not there any more.
var errGoneLetter = errors.New("session: the message is gone")

// letter opens the summary. errGoneLetter when the message was expunged meanwhile.
func (s *Session) letter(ctx context.Context, m command.Message) (*letter, error) {
	plain, err := s.opened(ctx, m.Summary, 0, func(sealed []byte) ([]byte, error) {
		return s.vault.OpenSummary([32]byte(m.Body), sealed)
	})
	if err != nil {
		return nil, err
	}
	shared, isShared, plain := accounts.SplitSummary(plain)
	summary, err := message.DecodeSummary(plain)
	if err != nil {
		return nil, s.internal("decode a summary", err)
	}
	return &letter{session: s, record: m, summary: summary, shared: shared, isOwn: !isShared}, nil
}

// opened returns the plaintext of a record from the cache, or from the cluster by open.
func (s *Session) opened(ctx context.Context, d wire.Digest, size uint32, open func([]byte) ([]byte, error)) (
	[]byte, error) {
	if plain, ok := s.cached(d); ok {
		return plain, nil
	}
	sealed, err := s.fetchRecord(ctx, d, size)
	if err != nil {
		return nil, err
	}
	plain, err := open(sealed)
	if err != nil {
		s.server.log.Error("session: a record does not open", "digest", d)
		return nil, errDamaged
	}
	s.server.cache.Put(d, plain)
	return plain, nil
}

// cached returns the plaintext of a record from the cache. What this session asked for lately counts as one use.
func (s *Session) cached(d wire.Digest) ([]byte, bool) {
	if slices.Contains(s.lately[:], d) {
		return s.server.cache.Again(d)
	}
	copy(s.lately[1:], s.lately[:])
	s.lately[0] = d
	return s.server.cache.Get(d)
}

func (s *Session) fetchRecord(ctx context.Context, d wire.Digest, size uint32) ([]byte, error) {
	sealed, err := s.server.cluster.Record(ctx, d, size)
	switch {
	case err == nil:
		return sealed, nil
	case errors.Is(err, ErrGone):
		return nil, errGoneLetter
	}
	s.server.logFailure("fetch a record", err)
	return nil, errNoQuorum
}

// close gives back what the letter holds.
func (l *letter) close() {
	if l.release != nil {
		l.release()
		l.release = nil
	}
	l.raw, l.sealed = nil, nil
}

// date returns the internal date.
func (l *letter) date() time.Time { return l.summary.InternalDate() }

// whole opens the whole message.
func (l *letter) whole(ctx context.Context) ([]byte, error) {
	if l.raw != nil {
		return l.raw, nil
	}
	if err := l.fetch(ctx); err != nil || l.raw != nil {
		return l.raw, err
	}
	raw, err := l.piece(message.Range{Start: 0, End: int(l.record.Size)})
	if err == nil {
		l.raw = raw
	}
	return raw, err
}

// fetch gets the body: opened and from the cache when it fits there, else sealed, to be opened in parts.
func (l *letter) fetch(ctx context.Context) error {
	if l.raw != nil || l.sealed != nil {
		return nil
	}
	s, m := l.session, &l.record
	if raw, ok := s.cached(m.Body); ok {
		l.raw = raw
		return nil
	}
	release, err := s.server.bodies.acquire(ctx, 2*int64(m.BodySize))
	if err != nil {
		return errNoQuorum
	}
	l.release = release
	sealed, err := s.fetchRecord(ctx, m.Body, m.BodySize)
	if err != nil {
		return err
	}
	l.sealed = sealed
	if int64(m.Size) > s.server.cache.MaxItem() {
		return nil
	}
	raw, err := l.piece(message.Range{Start: 0, End: int(m.Size)})
	if err != nil {
		return err
	}
	s.server.cache.Put(m.Body, raw)
	l.raw, l.sealed = raw, nil
	return nil
}

// piece returns a range of the message, of which it opens no more than it must.
func (l *letter) piece(r message.Range) ([]byte, error) {
	if l.raw != nil {
		if r.Start < 0 || r.End > len(l.raw) || r.Start > r.End {
			return nil, errDamaged
		}
		return l.raw[r.Start:r.End], nil
	}
	b, err := l.openBody(r)
	if err != nil || len(b) != r.Len() {
		l.session.server.log.Error("session: a body does not open", "digest", l.record.Body)
		return nil, errDamaged
	}
	return b, nil
}

func (l *letter) openBody(r message.Range) ([]byte, error) {
	if l.isOwn {
		return l.session.vault.OpenBody(l.sealed, r.Start, r.Len())
	}
	return seal.OpenSharedRange(l.shared, l.sealed, r.Start, r.Len())
}

// structure returns the message's complete structure.
func (l *letter) structure(ctx context.Context) (*message.Structure, error) {
	if l.scanned == nil {
		raw, err := l.whole(ctx)
		if err != nil {
			return nil, err
		}
		l.scanned = message.Scan(raw, message.DefaultBudget())
	}
	return l.scanned, nil
}

// ask answers a question from the summary, and from the message itself when the summary does not tell.
func ask[T any](ctx context.Context, l *letter, question func(*message.Structure) (T, error)) (T, error) {
	answer, err := question(l.summary.Structure)
	if !errors.Is(err, message.ErrNeedsBody) {
		return answer, err
	}
	st, err := l.structure(ctx)
	if err != nil {
		return answer, err
	}
	return question(st)
}

// pieceBytes is how much of a large body is opened at once for writing, in bytes.
const pieceBytes = 1 << 20

// section is a part of a message that was found and not yet opened.
type section struct {
	letter *letter
	ready  []byte // what the summary told
	ranges []message.Range
}

// section finds a section, Partial applied, and fetches what it needs. message.ErrNoSection when there is
// none.
func (l *letter) section(ctx context.Context, item *imap.FetchItemBodySection) (section, error) {
	if b, err := l.summary.Section(item); !errors.Is(err, message.ErrNeedsBody) {
		return section{ready: b}, err
	}
	ranges, err := ask(ctx, l, func(st *message.Structure) ([]message.Range, error) {
		ranges, err := st.Locate(item)
		if errors.Is(err, message.ErrNeedsBody) && st == l.scanned {
			return st.Section(l.raw, item)
		}
		return ranges, err
	})
	if err != nil || message.Total(ranges) == 0 {
		return section{}, err
	}
	return section{letter: l, ranges: ranges}, l.fetch(ctx)
}

func (p section) size() int64 { return int64(len(p.ready) + message.Total(p.ranges)) }

// writeTo writes the section, opening a piece at a time.
func (p section) writeTo(w io.Writer) error {
	if len(p.ready) > 0 {
		if _, err := w.Write(p.ready); err != nil {
			return err
		}
	}
	for _, r := range p.ranges {
		for r.Len() > 0 {
			next := message.Range{Start: r.Start, End: min(r.Start+pieceBytes, r.End)}
			b, err := p.letter.piece(next)
			if err != nil {
				return err
			}
			if _, err := w.Write(b); err != nil {
				return err
			}
			r.Start = next.End
		}
	}
	return nil
}

// binarySize returns the decoded size of a part.
func (l *letter) binarySize(ctx context.Context, part []int) (uint32, error) {
	st, err := l.structure(ctx)
	if err != nil {
		return 0, err
	}
	return st.BinarySize(l.raw, part)
}

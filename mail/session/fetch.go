package session

import (
	"context"
	"errors"
	"math"

	"github.com/emersion/go-imap/v2"

	"troxymail/mail/message"
	"troxymail/mailstore/command"
)

// Fetch answers FETCH: it reads what changed, tells new keywords and EXISTS (never EXPUNGE), sets \Seen where a
// section was asked for without Peek, by one command for all messages, and answers message by message.
// Messages that are gone and were not told are served while their records can be had; else the others are
// answered and the end is NO [EXPUNGEISSUED]. each is called for every message that is answered. A section
// that a message does not have is empty.
func (s *Session) Fetch(ctx context.Context, w Updates, nums imap.NumSet, o *imap.FetchOptions,
	each func(seq uint32) MessageWriter) error {
	v, err := s.selected(ctx)
	if err != nil {
		return err
	}
	if err := s.refresh(ctx, v); err != nil {
		return err
	}
	if err := errors.Join(v.tellKeywords(w), v.tellExists(w)); err != nil {
		return err
	}
	list, err := s.pick(v, nums)
	if err != nil {
		return err
	}
	seen, err := s.setSeen(ctx, v, list, o)
	if err != nil {
		return err
	}
	f := fetching{session: s, view: v, options: o, uid: o.UID || byUID(nums), seen: seen}
	missed := false
	for _, i := range list {
		if err := ctx.Err(); err != nil {
			return errNoQuorum
		}
		switch err := f.answer(ctx, i, each); {
		case errors.Is(err, errGoneLetter):
			missed = missed || v.messages[i].gone || !byUID(nums)
		case err != nil:
			return err
		}
	}
	if missed {
		return errGoneMessages
	}
	return nil
}

// setSeen sets \Seen on those messages of list that lack it, when o asks for it and the mailbox may be
// changed, and reads how they are afterwards. It returns the indices that were unseen.
func (s *Session) setSeen(ctx context.Context, v *view, list []int, o *imap.FetchOptions) (map[int]bool, error) {
	if v.readOnly || v.deleted || !setsSeen(o) {
		return nil, nil
	}
	seen := make(map[int]bool)
	var unseen []int
	for _, i := range list {
		if e := &v.messages[i]; e.Flags&command.FlagSeen == 0 && !e.gone {
			seen[i] = true
			unseen = append(unseen, i)
		}
	}
	if len(unseen) == 0 {
		return nil, nil
	}
	c := &command.Store{Account: s.account.id, Mailbox: v.id, Mode: command.StoreAdd, Flags: command.FlagSeen,
		UnchangedSince: math.MaxUint64}
	if err := s.store(ctx, v, c, v.span(unseen)); err != nil {
		return nil, err
	}
	return seen, s.refresh(ctx, v)
}

// setsSeen reports whether a FETCH sets \Seen (RFC 3501, 6.4.5; RFC 3516, 4.2).
func setsSeen(o *imap.FetchOptions) bool {
	for _, item := range o.BodySection {
		if !item.Peek {
			return true
		}
	}
	for _, item := range o.BinarySection {
		if !item.Peek {
			return true
		}
	}
	return false
}

// fetching is one FETCH.
type fetching struct {
	session *Session
	view    *view
	options *imap.FetchOptions
	uid     bool         // answers name the UID
	seen    map[int]bool // messages whose flags this command changed
}

// needsLetter reports whether the answer needs more than the view.
func (f *fetching) needsLetter() bool {
	o := f.options
	return o.Envelope || o.BodyStructure != nil || o.InternalDate || len(o.BodySection) > 0 ||
		len(o.BinarySection) > 0 || len(o.BinarySectionSize) > 0
}

// answer answers for the message at index i. Everything is opened before the first item is written, so
// that a message which cannot be had leaves no half an answer.
func (f *fetching) answer(ctx context.Context, i int, each func(seq uint32) MessageWriter) error {
	e := &f.view.messages[i]
	var l *letter
	var parts []func(MessageWriter) error
	if f.needsLetter() {
		var err error
		if l, err = f.session.letter(ctx, &e.Message); err != nil {
			return err
		}
		defer l.close()
		if parts, err = f.prepare(ctx, l); err != nil {
			return err
		}
	}
	w := each(uint32(i + 1))
	if f.uid {
		w.UID(imap.UID(e.UID))
	}
	if f.options.Flags || f.seen[i] || e.dirty && !e.gone {
		w.Flags(f.view.flagsOf(&e.Message))
		e.dirty = false
	}
	if f.options.RFC822Size {
		w.Size(int64(e.Size))
	}
	var failed error
	for _, part := range parts {
		if failed = part(w); failed != nil {
			break
		}
	}
	return errors.Join(failed, w.Close())
}

// prepare opens what the options ask for and returns what writes it.
func (f *fetching) prepare(ctx context.Context, l *letter) (parts []func(MessageWriter) error, err error) {
	o := f.options
	if o.InternalDate {
		parts = append(parts, func(w MessageWriter) error { w.InternalDate(l.date()); return nil })
	}
	if o.Envelope {
		e, err := ask(ctx, l, (*message.Structure).RootEnvelope)
		if err != nil {
			return nil, f.session.sectionError(err)
		}
		parts = append(parts, func(w MessageWriter) error { w.Envelope(e.IMAP()); return nil })
	}
	if o.BodyStructure != nil {
		b, err := ask(ctx, l, (*message.Structure).BodyStructure)
		if err != nil {
			return nil, f.session.sectionError(err)
		}
		parts = append(parts, func(w MessageWriter) error { w.BodyStructure(b); return nil })
	}
	for _, item := range o.BodySection {
		b, err := l.section(ctx, item)
		if err != nil && !errors.Is(err, message.ErrNoSection) {
			return nil, f.session.sectionError(err)
		}
		parts = append(parts, func(w MessageWriter) error {
			out := w.BodySection(item, b.size())
			return errors.Join(b.writeTo(out), out.Close())
		})
	}
	binary, err := f.prepareBinary(ctx, l)
	return append(parts, binary...), err
}

func (f *fetching) prepareBinary(ctx context.Context, l *letter) (parts []func(MessageWriter) error, err error) {
	for _, item := range f.options.BinarySection {
		// Its size is asked for first: decoding then cannot fail once the answer has begun, and only one
		// decoded part is in memory at a time.
		if _, err := l.binarySize(ctx, item.Part); err != nil && !errors.Is(err, message.ErrNoSection) {
			return nil, f.session.sectionError(err)
		}
		parts = append(parts, func(w MessageWriter) error {
			b, err := l.scanned.Binary(l.raw, item)
			if err != nil && !errors.Is(err, message.ErrNoSection) {
				return err
			}
			out := w.BinarySection(item, int64(len(b)))
			_, err = out.Write(b)
			return errors.Join(err, out.Close())
		})
	}
	for _, item := range f.options.BinarySectionSize {
		size, err := l.binarySize(ctx, item.Part)
		if err != nil && !errors.Is(err, message.ErrNoSection) {
			return nil, f.session.sectionError(err)
		}
		parts = append(parts, func(w MessageWriter) error { w.BinarySectionSize(item, size); return nil })
	}
	return parts, nil
}

// sectionError returns what the client hears when a section cannot be told.
func (s *Session) sectionError(err error) error {
	switch {
	case isImap(err) || errors.Is(err, errGoneLetter):
		return err
	case errors.Is(err, message.ErrUnknownEncoding):
		return no(imap.ResponseCodeUnknownCTE, "The part's transfer encoding is not known")
	}
	return s.internal("tell a section", err)
}

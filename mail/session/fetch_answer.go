package session

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"troxymail/cache/mailtree"
	"troxymail/mail/message"
	"troxymail/mailstore/command"
)

// fetching is one FETCH.
type fetching struct {
	session *Session
	view    *view
	options *imap.FetchOptions
	uid     bool        // answers name the UID
	seen    uidSet      // messages whose flags this command changed
	ahead   command.UID // messages up to there are asked for next
}

// needsLetter reports whether the answer needs more than the view.
func (f *fetching) needsLetter() bool {
	o := f.options
	return o.Envelope || o.BodyStructure != nil || o.InternalDate || len(o.BodySection) > 0 ||
		len(o.BinarySection) > 0 || len(o.BinarySectionSize) > 0
}

// answer answers for a message. Everything is opened before the first item is written, so
// that a message which cannot be had leaves no half an answer.
func (f *fetching) answer(ctx context.Context, m item, each func(seq uint32) MessageWriter) error {
	v := f.view
	var parts []func(MessageWriter) error
	if f.needsLetter() {
		record, err := f.session.record(ctx, v, m.UID, f.ahead)
		if err != nil {
			return err
		}
		l, err := f.session.letter(ctx, record)
		if err != nil {
			return err
		}
		defer l.close()
		if parts, err = f.prepare(ctx, l); err != nil {
			return err
		}
	}
	m, err := f.session.again(ctx, v, m)
	if err != nil {
		return err
	}
	w := each(m.number)
	if f.uid {
		w.UID(imap.UID(m.UID))
	}
	if f.options.Flags || f.seen.has(m.UID) || v.dirty.has(m.UID) {
		w.Flags(v.flagsOf(&m.Entry))
		v.heard(m.UID)
	}
	if f.options.RFC822Size {
		w.Size(int64(m.Size))
	}
	var failed error
	for _, part := range parts {
		if failed = part(w); failed != nil {
			break
		}
	}
	return errors.Join(failed, w.Close())
}

// record returns what the state says of a message, or said while it was there; errGoneLetter when that is not at hand.
func (s *Session) record(ctx context.Context, v *view, u, ahead command.UID) (m command.Message, err error) {
	ok := false
	if !v.gone.has(u) {
		err = s.lookup(ctx, v, func(t *mailtree.Tree) (err error) {
			m, ok, err = t.Record(u, ahead)
			return err
		})
		if ok || err != nil {
			return m, err
		}
	}
	if m, ok = v.lost[u]; !ok {
		return m, errGoneLetter
	}
	return m, nil
}

// again returns how a message is now, when the view may have moved on since it was met. errGoneLetter for one that is
// gone and of which nothing is at hand.
func (s *Session) again(ctx context.Context, v *view, m item) (item, error) {
	if m.state == v.tree && !m.gone {
		return m, nil
	}
	if !m.gone {
		e, ok, err := s.find(ctx, v, m.UID)
		if err != nil {
			return m, err
		}
		if ok {
			m.Entry, m.number = e, v.number(e.UID, e.Rank)
			return m, nil
		}
		m.gone = true
	}
	lost, ok := v.lost[m.UID]
	if !ok {
		return m, errGoneLetter
	}
	n, err := s.rank(ctx, v, m.UID)
	m.Entry = mailtree.Entry{UID: lost.UID, ModSeq: lost.ModSeq, Flags: lost.Flags, Keywords: lost.Keywords, Size: lost.Size}
	m.number = v.number(m.UID, n)
	return m, err
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

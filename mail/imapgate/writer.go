package imapgate

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"troxymail/mail/session"
)

var errBroken = errors.New("imapgate: session left a response unfinished")

// messages writes the FETCH responses of one command. A response that is not finished as it was begun
// leaves the client unable to read on, so it ends the connection.
type messages struct {
	g        *guard
	to       *imapserver.FetchWriter
	extended bool // BODYSTRUCTURE was asked for
	open     *messageWriter
	broken   bool
}

// each begins a message's response. The one before must be closed.
func (m *messages) each(seq uint32) session.MessageWriter {
	if m.open != nil {
		panic("imapgate: session began a message inside another")
	}
	m.open = &messageWriter{m: m, to: m.to.CreateMessage(seq)}
	m.g.open = true
	return m.open
}

// settle ends the command. An unfinished response cuts the connection.
func (m *messages) settle(err error) error {
	if m.open != nil {
		m.broken = true
		m.g.out.close()
		m.open.Close() // frees the engine's lock
	}
	if !m.broken {
		return err
	}
	m.g.out.close()
	m.g.kill()
	return errors.Join(err, errBroken)
}

// messageWriter is one FETCH response.
type messageWriter struct {
	m  *messages
	to *imapserver.FetchResponseWriter
}

var _ session.MessageWriter = (*messageWriter)(nil)

// UID writes the item.
func (w *messageWriter) UID(uid imap.UID) { w.to.WriteUID(uid) }

// Flags writes the item.
func (w *messageWriter) Flags(flags []imap.Flag) { w.to.WriteFlags(validFlags(flags)) }

// Size writes RFC822.SIZE.
func (w *messageWriter) Size(size int64) { w.to.WriteRFC822Size(size) }

// InternalDate writes the item.
func (w *messageWriter) InternalDate(t time.Time) { w.to.WriteInternalDate(t) }

// Envelope writes the item.
func (w *messageWriter) Envelope(e *imap.Envelope) { w.to.WriteEnvelope(e) }

// BodyStructure writes BODY, BODYSTRUCTURE or both, as asked for.
func (w *messageWriter) BodyStructure(b imap.BodyStructure) {
	w.to.WriteBodyStructure(shape(b, w.m.extended))
}

// BodySection begins a section of size bytes.
func (w *messageWriter) BodySection(item *imap.FetchItemBodySection, size int64) io.WriteCloser {
	return &section{m: w.m, to: w.to.WriteBodySection(unquotedFields(item), size)}
}

// unquotedFields lets the engine, which writes names of header fields as quoted strings, write them as the atoms
// that they are and that clients sent: some look for their own words in the response. Names that are no atoms
// stay quoted.
func unquotedFields(item *imap.FetchItemBodySection) *imap.FetchItemBodySection {
	names, how := item.HeaderFields, ".FIELDS ("
	if len(names) == 0 {
		names, how = item.HeaderFieldsNot, ".FIELDS.NOT ("
	}
	if len(names) == 0 {
		return item
	}
	for _, name := range names {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r > 0x7f || !atomChar(byte(r)) }) {
			return item
		}
	}
	shown := *item
	shown.HeaderFields, shown.HeaderFieldsNot = nil, nil
	shown.Specifier += imap.PartSpecifier(how + strings.Join(names, " ") + ")")
	return &shown
}

// BinarySection begins a decoded section of size bytes.
func (w *messageWriter) BinarySection(item *imap.FetchItemBinarySection, size int64) io.WriteCloser {
	return &section{m: w.m, to: w.to.WriteBinarySection(item, size)}
}

// BinarySectionSize writes the item.
func (w *messageWriter) BinarySectionSize(item *imap.FetchItemBinarySectionSize, size uint32) {
	w.to.WriteBinarySectionSize(item, size)
}

// Close ends the response. Only the first call counts.
func (w *messageWriter) Close() error {
	if w.m.open != w {
		return nil
	}
	w.m.open = nil
	w.m.g.open = false
	err := w.to.Close()
	if err != nil {
		w.m.broken = true
	}
	return err
}

// section is a literal of a FETCH response.
type section struct {
	m  *messages
	to io.WriteCloser
}

// Write writes a part of the section.
func (s *section) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if err != nil {
		s.m.broken = true
	}
	return n, err
}

// Close ends the section; it is an error when bytes are missing.
func (s *section) Close() error {
	err := s.to.Close()
	if err != nil {
		s.m.broken = true
	}
	return err
}

// shape copies a structure so that the engine can write it: with extension data on every level when
// that was asked for, and no multipart or enclosed message without a part in it.
func shape(b imap.BodyStructure, extended bool) imap.BodyStructure {
	switch b := b.(type) {
	case *imap.BodyStructureSinglePart:
		part := *b
		if extended && part.Extended == nil {
			part.Extended = &imap.BodyStructureSinglePartExt{}
		}
		if part.MessageRFC822 != nil {
			enclosed := *part.MessageRFC822
			enclosed.BodyStructure = shape(enclosed.BodyStructure, extended)
			part.MessageRFC822 = &enclosed
		}
		return &part
	case *imap.BodyStructureMultiPart:
		multi := *b
		if extended && multi.Extended == nil {
			multi.Extended = &imap.BodyStructureMultiPartExt{}
		}
		multi.Children = make([]imap.BodyStructure, 0, max(1, len(b.Children)))
		for _, child := range b.Children {
			multi.Children = append(multi.Children, shape(child, extended))
		}
		if len(multi.Children) == 0 {
			multi.Children = append(multi.Children, shape(nil, extended))
		}
		return &multi
	default:
		return shape(&imap.BodyStructureSinglePart{
			Type: "text", Subtype: "plain", Text: &imap.BodyStructureText{},
		}, extended)
	}
}

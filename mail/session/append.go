package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"

	"troxymail/bftcore/wire"
	"troxymail/mail/message"
	"troxymail/mailstore/command"
)

// firstRead is what an append allocates before its first byte came.
const firstRead = 64 << 10

// Append stores a message of exactly size bytes, read from literal (RFC 3501, 6.3.11). When literal ends
// earlier or fails, nothing is stored. It waits for memory until ctx ends. On success literal was read to
// its end; on an error the engine skips what is left of it. o may be nil. Errors: TRYCREATE, TOOBIG,
// OVERQUOTA, CANNOT (NUL bytes, empty), LIMIT, BAD.
func (s *Session) Append(ctx context.Context, name string, literal io.Reader, size int64, o *imap.AppendOptions) (
	*imap.AppendData, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	switch {
	case size > s.server.limits.AppendBytes:
		return nil, errTooBig
	case size <= 0:
		return nil, errEmpty
	}
	c, date, err := s.appendCommand(o)
	if err != nil {
		return nil, err
	}
	var release func()
	defer func() {
		if release != nil {
			release()
		}
	}()
	var data *imap.AppendData
	err = s.withMailbox(ctx, name, errTryCreate, func(n *namespace, m *mailbox) (wire.Status, error) {
		if c.Summary == nil { // once, and only when there is such a mailbox
			if release, err = s.server.appends.acquire(ctx, 2*size+firstRead); err != nil {
				return 0, errNoQuorum
			}
			raw, err := readLiteral(literal, size)
			if err != nil {
				return 0, err
			}
			if err := s.sealInto(ctx, c, raw, date); err != nil {
				return 0, err
			}
		}
		c.Mailbox, c.NamespaceVersion = m.ID, n.version
		out, err := s.write(ctx, c)
		if err != nil || out.Status != command.StatusOK {
			return out.Status, err
		}
		appended, err := command.DecodeAppended(out.Payload)
		if err != nil {
			return 0, s.internal("decode what was appended", err)
		}
		data = &imap.AppendData{UID: imap.UID(appended.UID), UIDValidity: uint32(m.ID)}
		return command.StatusOK, nil
	})
	return data, err
}

// appendCommand begins the command with what the client said of the message.
func (s *Session) appendCommand(o *imap.AppendOptions) (*command.Append, time.Time, error) {
	c := &command.Append{Account: s.account.id}
	date := s.server.now()
	if o == nil {
		return c, date, nil
	}
	if !o.Time.IsZero() {
		date = o.Time
	}
	var err error
	c.Flags, c.Keywords, err = s.parseFlags(o.Flags)
	return c, date, err
}

// readLiteral reads exactly size bytes; memory grows with what came, not with what was announced. Errors:
// errCut when there are fewer, errNUL.
func readLiteral(r io.Reader, size int64) ([]byte, error) {
	raw := make([]byte, 0, min(size, firstRead))
	for int64(len(raw)) < size {
		if len(raw) == cap(raw) {
			grown := make([]byte, len(raw), min(2*int64(cap(raw)), size))
			copy(grown, raw)
			raw = grown
		}
		fresh := raw[len(raw):cap(raw)]
		if _, err := io.ReadFull(r, fresh); err != nil {
			return nil, errCut
		}
		if bytes.IndexByte(fresh, 0) >= 0 {
			return nil, errNUL
		}
		raw = raw[:cap(raw)]
	}
	return raw, nil
}

// sealInto parses a message once, seals its body and then its summary, which names the body, and stores a
// body that is too large to travel in the command.
func (s *Session) sealInto(ctx context.Context, c *command.Append, raw []byte, date time.Time) error {
	body, sealedSummary, err := s.vault.SealMessage(raw, summarize(raw, date))
	if err != nil {
		return s.internal("seal a message", err)
	}
	c.Size = uint32(len(raw))
	c.BodyDigest, c.BodySize = wire.Sum(body), uint32(len(body))
	if len(body) <= wire.InlineBodyBytes {
		c.Body = body
	} else if err := s.server.cluster.StoreBody(ctx, body); err != nil {
		s.server.logFailure("store a body", err)
		if errors.Is(err, ErrUnavailable) || ctx.Err() != nil {
			return errNoQuorum // nothing names the body: the message is not stored
		}
		return errInternal
	}
	c.Summary = sealedSummary
	return nil
}

// summarize makes the record from which most later commands are answered.
func summarize(raw []byte, date time.Time) []byte {
	st := message.Scan(raw, message.DefaultBudget())
	return message.AppendSummary(nil, message.NewSummary(raw, st, date))
}

package command

import (
	"bytes"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// MaxRecipients bounds the accounts of one Deliver: what RFC 5321 (4.5.3.1.8) wants servers to take at least.
const MaxRecipients = 100

// MaxDeliverSummaries bounds the summaries of one Deliver together, in bytes: so many that the command fits
// wire.MaxCommandBytes beside an inline body and its frame.
const MaxDeliverSummaries = wire.MaxCommandBytes - wire.InlineBodyBytes - MaxRecipients*minDeliverTo - 1<<10

// Deliver stores one message in mailboxes of many accounts: in all of them or, when one cannot take it, in
// none. The sealed body is one for all recipients (its key stands in each one's sealed summary) and travels
// as that of Append. No flag is set.
type Deliver struct {
	Recipients []DeliverTo // 1 to MaxRecipients, sorted by account, no account twice
	Size       uint32
	Body       []byte      // inline, or empty
	BodyDigest wire.Digest // of the sealed body, inline or not
	BodySize   uint32
}

// DeliverTo is one recipient.
type DeliverTo struct {
	Account AccountID
	Mailbox MailboxID
	Summary []byte // sealed for this account
}

// Delivered is the payload of Deliver, one entry for each recipient in their order. When every Status is
// StatusOK the message is in all mailboxes; else nothing was stored and every UID is 0.
type Delivered struct{ Recipients []DeliveredTo }

// DeliveredTo is what became of one recipient: StatusOK, or why that one cannot take the message
// (StatusNoAccount, StatusDisabled, StatusNoMailbox, StatusOverQuota, StatusLimit).
type DeliveredTo struct {
	Status wire.Status
	UID    UID
}

// minDeliverTo is the encoded size of a DeliverTo without its summary.
const minDeliverTo = 16 + 4 + 4

// Kind implements Command.
func (c *Deliver) Kind() Kind { return KindDeliver }

// ReadOnly implements Command.
func (c *Deliver) ReadOnly() bool { return false }

// Keys implements Command: every recipient's mailbox.
func (c *Deliver) Keys() []wire.Key {
	keys := make([]wire.Key, len(c.Recipients))
	for i := range c.Recipients {
		keys[i] = MailboxKey(c.Recipients[i].Account, c.Recipients[i].Mailbox)
	}
	return keySet(keys...)
}

// Bodies returns the body's digest when the body does not travel inline, else nothing.
func (c *Deliver) Bodies() []wire.Digest { return largeBody(c.BodyDigest, c.BodySize) }

// Append implements Command.
func (c *Deliver) Append(dst []byte) []byte {
	dst = canon.AppendCount(head(dst, KindDeliver), len(c.Recipients))
	for i := range c.Recipients {
		r := &c.Recipients[i]
		dst = canon.AppendFixed(dst, r.Account[:])
		dst = canon.AppendUint32(dst, uint32(r.Mailbox))
		dst = canon.AppendBytes(dst, r.Summary)
	}
	dst = canon.AppendUint32(dst, c.Size)
	dst = canon.AppendBytes(dst, c.Body)
	dst = canon.AppendFixed(dst, c.BodyDigest[:])
	return canon.AppendUint32(dst, c.BodySize)
}

func readDeliver(r *canon.Reader) Command {
	c := &Deliver{Recipients: make([]DeliverTo, r.Count(MaxRecipients, minDeliverTo))}
	if len(c.Recipients) == 0 {
		r.Fail(errField)
		return c
	}
	for i := range c.Recipients {
		to := &c.Recipients[i]
		*to = DeliverTo{Account: r.Copy16(), Mailbox: readMailboxID(r), Summary: readNonEmpty(r, MaxSealedSummary)}
		if i > 0 && bytes.Compare(c.Recipients[i-1].Account[:], to.Account[:]) >= 0 {
			r.Fail(canon.ErrNonCanonical)
		}
	}
	c.Size, c.Body = r.Uint32(), readBytes(r, wire.InlineBodyBytes)
	c.BodyDigest, c.BodySize = r.Copy32(), r.Uint32()
	checkBody(r, c.Body, c.BodyDigest, c.BodySize)
	return c
}

// largeBody returns the digest of a body that does not travel inline, else nothing.
func largeBody(d wire.Digest, size uint32) []wire.Digest {
	if size <= wire.InlineBodyBytes {
		return nil
	}
	return []wire.Digest{d}
}

// checkBody fails r unless the body has its one form: up to InlineBodyBytes inline, above by digest alone.
func checkBody(r *canon.Reader, body []byte, d wire.Digest, size uint32) {
	if r.Err() != nil {
		return
	}
	inline := size <= wire.InlineBodyBytes
	switch {
	case size == 0 || size > wire.MaxBodyBytes,
		inline && (uint32(len(body)) != size || wire.Sum(body) != d),
		!inline && len(body) != 0:
		r.Fail(errField)
	}
}

// Append appends the payload.
func (p *Delivered) Append(dst []byte) []byte {
	dst = canon.AppendCount(canon.AppendUint8(dst, Version), len(p.Recipients))
	for _, r := range p.Recipients {
		dst = canon.AppendUint8(dst, uint8(r.Status))
		dst = canon.AppendUint32(dst, uint32(r.UID))
	}
	return dst
}

// DecodeDelivered decodes the payload of a Deliver.
func DecodeDelivered(b []byte) (Delivered, error) {
	return decodePayload("delivered", b, func(r *canon.Reader) Delivered {
		p := Delivered{Recipients: make([]DeliveredTo, r.Count(MaxRecipients, 1+4))}
		for i := range p.Recipients {
			p.Recipients[i] = DeliveredTo{Status: wire.Status(r.Uint8()), UID: UID(r.Uint32())}
		}
		return p
	})
}

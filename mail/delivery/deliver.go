package delivery

import (
	"bytes"
	"context"
	"slices"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/enclave/seal"
	"troxymail/mail/accounts"
	"troxymail/mail/message"
	"troxymail/mailstore/command"
)

const (
	// storeTime is how long storing a large body may take, and storePerMiB more for each MiB of it.
	storeTime   = 10 * time.Second
	storePerMiB = time.Second
	// MaxRecipients bounds the recipients of one Deliver.
	MaxRecipients = command.MaxRecipients
)

// Deliver files raw, a whole message as it shall be read, in the INBOX of every recipient, or of none; a
// recipient that is named twice gets it once. At most MaxRecipients. raw is not kept and not changed. Errors:
// ErrUnknown, ErrDisabled, ErrOverQuota, ErrLimit, ErrChanged (of whichever recipient could not take it: nothing was
// stored), ErrUnavailable (the outcome is unknown), ErrInternal.
func (c *Courier) Deliver(ctx context.Context, raw []byte, to []*Recipient) error {
	to = distinct(to)
	if len(to) == 0 || len(to) > MaxRecipients || len(raw) == 0 {
		return c.internal("deliver", nil)
	}
	key, body, err := seal.SealShared(c.rand, raw)
	if err != nil {
		return c.internal("seal a body", err)
	}
	d := &command.Deliver{Size: uint32(len(raw)), BodyDigest: wire.Sum(body), BodySize: uint32(len(body)),
		Recipients: make([]command.DeliverTo, len(to))}
	summary := c.summarize(raw, len(to))
	for i, r := range to {
		d.Recipients[i].Account = r.account
		d.Recipients[i].Summary, err = r.vault.SealSharedSummary(key, seal.Digest(d.BodyDigest), summary)
		if err != nil {
			return c.internal("seal a summary", err)
		}
	}
	if len(body) <= wire.InlineBodyBytes {
		d.Body = body
	} else if err := c.storeBody(ctx, body); err != nil {
		return err
	}
	return c.order(ctx, d, to)
}

// distinct sorts recipients by account and drops repeated ones.
func distinct(to []*Recipient) []*Recipient {
	to = slices.Clone(to)
	slices.SortFunc(to, func(a, b *Recipient) int { return bytes.Compare(a.account[:], b.account[:]) })
	return slices.CompactFunc(to, func(a, b *Recipient) bool { return a.account == b.account })
}

// summarize makes the summary that n recipients get: all of them must fit one command.
func (c *Courier) summarize(raw []byte, n int) []byte {
	st := message.Scan(raw, message.DefaultBudget())
	limit := command.MaxDeliverSummaries/n - accounts.SharedOverhead
	return message.AppendSummary(nil, message.NewSummaryWithin(raw, st, c.now(), limit))
}

func (c *Courier) storeBody(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime+time.Duration(len(body)>>20)*storePerMiB)
	defer cancel()
	if err := c.cluster.StoreBody(ctx, body); err != nil {
		return c.unanswered("store a body", err) // nothing names the body: the message is not stored
	}
	return nil
}

// order orders the delivery.
func (c *Courier) order(ctx context.Context, d *command.Deliver, to []*Recipient) (err error) {
	for i, r := range to {
		if d.Recipients[i].Mailbox, err = c.inbox(ctx, r); err != nil {
			return err
		}
	}
	out, err := c.cluster.Do(ctx, d)
	if err != nil {
		return c.unanswered("deliver", err)
	}
	if out.Status != command.StatusOK {
		if out.Status == command.StatusDuplicate || out.Status == command.StatusFenced {
			return ErrUnavailable
		}
		c.log.Error("delivery: the cluster refused a delivery", "status", out.Status)
		return ErrInternal
	}
	p, err := command.DecodeDelivered(out.Payload)
	if err != nil || len(p.Recipients) != len(d.Recipients) {
		return c.internal("decode what was delivered", err)
	}
	for i, r := range p.Recipients {
		if r.Status == command.StatusOK {
			continue
		}
		if r.Status == command.StatusNoMailbox || r.Status == command.StatusNoAccount {
			c.forget(d.Recipients[i].Account)
		}
		err = firstOf(err, refusal(r.Status))
	}
	return err
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// refusal is why one recipient cannot take a message.
func refusal(s wire.Status) error {
	switch s {
	case command.StatusNoAccount:
		return ErrUnknown
	case command.StatusNoMailbox: // an INBOX goes only with its account
		return ErrChanged
	case command.StatusDisabled:
		return ErrDisabled
	case command.StatusOverQuota:
		return ErrOverQuota
	case command.StatusLimit:
		return ErrLimit
	}
	return ErrInternal
}

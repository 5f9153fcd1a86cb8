package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// deliver stores a message for all recipients or for none: whoever sent it hears one answer for all, and
// could neither be told of a part nor send the rest again without doubling that part.
func (t *txn) deliver(c *command.Deliver) (wire.Status, []byte) {
	p := command.Delivered{Recipients: make([]command.DeliveredTo, len(c.Recipients))}
	boxes := make([]*mailboxEntry, len(c.Recipients))
	all := true
	for i := range c.Recipients {
		m, status := t.takes(&c.Recipients[i], c.Size)
		boxes[i], p.Recipients[i].Status = m, status
		all = all && status == command.StatusOK
	}
	if !all {
		return command.StatusOK, p.Append(nil)
	}
	for i, m := range boxes {
		msg := command.Message{Size: c.Size, Body: c.BodyDigest, BodySize: c.BodySize}
		t.file(m, &msg, c.Recipients[i].Summary, c.Body)
		p.Recipients[i].UID = msg.UID
	}
	return command.StatusOK, p.Append(nil)
}

// takes returns the mailbox of a recipient that can take a message of size bytes, or why it cannot.
func (t *txn) takes(r *command.DeliverTo, size uint32) (*mailboxEntry, wire.Status) {
	e, m, status := t.openMailbox(r.Account, r.Mailbox, 0)
	if m == nil {
		return nil, status
	}
	if e.usage.bytes+uint64(size) > e.state.QuotaBytes {
		return nil, command.StatusOverQuota
	}
	if _, ok := nextModSeq(m); !ok || !room(m, 1) {
		return nil, command.StatusLimit
	}
	return m, command.StatusOK
}

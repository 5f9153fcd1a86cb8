package command

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Kind implements Command.
func (c *MailboxCreate) Kind() Kind { return KindMailboxCreate }

// ReadOnly implements Command.
func (c *MailboxCreate) ReadOnly() bool { return false }

// Keys implements Command: the namespace. Ids of new mailboxes are not known yet, and nobody has read them.
func (c *MailboxCreate) Keys() []wire.Key { return keySet(NamespaceKey(c.Account)) }

// Append implements Command.
func (c *MailboxCreate) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindMailboxCreate), c.Account[:])
	return appendNewMailboxes(canon.AppendUint64(dst, c.NamespaceVersion), c.Mailboxes)
}

func readMailboxCreate(r *canon.Reader) Command {
	c := &MailboxCreate{Account: r.Copy16(), NamespaceVersion: r.Uint64(), Mailboxes: readNewMailboxes(r, 0)}
	if len(c.Mailboxes) == 0 {
		r.Fail(errField)
	}
	return c
}

// Kind implements Command.
func (c *MailboxDelete) Kind() Kind { return KindMailboxDelete }

// ReadOnly implements Command.
func (c *MailboxDelete) ReadOnly() bool { return false }

// Keys implements Command: the namespace and the mailbox.
func (c *MailboxDelete) Keys() []wire.Key {
	return keySet(NamespaceKey(c.Account), MailboxKey(c.Account, c.Mailbox))
}

// Append implements Command.
func (c *MailboxDelete) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindMailboxDelete), c.Account[:])
	return canon.AppendUint32(canon.AppendUint64(dst, c.NamespaceVersion), uint32(c.Mailbox))
}

func readMailboxDelete(r *canon.Reader) Command {
	return &MailboxDelete{Account: r.Copy16(), NamespaceVersion: r.Uint64(), Mailbox: readMailboxID(r)}
}

// readMailboxID reads the id of a mailbox, not 0.
func readMailboxID(r *canon.Reader) MailboxID {
	id := MailboxID(r.Uint32())
	if id == 0 {
		r.Fail(errField)
	}
	return id
}

// Kind implements Command.
func (c *MailboxRename) Kind() Kind { return KindMailboxRename }

// ReadOnly implements Command.
func (c *MailboxRename) ReadOnly() bool { return false }

// Keys implements Command: the namespace, and the mailbox, whose messages leave it when it is INBOX.
func (c *MailboxRename) Keys() []wire.Key {
	return keySet(NamespaceKey(c.Account), MailboxKey(c.Account, c.Mailbox))
}

// Append implements Command.
func (c *MailboxRename) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindMailboxRename), c.Account[:])
	dst = canon.AppendUint64(dst, c.NamespaceVersion)
	dst = canon.AppendUint32(dst, uint32(c.Mailbox))
	dst = appendNewMailboxes(dst, c.Create)
	dst = canon.AppendUint32(dst, uint32(c.Parent))
	dst = canon.AppendUint32(dst, c.ParentIndex)
	dst = canon.AppendFixed(dst, c.Token[:])
	return canon.AppendBytes(dst, c.Sealed)
}

func readMailboxRename(r *canon.Reader) Command {
	c := &MailboxRename{
		Account: r.Copy16(), NamespaceVersion: r.Uint64(), Mailbox: readMailboxID(r),
		Create: readNewMailboxes(r, 0),
	}
	c.Parent, c.ParentIndex = readParent(r, len(c.Create))
	c.Token = r.Copy16()
	c.Sealed = readNonEmpty(r, MaxSealedName)
	return c
}

// Kind implements Command.
func (c *MailboxSubscribe) Kind() Kind { return KindMailboxSubscribe }

// ReadOnly implements Command.
func (c *MailboxSubscribe) ReadOnly() bool { return false }

// Keys implements Command: the namespace.
func (c *MailboxSubscribe) Keys() []wire.Key { return keySet(NamespaceKey(c.Account)) }

// Append implements Command.
func (c *MailboxSubscribe) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindMailboxSubscribe), c.Account[:])
	dst = canon.AppendUint32(canon.AppendUint64(dst, c.NamespaceVersion), uint32(c.Mailbox))
	return canon.AppendBool(dst, c.Subscribed)
}

func readMailboxSubscribe(r *canon.Reader) Command {
	return &MailboxSubscribe{
		Account: r.Copy16(), NamespaceVersion: r.Uint64(), Mailbox: readMailboxID(r), Subscribed: r.Bool(),
	}
}

// Kind implements Command.
func (c *NamespaceRead) Kind() Kind { return KindNamespaceRead }

// ReadOnly implements Command.
func (c *NamespaceRead) ReadOnly() bool { return true }

// Keys implements Command: the namespace. The counters in the payload are not covered by that key's
// digest: they are what the vote says at that order.
func (c *NamespaceRead) Keys() []wire.Key { return keySet(NamespaceKey(c.Account)) }

// Append implements Command.
func (c *NamespaceRead) Append(dst []byte) []byte {
	return canon.AppendFixed(head(dst, KindNamespaceRead), c.Account[:])
}

func readNamespaceRead(r *canon.Reader) Command { return &NamespaceRead{Account: r.Copy16()} }

package command

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// resolvedKeys are the keys of a command on mailboxes whose names were resolved at a namespace version.
func resolvedKeys(a AccountID, version uint64, mailboxes ...MailboxID) []wire.Key {
	keys := make([]wire.Key, 0, 3)
	if version != 0 {
		keys = append(keys, NamespaceKey(a))
	}
	for _, m := range mailboxes {
		keys = append(keys, MailboxKey(a, m))
	}
	return keySet(keys...)
}

// Kind implements Command.
func (c *Append) Kind() Kind { return KindAppend }

// ReadOnly implements Command.
func (c *Append) ReadOnly() bool { return false }

// Keys implements Command: the mailbox, and the namespace when the command carries its version.
func (c *Append) Keys() []wire.Key { return resolvedKeys(c.Account, c.NamespaceVersion, c.Mailbox) }

// Bodies returns the body's digest when the body does not travel inline, else nothing.
func (c *Append) Bodies() []wire.Digest {
	return largeBody(c.BodyDigest, c.BodySize)
}

// Append implements Command.
func (c *Append) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindAppend), c.Account[:])
	dst = canon.AppendUint32(dst, uint32(c.Mailbox))
	dst = canon.AppendUint64(dst, c.NamespaceVersion)
	dst = canon.AppendUint8(dst, uint8(c.Flags))
	dst = appendKeywords(dst, c.Keywords)
	dst = canon.AppendUint32(dst, c.Size)
	dst = canon.AppendBytes(dst, c.Summary)
	dst = canon.AppendBytes(dst, c.Body)
	dst = canon.AppendFixed(dst, c.BodyDigest[:])
	return canon.AppendUint32(dst, c.BodySize)
}

func readAppend(r *canon.Reader) Command {
	c := &Append{
		Account: r.Copy16(), Mailbox: readMailboxID(r), NamespaceVersion: r.Uint64(),
		Flags: readFlags(r), Keywords: readKeywords(r), Size: r.Uint32(),
		Summary: readNonEmpty(r, MaxSealedSummary), Body: readBytes(r, wire.InlineBodyBytes),
		BodyDigest: r.Copy32(), BodySize: r.Uint32(),
	}
	checkBody(r, c.Body, c.BodyDigest, c.BodySize)
	return c
}

// Kind implements Command.
func (c *Copy) Kind() Kind { return KindCopy }

// ReadOnly implements Command.
func (c *Copy) ReadOnly() bool { return false }

// Keys implements Command: both mailboxes, and the namespace when the command carries its version.
func (c *Copy) Keys() []wire.Key {
	return resolvedKeys(c.Account, c.NamespaceVersion, c.Source, c.Target)
}

// Append implements Command.
func (c *Copy) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindCopy), c.Account[:])
	dst = canon.AppendUint32(dst, uint32(c.Source))
	dst = canon.AppendUint32(dst, uint32(c.Target))
	dst = canon.AppendUint64(dst, c.NamespaceVersion)
	return canon.AppendBool(appendRanges(dst, c.UIDs), c.Move)
}

func readCopy(r *canon.Reader) Command {
	return &Copy{
		Account: r.Copy16(), Source: readMailboxID(r), Target: readMailboxID(r),
		NamespaceVersion: r.Uint64(), UIDs: readRanges(r, MaxRanges), Move: r.Bool(),
	}
}

// Kind implements Command.
func (c *Store) Kind() Kind { return KindStore }

// ReadOnly implements Command.
func (c *Store) ReadOnly() bool { return false }

// Keys implements Command: the mailbox.
func (c *Store) Keys() []wire.Key { return resolvedKeys(c.Account, 0, c.Mailbox) }

// Append implements Command.
func (c *Store) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindStore), c.Account[:])
	dst = appendRanges(canon.AppendUint32(dst, uint32(c.Mailbox)), c.UIDs)
	dst = canon.AppendUint8(dst, uint8(c.Mode))
	dst = canon.AppendUint8(dst, uint8(c.Flags))
	return canon.AppendUint64(appendKeywords(dst, c.Keywords), c.UnchangedSince)
}

func readStore(r *canon.Reader) Command {
	c := &Store{
		Account: r.Copy16(), Mailbox: readMailboxID(r), UIDs: readRanges(r, MaxRanges),
		Mode: StoreMode(r.Uint8()), Flags: readFlags(r), Keywords: readKeywords(r), UnchangedSince: r.Uint64(),
	}
	if c.Mode > StoreRemove {
		r.Fail(errField)
	}
	return c
}

// Kind implements Command.
func (c *Expunge) Kind() Kind { return KindExpunge }

// ReadOnly implements Command.
func (c *Expunge) ReadOnly() bool { return false }

// Keys implements Command: the mailbox.
func (c *Expunge) Keys() []wire.Key { return resolvedKeys(c.Account, 0, c.Mailbox) }

// Append implements Command.
func (c *Expunge) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindExpunge), c.Account[:])
	dst = canon.AppendBool(canon.AppendUint32(dst, uint32(c.Mailbox)), c.All)
	return appendRanges(dst, c.UIDs)
}

func readExpunge(r *canon.Reader) Command {
	c := &Expunge{Account: r.Copy16(), Mailbox: readMailboxID(r), All: r.Bool(), UIDs: readRanges(r, MaxRanges)}
	if c.All && len(c.UIDs) != 0 {
		r.Fail(canon.ErrNonCanonical)
	}
	return c
}

// Kind implements Command.
func (c *Ping) Kind() Kind { return KindPing }

// ReadOnly implements Command.
func (c *Ping) ReadOnly() bool { return c.AsRead }

// Keys implements Command: none.
func (c *Ping) Keys() []wire.Key { return nil }

// Append implements Command.
func (c *Ping) Append(dst []byte) []byte {
	return canon.AppendBool(canon.AppendBytes(head(dst, KindPing), c.Data), c.AsRead)
}

func readPing(r *canon.Reader) Command {
	return &Ping{Data: readBytes(r, MaxPing), AsRead: r.Bool()}
}

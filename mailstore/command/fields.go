package command

import (
	"troxymail/bftcore/wire/canon"
)

// The fields that several commands and payloads share: how each is written, read and checked.

// readBytes reads a byte string; an empty one is nil, so that a value has one form in memory as well.
func readBytes(r *canon.Reader, max int) []byte {
	b := r.Bytes(max)
	if len(b) == 0 {
		return nil
	}
	return b
}

// readNonEmpty reads a byte string that must not be empty.
func readNonEmpty(r *canon.Reader, max int) []byte {
	b := readBytes(r, max)
	if b == nil {
		r.Fail(errField)
	}
	return b
}

func appendRanges(dst []byte, ranges []UIDRange) []byte {
	dst = canon.AppendCount(dst, len(ranges))
	for _, u := range ranges {
		dst = canon.AppendUint32(dst, uint32(u.First))
		dst = canon.AppendUint32(dst, uint32(u.Last))
	}
	return dst
}

// readRanges reads at most max ranges in their canonical form.
func readRanges(r *canon.Reader, max int) []UIDRange {
	n := r.Count(max, 8)
	if n == 0 {
		return nil
	}
	ranges := make([]UIDRange, n)
	for i := range ranges {
		u := UIDRange{First: UID(r.Uint32()), Last: UID(r.Uint32())}
		if u.First == 0 || u.First > u.Last || i > 0 && uint64(u.First) <= uint64(ranges[i-1].Last)+1 {
			r.Fail(canon.ErrNonCanonical)
			return nil
		}
		ranges[i] = u
	}
	return ranges
}

func readFlags(r *canon.Reader) Flags {
	f := Flags(r.Uint8())
	if f&^AllFlags != 0 {
		r.Fail(errField)
	}
	return f
}

func readUse(r *canon.Reader) SpecialUse {
	u := SpecialUse(r.Uint8())
	if u > UseAll {
		r.Fail(errField)
	}
	return u
}

func appendKeywords(dst []byte, defs []KeywordDef) []byte {
	dst = canon.AppendCount(dst, len(defs))
	for i := range defs {
		dst = canon.AppendFixed(dst, defs[i].Token[:])
		dst = canon.AppendBytes(dst, defs[i].Sealed)
	}
	return dst
}

// readKeywords reads at most MaxKeywords definitions with different tokens.
func readKeywords(r *canon.Reader) []KeywordDef {
	n := r.Count(MaxKeywords, 16+4)
	if n == 0 {
		return nil
	}
	defs := make([]KeywordDef, n)
	for i := range defs {
		defs[i] = KeywordDef{Token: r.Copy16(), Sealed: readNonEmpty(r, MaxSealedName)}
		for j := range i {
			if defs[j].Token == defs[i].Token {
				r.Fail(canon.ErrNonCanonical)
			}
		}
	}
	return defs
}

// minNewMailbox is the encoded size of a NewMailbox with an empty name, which is refused anyway.
const minNewMailbox = 4 + 4 + 16 + 4 + 1 + 1 + 1

func appendNewMailboxes(dst []byte, list []NewMailbox) []byte {
	dst = canon.AppendCount(dst, len(list))
	for i := range list {
		m := &list[i]
		dst = canon.AppendUint32(dst, uint32(m.Parent))
		dst = canon.AppendUint32(dst, m.ParentIndex)
		dst = canon.AppendFixed(dst, m.Token[:])
		dst = canon.AppendBytes(dst, m.Sealed)
		dst = canon.AppendUint8(dst, uint8(m.Use))
		dst = canon.AppendBool(dst, m.Subscribed)
		dst = canon.AppendBool(dst, m.Inbox)
	}
	return dst
}

// readNewMailboxes reads a list in which parents come before their children. Exactly inboxes of the
// entries must be an INBOX, which stands under the root.
func readNewMailboxes(r *canon.Reader, inboxes int) []NewMailbox {
	n := r.Count(MaxNewMailboxes, minNewMailbox)
	var list []NewMailbox
	if n > 0 {
		list = make([]NewMailbox, n)
	}
	for i := range list {
		m := &list[i]
		m.Parent, m.ParentIndex = readParent(r, i)
		m.Token = r.Copy16()
		m.Sealed = readNonEmpty(r, MaxSealedName)
		m.Use = readUse(r)
		m.Subscribed = r.Bool()
		m.Inbox = r.Bool()
		if m.Inbox {
			inboxes--
			if m.Parent != 0 || m.ParentIndex != 0 {
				r.Fail(errField)
			}
		}
	}
	if inboxes != 0 {
		r.Fail(errField)
	}
	return list
}

// readParent reads a parent's id, or its place among the first `before` entries of the same command.
func readParent(r *canon.Reader, before int) (MailboxID, uint32) {
	id, index := MailboxID(r.Uint32()), r.Uint32()
	if uint64(index) > uint64(before) || index != 0 && id != 0 {
		r.Fail(errField)
	}
	return id, index
}

package mailtree

import (
	"encoding/binary"
	"math/bits"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
)

// pageUIDs is how many UIDs a node of level 0 covers, and so a page.
const pageUIDs = verify.Fanout * command.MessagesPerLeaf

// Entry is what a page knows of a message.
type Entry struct {
	UID      command.UID
	ModSeq   uint64
	Flags    command.Flags
	Keywords uint64
	Size     uint32
	Rank     uint32 // messages with lower UIDs
}

func entryOf(m *command.Message) Entry {
	return Entry{UID: m.UID, ModSeq: m.ModSeq, Flags: m.Flags, Keywords: m.Keywords, Size: m.Size}
}

// A page is, in its one encoding: a bit for each UID of the node, set where there is a message; then for each message
// its flags, with hasKeywords when keywords follow, the difference of its MODSEQ to that of the message before (zigzag),
// keywords, size. Numbers are varints.
const (
	pageMask    = pageUIDs / 8
	hasKeywords = 0x80
)

// pageKey is where the page of the node of level 0 with that digest lies in the cache.
func pageKey(node wire.Digest) wire.Digest {
	const tag = "troxymail/page/v1\x00"
	b := make([]byte, 0, len(tag)+len(node))
	return wire.Sum(append(append(b, tag...), node[:]...))
}

// appendPage appends the page of the messages below the node of level 0 at a place, in order of UID.
func appendPage(dst []byte, place uint32, messages []command.Message) []byte {
	mask := len(dst)
	dst = append(dst, make([]byte, pageMask)...)
	before := uint64(0)
	for i := range messages {
		m := &messages[i]
		slot := uint32(m.UID) - place*pageUIDs
		dst[mask+int(slot/8)] |= 1 << (slot % 8)
		head := byte(m.Flags)
		if m.Keywords != 0 {
			head |= hasKeywords
		}
		dst = binary.AppendVarint(append(dst, head), int64(m.ModSeq-before))
		if m.Keywords != 0 {
			dst = binary.AppendUvarint(dst, m.Keywords)
		}
		dst = binary.AppendUvarint(dst, uint64(m.Size))
		before = m.ModSeq
	}
	return dst
}

// page reads a page message by message.
type page struct {
	place  uint32
	mask   []byte
	rest   []byte
	slot   int // of the next message, at least
	modSeq uint64
}

func openPage(place uint32, b []byte) page {
	return page{place: place, mask: b[:pageMask], rest: b[pageMask:]}
}

// next returns the next message; false at the end. Pages are this package's own: they are sound.
func (p *page) next() (e Entry, ok bool) {
	for p.slot < pageUIDs {
		set := p.mask[p.slot/8] >> (p.slot % 8)
		if set == 0 {
			p.slot = (p.slot/8 + 1) * 8
			continue
		}
		p.slot += bits.TrailingZeros8(set)
		e.UID = command.UID(p.place*pageUIDs + uint32(p.slot))
		head := p.rest[0]
		step, n := binary.Varint(p.rest[1:])
		p.rest = p.rest[1+n:]
		p.modSeq += uint64(step)
		e.Flags, e.ModSeq = command.Flags(head&^hasKeywords), p.modSeq
		if head&hasKeywords != 0 {
			e.Keywords, n = binary.Uvarint(p.rest)
			p.rest = p.rest[n:]
		}
		size, n := binary.Uvarint(p.rest)
		p.rest = p.rest[n:]
		e.Size = uint32(size)
		p.slot++
		return e, true
	}
	return e, false
}

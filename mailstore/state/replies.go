package state

import (
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
)

// repliesPerLeaf is how many neighbouring slots lie in one record, which is one leaf of the tree of replies and one part
// of a transfer. Sequences follow each other, so that the requests of an order write a few records, where records of
// their own made up half of what a busy store wrote. A full one still fits a part.
const repliesPerLeaf = 16

// maxReplyBytes is the size of the largest encoded reply.
const maxReplyBytes = replyHead + 2 + 4 + wire.MaxTouched*(wire.KeyBytes+32) + 4 + MaxKeptPayload

const _ = uint(wire.MaxPartBytes - repliesPerLeaf*maxReplyBytes) // not negative

// reply is one slot: what a sequence gave. A result that was too large is not there. The zero reply is a free slot.
type reply struct {
	generation  uint32
	incarnation uint32
	sequence    uint64 // not 0
	order       uint64
	result      []byte // encoded wire.Result, or empty
}

// replyHead is how many bytes an encoded reply takes beside its result.
const replyHead = 1 + 4 + 4 + 8 + 8 + 4

func (p *reply) append(b []byte) []byte {
	b = canon.AppendUint8(b, command.Version)
	b = canon.AppendUint32(canon.AppendUint32(b, p.generation), p.incarnation)
	b = canon.AppendUint64(b, p.sequence)
	return canon.AppendBytes(canon.AppendUint64(b, p.order), p.result)
}

func readReply(r *canon.Reader) reply {
	if r.Uint8() != command.Version {
		r.Fail(canon.ErrNonCanonical)
	}
	return reply{
		generation: r.Uint32(), incarnation: r.Uint32(), sequence: r.Uint64(), order: r.Uint64(),
		result: r.Bytes(maxReplyBytes),
	}
}

// of reports whether the slot holds that request's result.
func (p *reply) of(id wire.RequestID) bool {
	return p.generation == id.Generation && p.incarnation == id.Incarnation && p.sequence == id.Sequence
}

// replyBlock is one record of slots.
type replyBlock struct {
	changed bool
	slots   [repliesPerLeaf]reply
}

func slotOf(sequence uint64) uint32 { return uint32(sequence % Window) }

// blockOf is the record that a request's slot lies in.
func blockOf(id wire.RequestID) uint32 { return slotOf(id.Sequence) / repliesPerLeaf }

// at is the slot of a request.
func (b *replyBlock) at(id wire.RequestID) *reply {
	return &b.slots[slotOf(id.Sequence)%repliesPerLeaf]
}

// encode returns the taken slots one behind the other, rising; empty when there are none.
func (b *replyBlock) encode() []byte {
	size := 0
	for i := range b.slots {
		if b.slots[i].sequence != 0 {
			size += replyHead + len(b.slots[i].result)
		}
	}
	record := make([]byte, 0, size)
	for i := range b.slots {
		if b.slots[i].sequence != 0 {
			record = b.slots[i].append(record)
		}
	}
	return record
}

// decodeReplies is total and takes nothing but what encode writes for that block. Results alias the record.
func decodeReplies(block uint32, record []byte) (replyBlock, error) {
	var b replyBlock
	r := canon.NewReader(record)
	next := 0
	for r.Err() == nil && r.Remaining() > 0 {
		p := readReply(r)
		i := int(slotOf(p.sequence) % repliesPerLeaf)
		if r.Err() == nil && (p.sequence == 0 || slotOf(p.sequence)/repliesPerLeaf != block || i < next) {
			r.Fail(canon.ErrNonCanonical)
		}
		b.slots[i], next = p, i+1
	}
	if next == 0 && r.Err() == nil {
		r.Fail(canon.ErrNonCanonical)
	}
	if err := r.Done(); err != nil {
		return replyBlock{}, fmt.Errorf("%w: replies: %w", ErrDamaged, err)
	}
	return b, nil
}

func repliesDigest(record []byte) wire.Digest { return tagged("troxymail/replies/v1", record) }

// replyBlock returns a block of an origin as this order has it.
func (t *txn) replyBlock(origin wire.ReplicaID, e *originEntry, block uint32) *replyBlock {
	if b := e.blocks[block]; b != nil {
		return b
	}
	b := &replyBlock{}
	if v, ok := t.b.Get(replyKey(origin, block)); ok {
		*b = decoded(t, v, func(v []byte) (replyBlock, error) { return decodeReplies(block, v) })
	}
	e.blocks[block] = b
	return b
}

// clearReplies frees all slots of an origin.
func (t *txn) clearReplies(origin wire.ReplicaID, e *originEntry) {
	clear(e.blocks)
	t.b.Scan(originKey(prefixReply, origin), nil, func(key, _ []byte) bool {
		e.blocks[lastUint32(key)] = &replyBlock{changed: true}
		return true
	})
}

// settleReplies writes the changed blocks of an origin and returns their leaves.
func (t *txn) settleReplies(origin wire.ReplicaID, e *originEntry) []verify.Leaf {
	leaves := make([]verify.Leaf, 0, len(e.blocks))
	for _, block := range sortedKeys(e.blocks) {
		b := e.blocks[block]
		if !b.changed {
			continue
		}
		record := b.encode()
		if len(record) == 0 {
			t.b.Delete(replyKey(origin, block))
			leaves = append(leaves, verify.Leaf{Index: block})
			continue
		}
		t.b.PutOwned(replyKey(origin, block), record)
		leaves = append(leaves, verify.Leaf{Index: block, Digest: repliesDigest(record)})
	}
	return leaves
}

package command

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/digesttree/verify"
)

// MailboxRead reads parts of a mailbox that can be checked against the mailbox's digest alone: nodes of its tree of
// messages, and blocks of messages. They are those that hold, or may hold, a message with a UID from First to Last and
// a MODSEQ above Since: all nodes on the way, each before what is below it, and at most Limit messages, whole blocks in
// order of UID; with Limit 0 nodes alone. What does not fit the limits is left out from there on: ask again from
// there. Last 0 reads no parts, but those that lead to the first message without \Seen when FirstUnseen is set.
//
// Beside the parts it reads the state of the mailbox, the expunges from the Removed-th on, and the table of keywords
// when its digest is not Table. Read-only.
type MailboxRead struct {
	Account          AccountID
	Mailbox          MailboxID
	NamespaceVersion uint64 // 0: not resolved from a name
	First, Last      UID    // 0, 0: no range
	Since            uint64
	Limit            uint32 // messages, at most MaxReadMessages
	FirstUnseen      bool   // only without a range
	Removed          uint64
	Table            wire.Digest
}

// MailboxParts is the payload of MailboxRead. Nodes and blocks are as they are digested.
type MailboxParts struct {
	State    MailboxState
	Keywords []KeywordDef // the table: entry i is bit i; empty when the reader has it
	Expunged []Tomb       // in their order; empty when the reader's Removed is further back than ExpungeHorizon
	Nodes    []TreeNode
	Blocks   []Block
}

// Tomb is a message that was expunged.
type Tomb struct {
	UID    UID
	ModSeq uint64
}

// TreeNode is a node of the tree of messages, encoded (verify.AppendNode).
type TreeNode struct {
	Level uint8
	Place uint32
	Node  []byte
}

// Block is the messages of a leaf, one behind the other (AppendMessage).
type Block struct {
	Index   uint32 // UID / MessagesPerLeaf
	Records []byte
}

// Messages decodes the block, which DecodeMailboxParts checked.
func (b *Block) Messages() []Message {
	list := make([]Message, 0, MessagesPerLeaf)
	for r := canon.NewReader(b.Records); r.Remaining() > 0 && r.Err() == nil; {
		list = append(list, ReadMessage(r))
	}
	return list
}

// Digest is MessagesDigest of the block's messages.
func (b *Block) Digest(m MailboxID) wire.Digest { return recordsDigest(m, b.Records) }

// Messages decodes all blocks.
func (p *MailboxParts) Messages() (list []Message) {
	for i := range p.Blocks {
		list = append(list, p.Blocks[i].Messages()...)
	}
	return list
}

// Kind implements Command.
func (c *MailboxRead) Kind() Kind { return KindMailboxRead }

// ReadOnly implements Command.
func (c *MailboxRead) ReadOnly() bool { return true }

// Keys implements Command: the mailbox, and the namespace when the command carries its version.
func (c *MailboxRead) Keys() []wire.Key {
	return resolvedKeys(c.Account, c.NamespaceVersion, c.Mailbox)
}

// Append implements Command.
func (c *MailboxRead) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindMailboxRead), c.Account[:])
	dst = canon.AppendUint32(dst, uint32(c.Mailbox))
	dst = canon.AppendUint64(dst, c.NamespaceVersion)
	dst = canon.AppendUint32(canon.AppendUint32(dst, uint32(c.First)), uint32(c.Last))
	dst = canon.AppendUint32(canon.AppendUint64(dst, c.Since), c.Limit)
	dst = canon.AppendUint64(canon.AppendBool(dst, c.FirstUnseen), c.Removed)
	return canon.AppendFixed(dst, c.Table[:])
}

func readMailboxRead(r *canon.Reader) Command {
	c := &MailboxRead{
		Account: r.Copy16(), Mailbox: readMailboxID(r), NamespaceVersion: r.Uint64(),
		First: UID(r.Uint32()), Last: UID(r.Uint32()), Since: r.Uint64(), Limit: r.Uint32(),
		FirstUnseen: r.Bool(), Removed: r.Uint64(), Table: r.Copy32(),
	}
	if c.First > c.Last || c.FirstUnseen && c.Last > 0 || c.Limit > MaxReadMessages {
		r.Fail(errField)
	}
	return c
}

// Append appends the payload.
func (p *MailboxParts) Append(dst []byte) []byte {
	dst = appendKeywords(p.State.Append(dst), p.Keywords) // the state begins with the format version
	dst = canon.AppendCount(dst, len(p.Expunged))
	for _, e := range p.Expunged {
		dst = canon.AppendUint64(canon.AppendUint32(dst, uint32(e.UID)), e.ModSeq)
	}
	dst = canon.AppendCount(dst, len(p.Nodes))
	for _, n := range p.Nodes {
		dst = canon.AppendBytes(canon.AppendUint32(canon.AppendUint8(dst, n.Level), n.Place), n.Node)
	}
	dst = canon.AppendCount(dst, len(p.Blocks))
	for _, b := range p.Blocks {
		dst = canon.AppendBytes(dst, b.Records)
	}
	return dst
}

// Encoded sizes.
const (
	tombBytes = 4 + 8
	nodeHead  = 1 + 4 + 4
	minNode   = nodeHead + 2 + 32
	blockHead = 4
)

// Size is what the node counts towards MaxPartsBytes.
func (n *TreeNode) Size() int { return nodeHead + len(n.Node) }

// Size is what the block counts towards MaxPartsBytes.
func (b *Block) Size() int { return blockHead + len(b.Records) }

// DecodeMailboxParts decodes the payload of a MailboxRead; it aliases b. Blocks rise, and each holds messages with
// rising UIDs of its own. Nothing is checked against the state's digests.
func DecodeMailboxParts(b []byte) (MailboxParts, error) {
	return decodePayload("mailbox parts", b, func(r *canon.Reader) MailboxParts {
		p := MailboxParts{State: readMailboxState(r), Keywords: readKeywords(r)}
		if n := r.Count(ExpungeHorizon, tombBytes); n > 0 {
			p.Expunged = make([]Tomb, n)
		}
		for i := range p.Expunged {
			p.Expunged[i] = Tomb{UID: UID(r.Uint32()), ModSeq: r.Uint64()}
		}
		if n := r.Count(MaxPartsBytes/minNode, minNode); n > 0 {
			p.Nodes = make([]TreeNode, n)
		}
		for i := range p.Nodes {
			p.Nodes[i] = TreeNode{Level: r.Uint8(), Place: r.Uint32(), Node: r.Bytes(verify.MaxNodeBytes)}
		}
		if n := r.Count(MaxReadMessages, blockHead+MessageBytes); n > 0 {
			p.Blocks = make([]Block, n)
		}
		for i := range p.Blocks {
			p.Blocks[i] = readBlock(r)
			if i > 0 && p.Blocks[i].Index <= p.Blocks[i-1].Index {
				r.Fail(canon.ErrNonCanonical)
			}
		}
		return p
	})
}

func readBlock(r *canon.Reader) Block {
	b := Block{Records: r.Bytes(MessagesPerLeaf * MessageBytes)}
	in := canon.NewReader(b.Records)
	last := UID(0)
	for n := 0; n == 0 || in.Remaining() > 0 && in.Err() == nil; n++ {
		m := ReadMessage(in)
		if n == 0 {
			b.Index = uint32(m.UID) / MessagesPerLeaf
		}
		if m.UID <= last || uint32(m.UID)/MessagesPerLeaf != b.Index {
			r.Fail(canon.ErrNonCanonical)
			return b
		}
		last = m.UID
	}
	if err := in.Done(); err != nil {
		r.Fail(err)
	}
	return b
}

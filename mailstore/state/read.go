package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree"
	"troxymail/mailstore/digesttree/verify"
)

func (t *txn) mailboxRead(c *command.MailboxRead) (wire.Status, []byte) {
	_, m, status := t.openMailbox(c.Account, c.Mailbox, c.NamespaceVersion)
	if m == nil {
		return status, nil
	}
	p := command.MailboxParts{State: m.state, Expunged: t.expungedFrom(m, c.Removed)}
	if m.state.Table != c.Table {
		p.Keywords = t.keywords(m)
	}
	x := reading{t: t, id: m.state.ID, c: c, parts: &p, left: int(c.Limit), room: command.MaxPartsBytes}
	if h, top := digesttree.Top(t.b, x.tree()); h > 0 {
		switch {
		case c.FirstUnseen:
			x.unseen(h-1, top)
		case c.Last > 0:
			x.visit(h-1, 0, &top)
		}
	}
	return command.StatusOK, p.Append(nil)
}

// reading collects the parts of one MailboxRead.
type reading struct {
	t     *txn
	id    command.MailboxID
	c     *command.MailboxRead
	parts *command.MailboxParts
	left  int // messages
	room  int // bytes
}

func (x *reading) tree() []byte { return mailboxKey(treeMessages, x.id) }

// visit takes in a node, and what is below it and asked for; false when the limits are reached.
func (x *reading) visit(level int, place uint32, c *verify.Children) bool {
	if !x.addNode(level, place, c) {
		return false
	}
	for i := range c {
		lo, hi := verify.Span(level, place, i)
		if c[i].Tally.Messages == 0 || c[i].Tally.ModSeq <= x.c.Since ||
			hi < uint64(x.c.First)/command.MessagesPerLeaf || lo > uint64(x.c.Last)/command.MessagesPerLeaf {
			continue
		}
		if level > 0 {
			at := place*verify.Fanout + uint32(i)
			below := digesttree.Read(x.t.b, x.tree(), level-1, at)
			if !x.visit(level-1, at, &below) {
				return false
			}
		} else if x.c.Limit > 0 && !x.addBlock(uint32(lo)) {
			return false
		}
	}
	return true
}

// unseen takes in the nodes on the way to the first message without \Seen, and its block.
func (x *reading) unseen(level int, c verify.Children) {
	for place := uint32(0); x.addNode(level, place, &c); level-- {
		i := 0
		for i < len(c) && c[i].Tally.Unseen == 0 {
			i++
		}
		if i == len(c) {
			return
		}
		if place = place*verify.Fanout + uint32(i); level == 0 {
			x.left = command.MessagesPerLeaf
			x.addBlock(place)
			return
		}
		c = digesttree.Read(x.t.b, x.tree(), level-1, place)
	}
}

func (x *reading) addNode(level int, place uint32, c *verify.Children) bool {
	n := command.TreeNode{Level: uint8(level), Place: place, Node: verify.AppendNode(nil, c)}
	if x.room -= n.Size(); x.room < 0 {
		return false
	}
	x.parts.Nodes = append(x.parts.Nodes, n)
	return true
}

func (x *reading) addBlock(index uint32) bool {
	messages := x.t.block(x.id, index)
	n := len(messages)
	b := command.Block{Index: index, Records: make([]byte, 0, n*command.MessageBytes)}
	for i := range messages {
		b.Records = command.AppendMessage(b.Records, &messages[i])
	}
	x.left, x.room = x.left-n, x.room-b.Size()
	if x.left < 0 || x.room < 0 || n == 0 {
		return false
	}
	x.parts.Blocks = append(x.parts.Blocks, b)
	return true
}

// expungedFrom returns the expunges from the given one on; none when some of them are forgotten.
func (t *txn) expungedFrom(m *mailboxEntry, from uint64) []command.Tomb {
	s := &m.state
	if from >= s.Removed || s.Removed-from > command.ExpungeHorizon {
		return nil
	}
	list := make([]command.Tomb, 0, s.Removed-from)
	for n := from; n < s.Removed; n++ {
		uid, modSeq := t.tomb(s.ID, uint32(n%command.ExpungeHorizon))
		list = append(list, command.Tomb{UID: uid, ModSeq: modSeq})
	}
	return list
}

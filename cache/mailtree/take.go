package mailtree

import (
	"bytes"
	"errors"

	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree/verify"
)

// ErrUnfit is returned by Take for a part that is not what the part above it names: whoever sent it lies, or is damaged.
var ErrUnfit = errors.New("mailtree: a part does not fit the digest that names it")

// maxAside is how much a tree keeps aside before it begins anew, in bytes.
const maxAside = 2 << 20

// Take takes in the parts of an answer whose state has this tree's root. All that fit are kept aside, the last answer
// whole, and offered to the cache: nodes; pages where all blocks below a node are there; and blocks when records says
// that they are wanted themselves, or where they make no page. ErrUnfit when something did not fit; what came before it
// was taken.
func (t *Tree) Take(p *command.MailboxParts, records bool) error {
	x := taking{tree: t, records: records, seen: make(map[place]*command.TreeNode, len(p.Nodes)), blocks: p.Blocks}
	if t.aside == nil || t.asideBytes > maxAside {
		t.aside, t.asideBytes = make(map[wire.Digest][]byte, len(p.Nodes)+len(p.Blocks)), 0
	}
	for i := range p.Nodes {
		if err := x.node(&p.Nodes[i]); err != nil {
			return err
		}
	}
	if len(x.blocks) > 0 {
		return ErrUnfit // of no node that came
	}
	return nil
}

type place struct {
	level uint8
	place uint32
}

// taking is one Take.
type taking struct {
	tree    *Tree
	records bool
	seen    map[place]*command.TreeNode
	blocks  []command.Block // those that were not taken yet
	above   struct {        // the node above the last one
		at       place
		children verify.Children
	}
}

// named returns the digest that names a node: that of the tree for the first one.
func (x *taking) named(n *command.TreeNode) (wire.Digest, bool) {
	if len(x.seen) == 0 {
		return x.tree.root, n.Level < verify.MaxHeight && n.Place == 0
	}
	at := place{n.Level + 1, n.Place / verify.Fanout}
	if x.above.at != at {
		above := x.seen[at]
		if above == nil {
			return wire.Digest{}, false
		}
		x.above.at = at
		x.above.children, _ = verify.DecodeNode(above.Node)
	}
	return x.above.children[n.Place%verify.Fanout].Digest, true
}

func (x *taking) node(n *command.TreeNode) error {
	want, ok := x.named(n)
	c, sound := verify.DecodeNode(n.Node)
	if !ok || !sound || want == (wire.Digest{}) || c.Tally() == (verify.Tally{}) {
		return ErrUnfit
	}
	kept, got := bytes.Clone(n.Node), verify.Node(int(n.Level), n.Place, &c)
	if len(x.seen) == 0 {
		got = verify.Root(int(n.Level)+1, got)
		kept = append([]byte{n.Level + 1}, n.Node...)
	}
	if got != want {
		return ErrUnfit
	}
	x.keep(want, kept)
	x.seen[place{n.Level, n.Place}] = n
	if n.Level > 0 {
		return nil
	}
	return x.below(nodeName{place: n.Place, digest: want}, &c)
}

// below takes in the blocks below a node of level 0, which come in order.
func (x *taking) below(n nodeName, c *verify.Children) error {
	whole := true
	var list []*command.Block
	for i := range c {
		if c[i].Digest == (wire.Digest{}) {
			continue
		}
		if len(x.blocks) == 0 || x.blocks[0].Index != n.place*verify.Fanout+uint32(i) {
			whole = false
			continue
		}
		b := &x.blocks[0]
		if b.Digest(x.tree.id) != c[i].Digest {
			return ErrUnfit
		}
		list, x.blocks = append(list, b), x.blocks[1:]
	}
	if whole {
		messages := make([]command.Message, 0, pageUIDs)
		for _, b := range list {
			messages = append(messages, b.Messages()...)
		}
		x.keep(pageKey(n.digest), bytes.Clone(appendPage(make([]byte, 0, pageMask+16*len(messages)), n.place, messages)))
	}
	for _, b := range list {
		if x.records || !whole {
			x.keep(c[b.Index%verify.Fanout].Digest, bytes.Clone(b.Records))
		}
	}
	return nil
}

func (x *taking) keep(d wire.Digest, part []byte) {
	x.tree.aside[d] = part // even if it is much: all of an answer is kept
	x.tree.asideBytes += len(part)
	x.tree.cache.Put(d, part)
}

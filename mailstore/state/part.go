package state

import (
	"encoding/binary"
	"errors"
	"fmt"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree"
	"troxymail/mailstore/digesttree/verify"
	"troxymail/mailstore/transfer"
)

// The state as parts for a transfer: each is checked by a digest that a part above it names, from the root of a
// checkpoint down. Names of parts (all numbers big endian):
//
//	h                          the head: cluster record, next mailbox id, roots of the accounts and the origins
//	t tree                     a tree's height and top node
//	n level place(4) tree      a node
//	l index(4) tree            a leaf: what its digest covers (leaf.go)
//	w mailbox(4)               a mailbox's table of keywords
//	r digest                   a small record
//
// where tree is the prefix under which the tree lies: its kind and the account, mailbox or replica.
const (
	partHead     = 'h'
	partTop      = 't'
	partNode     = 'n'
	partLeaf     = 'l'
	partKeywords = 'w'
	partRecord   = 'r'
)

// ErrTransferred is returned for a part that fits its digest and cannot be a part of this state machine's: the
// replicas that attested the checkpoint run another version.
var ErrTransferred = errors.New("state: a transferred part makes no sense: compare the versions of the replicas")

// Head is the part from which all of the state with that root follows.
func Head(root wire.Digest) transfer.Item {
	return transfer.Item{Name: name{kind: partHead}.String(), Digest: root}
}

func top(tree []byte, root wire.Digest) []transfer.Item {
	if root == (wire.Digest{}) {
		return nil
	}
	return []transfer.Item{{Name: name{kind: partTop, tree: string(tree)}.String(), Digest: root}}
}

// Reader is a state to read parts from; *kv.Snapshot is one. What it holds may be unsound.
type Reader interface {
	Get(key []byte) ([]byte, error)
	Range(from, to []byte, max int) ([][]byte, error)
}

// ReadPart returns the content of a part, empty when it is not there. It is not checked.
func ReadPart(r Reader, partName string) []byte {
	n, ok := parseName(partName)
	if !ok {
		return nil
	}
	tree := []byte(n.tree)
	get := func(key []byte) []byte { v, _ := r.Get(key); return v }
	switch n.kind {
	case partHead:
		return readHead(r)
	case partTop:
		h := get(digesttree.MetaKey(tree))
		if len(h) != 1 || h[0] == 0 || h[0] > verify.MaxHeight {
			return nil
		}
		return append(h, get(digesttree.NodeKey(tree, int(h[0])-1, 0))...)
	case partNode:
		return get(digesttree.NodeKey(tree, n.level, n.at))
	case partLeaf:
		return readLeaf(r, n)
	case partKeywords:
		return readKeywords(r, command.MailboxID(n.at))
	}
	if v := get(SmallKey(n.digest)); v != nil {
		return append([]byte{recordMark}, v...)
	}
	return nil
}

// recordMark precedes a record, which may be empty.
const recordMark = 1

// CheckPart is the transfer.Check of this state.
func CheckPart(x transfer.Item, content []byte) ([]transfer.Item, error) {
	n, ok := parseName(x.Name)
	if !ok {
		return nil, fmt.Errorf("%w: a name of %d bytes", ErrTransferred, len(x.Name))
	}
	switch n.kind {
	case partHead:
		h, err := decodeHead(content)
		if err != nil || h.digest() != x.Digest {
			return nil, transfer.ErrUnfit
		}
		return append(top([]byte{treeAccounts}, h.accounts), top([]byte{treeOrigins}, h.origins)...), nil
	case partTop:
		if len(content) < 1 || content[0] == 0 || content[0] > verify.MaxHeight {
			return nil, transfer.ErrUnfit
		}
		level := int(content[0]) - 1
		c, ok := verify.DecodeNode(content[1:])
		if !ok || verify.Root(level+1, verify.Node(level, 0, &c)) != x.Digest {
			return nil, transfer.ErrUnfit
		}
		return children(n.tree, level, 0, &c), nil
	case partNode:
		c, ok := verify.DecodeNode(content)
		if !ok || verify.Node(n.level, n.at, &c) != x.Digest {
			return nil, transfer.ErrUnfit
		}
		return children(n.tree, n.level, n.at, &c), nil
	case partLeaf:
		return checkLeaf(n, x.Digest, content)
	case partKeywords:
		if _, ok := decodeKeywords(content, x.Digest); !ok {
			return nil, transfer.ErrUnfit
		}
		return nil, nil
	}
	if len(content) < 1 || content[0] != recordMark || wire.Sum(content[1:]) != x.Digest {
		return nil, transfer.ErrUnfit
	}
	return nil, nil
}

// children are the parts below a node.
func children(tree string, level int, place uint32, c *verify.Children) []transfer.Item {
	var list []transfer.Item
	for i := range c {
		if c[i].Digest == (wire.Digest{}) {
			continue
		}
		n := name{kind: partNode, tree: tree, level: level - 1, at: place*verify.Fanout + uint32(i)}
		if level == 0 {
			n.kind, n.level = partLeaf, 0
		}
		list = append(list, transfer.Item{Name: n.String(), Digest: c[i].Digest})
	}
	return list
}

// head is what the root covers.
type head struct {
	cluster           command.ClusterState
	next              command.MailboxID
	accounts, origins wire.Digest
}

func (h *head) digest() wire.Digest { return rootDigest(&h.cluster, h.next, h.accounts, h.origins) }

func (h *head) encode() []byte {
	b := canon.AppendUint32(canon.AppendBytes(nil, h.cluster.Append(nil)), uint32(h.next))
	return append(append(b, h.accounts[:]...), h.origins[:]...)
}

func decodeHead(content []byte) (h head, err error) {
	r := canon.NewReader(content)
	if h.cluster, err = command.DecodeClusterState(r.Bytes(wire.MaxPartBytes)); err != nil {
		return h, err
	}
	h.next = command.MailboxID(r.Uint32())
	h.accounts, h.origins = r.Copy32(), r.Copy32()
	return h, r.Done()
}

func readHead(r Reader) []byte {
	cluster, _ := r.Get(keyCluster)
	next, _ := r.Get(keyNext)
	c, err := command.DecodeClusterState(cluster)
	if err != nil || len(next) != 4 {
		return nil
	}
	h := head{cluster: c, next: command.MailboxID(binary.BigEndian.Uint32(next))}
	h.accounts, h.origins = storedRoot(r, []byte{treeAccounts}), storedRoot(r, []byte{treeOrigins})
	return h.encode()
}

// storedRoot returns the root of a tree; zero for an empty or unsound one.
func storedRoot(r Reader, tree []byte) wire.Digest {
	v := ReadPart(r, name{kind: partTop, tree: string(tree)}.String())
	if len(v) < 1 {
		return wire.Digest{}
	}
	level := int(v[0]) - 1
	c, ok := verify.DecodeNode(v[1:])
	if !ok {
		return wire.Digest{}
	}
	return verify.Root(level+1, verify.Node(level, 0, &c))
}

// readKeywords returns a table as its entries, one behind the other.
func readKeywords(r Reader, m command.MailboxID) []byte {
	list, err := r.Range(mailboxKey(prefixKeyword, m), append(slotKey(prefixKeyword, m, command.MaxKeywords), 0), command.MaxKeywords)
	if err != nil {
		return nil
	}
	var content []byte
	for _, v := range list {
		content = canon.AppendBytes(content, v)
	}
	return content
}

// decodeKeywords returns the entries of a table as they are stored.
func decodeKeywords(content []byte, table wire.Digest) (list [][]byte, ok bool) {
	r := canon.NewReader(content)
	var chain wire.Digest
	for r.Err() == nil && r.Remaining() > 0 && len(list) < command.MaxKeywords {
		v := r.Bytes(16 + command.MaxSealedName)
		if len(v) < 16 {
			return nil, false
		}
		chain = command.KeywordDigest(chain, command.KeywordDef{Token: command.Token(v[:16]), Sealed: v[16:]})
		list = append(list, v)
	}
	return list, r.Done() == nil && chain == table
}

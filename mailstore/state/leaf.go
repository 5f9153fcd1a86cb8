package state

import (
	"encoding/binary"

	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
	"troxymail/mailstore/command"
	"troxymail/mailstore/transfer"
)

// accountLeaf is what an account's leaf covers.
type accountLeaf struct {
	state     command.AccountState
	usage     usage
	space     command.NamespaceState
	mailboxes wire.Digest
}

func decodeAccountLeaf(content []byte) (l accountLeaf, err error) {
	r := canon.NewReader(content)
	state, used, space := r.Bytes(wire.MaxPartBytes), r.Bytes(wire.MaxPartBytes), r.Bytes(wire.MaxPartBytes)
	l.mailboxes = r.Copy32()
	if err = r.Done(); err != nil {
		return l, err
	}
	if l.state, err = command.DecodeAccountState(state); err != nil {
		return l, err
	}
	if l.usage, err = decodeUsage(used); err != nil {
		return l, err
	}
	l.space, err = command.DecodeNamespaceState(space)
	return l, err
}

func readAccountLeaf(r Reader, number uint32) []byte {
	id, _ := r.Get(numberKey(number))
	if len(id) != len(command.AccountID{}) {
		return nil
	}
	a := command.AccountID(id)
	state, _ := r.Get(accountKey(prefixAccount, a))
	used, _ := r.Get(accountKey(prefixUsage, a))
	space, _ := r.Get(accountKey(prefixSpace, a))
	root := storedRoot(r, accountKey(treeMailboxes, a))
	b := canon.AppendBytes(nil, state)
	b = canon.AppendBytes(canon.AppendBytes(b, used), space)
	return append(b, root[:]...)
}

// readLeaf returns what a leaf covers.
func readLeaf(r Reader, n name) []byte {
	get := func(key []byte) []byte { v, _ := r.Get(key); return v }
	switch n.tree[0] {
	case treeAccounts:
		return readAccountLeaf(r, n.at)
	case treeMailboxes:
		return get(mailboxKey(prefixMailbox, command.MailboxID(n.at)))
	case treeNames:
		return get(nameKey(command.AccountID([]byte(n.owner())), command.MailboxID(n.at)))
	case treeMessages:
		if n.at > command.MaxUID/command.MessagesPerLeaf {
			return nil
		}
		first := command.UID(n.at * command.MessagesPerLeaf)
		from, to := uidKey(prefixMessage, n.mailbox(), first), uidKey(prefixMessage, n.mailbox(), first+command.MessagesPerLeaf-1)
		list, _ := r.Range(from, append(to, 0), command.MessagesPerLeaf)
		var content []byte
		for _, v := range list {
			content = append(content, v...)
		}
		return content
	case treeTombs:
		return get(slotKey(prefixTomb, n.mailbox(), n.at))
	case treeOrigins:
		return get(originKey(prefixOrigin, wire.ReplicaID(n.at)))
	}
	return get(replyKey(n.replica(), n.at))
}

// mailbox, account and replica are the owner of a name's tree.
func (n name) mailbox() command.MailboxID {
	return command.MailboxID(binary.BigEndian.Uint32([]byte(n.owner())))
}

func (n name) replica() wire.ReplicaID {
	return wire.ReplicaID(binary.BigEndian.Uint16([]byte(n.owner())))
}

func (n name) account() command.AccountID { return command.AccountID([]byte(n.owner())) }

// checkLeaf checks what a leaf covers against its digest and returns what is below it.
func checkLeaf(n name, want wire.Digest, content []byte) ([]transfer.Item, error) {
	switch n.tree[0] {
	case treeAccounts:
		l, err := decodeAccountLeaf(content)
		if err != nil || l.state.Number != n.at || accountDigest(&l.state, l.usage, &l.space, l.mailboxes) != want {
			return nil, transfer.ErrUnfit
		}
		a := l.state.Account
		return append(top(accountKey(treeMailboxes, a), l.mailboxes), top(accountKey(treeNames, a), l.space.Names)...), nil
	case treeMailboxes:
		m, err := command.DecodeMailboxState(content)
		if err != nil || uint32(m.ID) != n.at || m.Digest() != want || m.Account != n.account() {
			return nil, transfer.ErrUnfit
		}
		below := append(top(mailboxKey(treeMessages, m.ID), m.Messages), top(mailboxKey(treeTombs, m.ID), m.Tombs)...)
		if m.Keywords > 0 {
			below = append(below, transfer.Item{Name: name{kind: partKeywords, at: n.at}.String(), Digest: m.Table})
		}
		return below, nil
	case treeNames:
		m, err := command.DecodeName(content)
		if err != nil || uint32(m.ID) != n.at || command.NameDigest(n.account(), &m) != want {
			return nil, transfer.ErrUnfit
		}
		return nil, nil
	case treeMessages:
		return checkMessages(n, want, content)
	case treeTombs:
		u, modSeq, ok := decodeTomb(content)
		if !ok || command.ExpungedDigest(u, modSeq) != want {
			return nil, transfer.ErrUnfit
		}
		return nil, nil
	case treeOrigins:
		s, err := decodeOrigin(content)
		if err != nil || tagged("troxymail/origin/v1", content) != want {
			return nil, transfer.ErrUnfit
		}
		return top(originKey(treeReplies, wire.ReplicaID(n.at)), s.replies), nil
	}
	if _, err := decodeReplies(n.at, content); err != nil || repliesDigest(content) != want {
		return nil, transfer.ErrUnfit
	}
	return nil, nil
}

func decodeTomb(v []byte) (command.UID, uint64, bool) {
	r := canon.NewReader(v)
	u, modSeq := command.UID(r.Uint32()), r.Uint64()
	return u, modSeq, r.Done() == nil
}

func decodeMessages(content []byte) (list []command.Message, ok bool) {
	r := canon.NewReader(content)
	for r.Err() == nil && r.Remaining() > 0 && len(list) <= command.MessagesPerLeaf {
		list = append(list, command.ReadMessage(r))
	}
	return list, r.Done() == nil && len(list) > 0
}

// checkMessages checks a block of messages: below it are their small records.
func checkMessages(n name, want wire.Digest, content []byte) ([]transfer.Item, error) {
	list, ok := decodeMessages(content)
	if !ok || command.MessagesDigest(n.mailbox(), list) != want {
		return nil, transfer.ErrUnfit
	}
	var below []transfer.Item
	seen := map[wire.Digest]bool{}
	add := func(d wire.Digest) {
		if !seen[d] {
			seen[d] = true
			below = append(below, transfer.Item{Name: name{kind: partRecord, digest: d}.String(), Digest: d, Loose: true})
		}
	}
	for i := range list {
		if uint32(list[i].UID)/command.MessagesPerLeaf != n.at {
			return nil, ErrTransferred
		}
		add(list[i].Summary)
		if list[i].BodySize <= wire.InlineBodyBytes {
			add(list[i].Body)
		}
	}
	return below, nil
}

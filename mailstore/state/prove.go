package state

import (
	"fmt"

	"troxymail/mailstore/command"
	"troxymail/mailstore/digesttree"
)

// MaxPartUIDs bounds the UIDs that one Part covers.
const MaxPartUIDs = 65_536

// MailboxPart is a piece of a mailbox that can be checked alone against the mailbox's digest: messages
// of whole leaves, and their proof (verify.Range over leaves uid / command.MessagesPerLeaf).
type MailboxPart struct {
	State    command.MailboxState
	Keywords []command.KeywordDef
	Messages []command.Message
	Proof    []byte
}

// Part reads the messages of the leaves from that of first to that of last, with their proof, at the
// state of Applied; nil when the account has no such mailbox.
func (m *Machine) Part(
	a command.AccountID, id command.MailboxID, first, last command.UID,
) (*MailboxPart, error) {
	if first > last || last-first >= MaxPartUIDs {
		return nil, fmt.Errorf("state: a part of UIDs %d to %d; at most %d", first, last, MaxPartUIDs)
	}
	b, err := m.store.View()
	if err != nil {
		return nil, err
	}
	defer b.Discard()
	t := newTxn(b, 0)
	e := t.mailbox(a, id)
	if e == nil {
		return nil, t.failed(nil)
	}
	lo, hi := uint32(first)/command.MessagesPerLeaf, uint32(last)/command.MessagesPerLeaf
	p := &MailboxPart{State: e.state, Proof: digesttree.Prove(b, mailboxKey(treeMessages, id), lo, hi)}
	for _, def := range t.keywords(e) {
		p.Keywords = append(p.Keywords, command.KeywordDef{Token: def.Token, Sealed: clone(def.Sealed)})
	}
	from := command.UID(lo * command.MessagesPerLeaf)
	to := command.UID(hi*command.MessagesPerLeaf + command.MessagesPerLeaf - 1)
	t.scanMessages(id, from, to, func(msg *command.Message) bool {
		p.Messages = append(p.Messages, *msg)
		return true
	})
	return p, t.failed(nil)
}

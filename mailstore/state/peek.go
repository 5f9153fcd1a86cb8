package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

// Peek executes an encoded read of one mailbox, namespace or account on the state at Applied, without ordering it,
// and returns with it the record whose digest is that of the key which was read, NamespaceState or AccountState, unless
// the payload has it (MailboxParts). False for a command of another kind. The same goroutine as Apply.
func (m *Machine) Peek(encoded []byte) (status wire.Status, payload, evidence []byte, ok bool, err error) {
	c, err := command.Decode(encoded)
	if err != nil {
		return 0, nil, nil, false, err
	}
	b, err := m.store.View()
	if err != nil {
		return 0, nil, nil, false, err
	}
	defer b.Discard()
	t := newTxn(b, 0)
	switch c := c.(type) {
	case *command.MailboxRead:
		status, payload = t.mailboxRead(c)
	case *command.NamespaceRead:
		status, payload = t.namespaceRead(c)
		if e := t.account(c.Account); e != nil {
			evidence = e.space.Append(nil)
		}
	case *command.AccountRead:
		status, payload = t.accountRead(c)
		if e := t.account(c.Account); e != nil {
			evidence = e.state.Append(nil)
		}
	default:
		return 0, nil, nil, false, nil
	}
	return status, payload, evidence, true, t.failed(nil)
}

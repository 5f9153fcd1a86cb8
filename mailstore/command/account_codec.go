package command

import (
	"troxymail/bftcore/wire"
	"troxymail/bftcore/wire/canon"
)

// Kind implements Command.
func (c *AccountCreate) Kind() Kind { return KindAccountCreate }

// ReadOnly implements Command.
func (c *AccountCreate) ReadOnly() bool { return false }

// Keys implements Command: the list of accounts, the account, its namespace.
func (c *AccountCreate) Keys() []wire.Key {
	return keySet(ClusterKey(), AccountKey(c.Account), NamespaceKey(c.Account))
}

// Append implements Command.
func (c *AccountCreate) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindAccountCreate), c.Account[:])
	dst = canon.AppendBytes(dst, c.Sealed)
	dst = canon.AppendBytes(dst, c.WrappedKey)
	dst = canon.AppendBytes(dst, c.Verifiers)
	dst = canon.AppendUint64(dst, c.QuotaBytes)
	return appendNewMailboxes(dst, c.Mailboxes)
}

func readAccountCreate(r *canon.Reader) Command {
	c := &AccountCreate{
		Account:    r.Copy16(),
		Sealed:     readNonEmpty(r, MaxSealedAddress),
		WrappedKey: readNonEmpty(r, MaxWrappedKey),
		Verifiers:  readBytes(r, MaxSealedVerifiers),
		QuotaBytes: r.Uint64(),
	}
	c.Mailboxes = readNewMailboxes(r, 1)
	for i := range c.Mailboxes {
		if c.Mailboxes[i].Parent != 0 { // a new account has no mailbox that could be a parent
			r.Fail(errField)
		}
	}
	return c
}

// Kind implements Command.
func (c *AccountSetVerifiers) Kind() Kind { return KindAccountSetVerifiers }

// ReadOnly implements Command.
func (c *AccountSetVerifiers) ReadOnly() bool { return false }

// Keys implements Command: the account.
func (c *AccountSetVerifiers) Keys() []wire.Key { return keySet(AccountKey(c.Account)) }

// Append implements Command.
func (c *AccountSetVerifiers) Append(dst []byte) []byte {
	dst = canon.AppendFixed(head(dst, KindAccountSetVerifiers), c.Account[:])
	dst = canon.AppendUint64(dst, c.Version)
	return canon.AppendBytes(dst, c.Verifiers)
}

func readAccountSetVerifiers(r *canon.Reader) Command {
	return &AccountSetVerifiers{
		Account: r.Copy16(), Version: r.Uint64(), Verifiers: readBytes(r, MaxSealedVerifiers),
	}
}

// Kind implements Command.
func (c *AccountEnable) Kind() Kind { return KindAccountEnable }

// ReadOnly implements Command.
func (c *AccountEnable) ReadOnly() bool { return false }

// Keys implements Command: the account.
func (c *AccountEnable) Keys() []wire.Key { return keySet(AccountKey(c.Account)) }

// Append implements Command.
func (c *AccountEnable) Append(dst []byte) []byte {
	return canon.AppendBool(canon.AppendFixed(head(dst, KindAccountEnable), c.Account[:]), c.Enabled)
}

func readAccountEnable(r *canon.Reader) Command {
	return &AccountEnable{Account: r.Copy16(), Enabled: r.Bool()}
}

// Kind implements Command.
func (c *AccountRemove) Kind() Kind { return KindAccountRemove }

// ReadOnly implements Command.
func (c *AccountRemove) ReadOnly() bool { return false }

// Keys implements Command: the list of accounts, the account, its namespace. The mailboxes' own keys are
// not named; every read of one depends on the account's key as well.
func (c *AccountRemove) Keys() []wire.Key {
	return keySet(ClusterKey(), AccountKey(c.Account), NamespaceKey(c.Account))
}

// Append implements Command.
func (c *AccountRemove) Append(dst []byte) []byte {
	return canon.AppendFixed(head(dst, KindAccountRemove), c.Account[:])
}

func readAccountRemove(r *canon.Reader) Command { return &AccountRemove{Account: r.Copy16()} }

// Kind implements Command.
func (c *AccountRead) Kind() Kind { return KindAccountRead }

// ReadOnly implements Command.
func (c *AccountRead) ReadOnly() bool { return true }

// Keys implements Command: the account.
func (c *AccountRead) Keys() []wire.Key { return keySet(AccountKey(c.Account)) }

// Append implements Command.
func (c *AccountRead) Append(dst []byte) []byte {
	return canon.AppendFixed(head(dst, KindAccountRead), c.Account[:])
}

func readAccountRead(r *canon.Reader) Command { return &AccountRead{Account: r.Copy16()} }

// Kind implements Command.
func (c *AccountList) Kind() Kind { return KindAccountList }

// ReadOnly implements Command.
func (c *AccountList) ReadOnly() bool { return true }

// Keys implements Command: the list of accounts.
func (c *AccountList) Keys() []wire.Key { return keySet(ClusterKey()) }

// Append implements Command.
func (c *AccountList) Append(dst []byte) []byte {
	return canon.AppendUint32(canon.AppendFixed(head(dst, KindAccountList), c.After[:]), c.Limit)
}

func readAccountList(r *canon.Reader) Command {
	c := &AccountList{After: r.Copy16(), Limit: r.Uint32()}
	if c.Limit == 0 || c.Limit > MaxAccountPage {
		r.Fail(errField)
	}
	return c
}

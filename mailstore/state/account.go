package state

import (
	"troxymail/bftcore/wire"
	"troxymail/mailstore/command"
)

func (t *txn) accountCreate(c *command.AccountCreate) (wire.Status, []byte) {
	e := t.accountEntry(c.Account)
	if e.exists {
		return command.StatusAccountExists, nil
	}
	if t.cluster.NextAccount == 1<<32-1 {
		return command.StatusLimit, nil
	}
	quota := c.QuotaBytes
	if quota == 0 {
		quota = command.DefaultQuotaBytes
	}
	// The plan is checked against an empty namespace before anything is written.
	e.space = command.NamespaceState{Account: c.Account}
	plan, status := t.planCreate(c.Account, e, c.Mailboxes, nil)
	if status != command.StatusOK {
		return status, nil
	}
	e.exists = true
	e.state = command.AccountState{
		Account: c.Account, Number: t.cluster.NextAccount, Version: 1, Enabled: true,
		Sealed: clone(c.Sealed), WrappedKey: clone(c.WrappedKey), Verifiers: clone(c.Verifiers),
		QuotaBytes: quota,
	}
	e.usage = usage{}
	e.stateChanged, e.usageChanged, e.spaceChanged = true, true, true
	t.cluster.NextAccount++
	t.cluster.Accounts++
	t.clusterChanged = true
	created := t.create(c.Account, e, plan)
	return namespaceChanged(e, created)
}

// clone copies bytes that would else alias a request.
func clone(b []byte) []byte { return append([]byte(nil), b...) }

func (t *txn) accountSetVerifiers(c *command.AccountSetVerifiers) (wire.Status, []byte) {
	e := t.account(c.Account)
	if e == nil {
		return command.StatusNoAccount, nil
	}
	if e.state.Version != c.Version {
		return command.StatusAccountChanged, nil
	}
	e.state.Verifiers = clone(c.Verifiers)
	return newVersion(e)
}

func (t *txn) accountEnable(c *command.AccountEnable) (wire.Status, []byte) {
	e := t.account(c.Account)
	if e == nil {
		return command.StatusNoAccount, nil
	}
	if e.state.Enabled == c.Enabled {
		p := command.AccountVersion{Version: e.state.Version}
		return command.StatusOK, p.Append(nil)
	}
	e.state.Enabled = c.Enabled
	return newVersion(e)
}

func newVersion(e *accountEntry) (wire.Status, []byte) {
	e.state.Version++
	e.stateChanged = true
	p := command.AccountVersion{Version: e.state.Version}
	return command.StatusOK, p.Append(nil)
}

func (t *txn) accountRemove(c *command.AccountRemove) (wire.Status, []byte) {
	e := t.account(c.Account)
	if e == nil {
		return command.StatusNoAccount, nil
	}
	for _, n := range t.names(c.Account) {
		t.dropName(c.Account, e, &n)
		t.dropMailbox(c.Account, n.ID)
	}
	t.b.Delete(accountKey(prefixAccount, c.Account))
	t.b.Delete(accountKey(prefixUsage, c.Account))
	t.b.Delete(accountKey(prefixSpace, c.Account))
	t.b.Delete(numberKey(e.state.Number))
	t.numbers[e.state.Number] = wire.Digest{}
	e.exists = false
	e.stateChanged, e.usageChanged, e.spaceChanged = false, false, false
	t.cluster.Accounts--
	t.clusterChanged = true
	return command.StatusOK, nil
}

func (t *txn) accountRead(c *command.AccountRead) (wire.Status, []byte) {
	e := t.account(c.Account)
	if e == nil {
		t.sees(t.cluster.Changed)
		return command.StatusNoAccount, nil
	}
	p := t.accountRecord(e)
	return command.StatusOK, p.Append(nil)
}

func (t *txn) accountRecord(e *accountEntry) command.AccountRecord {
	t.sees(e.state.Changed)
	t.sees(e.usage.changed)
	s := &e.state
	return command.AccountRecord{
		Account: s.Account, Version: s.Version, Enabled: s.Enabled, Sealed: s.Sealed,
		WrappedKey: s.WrappedKey, Verifiers: s.Verifiers, QuotaBytes: s.QuotaBytes,
		UsedBytes: e.usage.bytes, Messages: e.usage.messages,
	}
}

func (t *txn) accountList(c *command.AccountList) (wire.Status, []byte) {
	t.sees(t.cluster.Changed)
	var ids []command.AccountID
	more := false
	from := append(accountKey(prefixAccount, c.After), 0)
	if c.After == (command.AccountID{}) {
		from = nil // the zero token as well
	}
	t.b.Scan([]byte{prefixAccount}, from, func(key, _ []byte) bool {
		if more = len(ids) == int(c.Limit); more {
			return false
		}
		ids = append(ids, command.AccountID(key[1:]))
		return true
	})
	p := command.AccountPage{More: more}
	for _, id := range ids {
		rec := t.accountRecord(t.accountEntry(id))
		rec.WrappedKey, rec.Verifiers = nil, nil
		p.Accounts = append(p.Accounts, rec)
	}
	return command.StatusOK, p.Append(nil)
}

// open returns the account and status OK when mail commands may work on it. A disabled account's mail is
// left alone.
func (t *txn) open(a command.AccountID) (*accountEntry, wire.Status) {
	e := t.account(a)
	if e == nil {
		t.sees(t.cluster.Changed)
		return nil, command.StatusNoAccount
	}
	t.sees(e.state.Changed)
	if !e.state.Enabled {
		return nil, command.StatusDisabled
	}
	return e, command.StatusOK
}

// openResolved is open for a command whose names were resolved at a namespace version (0: were not).
func (t *txn) openResolved(a command.AccountID, version uint64) (*accountEntry, wire.Status) {
	e, status := t.open(a)
	if e == nil {
		return nil, status
	}
	t.sees(e.space.Changed)
	if version != 0 && version != e.space.Version {
		return nil, command.StatusNamespaceChanged
	}
	return e, command.StatusOK
}

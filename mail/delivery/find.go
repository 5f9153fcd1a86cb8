package delivery

import (
	"context"
	"strings"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/mail/accounts"
	"troxymail/mailstore/command"
)

// Recipient is an account that can be delivered to. Immutable.
type Recipient struct {
	account command.AccountID
	vault   *accounts.Vault
	life    wire.Digest // of the account's wrapped key: one made anew under the same address has another
}

// Find returns the account that an address belongs to, when it can take a message of size bytes (0: unknown).
// It costs ordered reads. Errors: ErrUnknown, ErrElsewhere, ErrDisabled, ErrOverQuota, ErrTooLarge,
// ErrUnavailable, ErrInternal.
func (c *Courier) Find(ctx context.Context, a Address, size int64) (*Recipient, error) {
	postmaster := strings.EqualFold(a.Local, "postmaster")
	if a.Domain == "" && postmaster {
		a.Domain = c.domain
	}
	for _, address := range a.candidates() {
		r, err := c.read(ctx, accounts.ID(c.keys, address))
		if r != nil || err != nil {
			return c.recipient(r, size, err)
		}
	}
	switch {
	case !strings.EqualFold(a.Domain, c.domain):
		return nil, ErrElsewhere
	case postmaster:
		r, err := c.readPostmaster(ctx)
		return c.recipient(r, size, err)
	}
	return nil, ErrUnknown
}

// Valid reports whether an account is enabled and of that version still: whether who logged in then may send.
func (c *Courier) Valid(ctx context.Context, account command.AccountID, version uint64) (bool, error) {
	r, err := c.read(ctx, account)
	return r != nil && r.Enabled && r.Version == version, err
}

// read reads an account; nil when there is none.
func (c *Courier) read(ctx context.Context, id command.AccountID) (*command.AccountRecord, error) {
	out, err := c.cluster.Do(ctx, &command.AccountRead{Account: id})
	if err != nil {
		return nil, c.unanswered("read an account", err)
	}
	if out.Status == command.StatusNoAccount {
		return nil, nil
	}
	record, err := command.DecodeAccountRecord(out.Payload)
	if err != nil || out.Status != command.StatusOK || record.Account != id {
		return nil, c.internal("decode an account", err)
	}
	return &record, nil
}

// recipient judges an account that was read.
func (c *Courier) recipient(r *command.AccountRecord, size int64, err error) (*Recipient, error) {
	switch {
	case err != nil:
		return nil, err
	case !r.Enabled:
		return nil, ErrDisabled
	case uint64(size) > r.QuotaBytes:
		return nil, ErrTooLarge
	case r.UsedBytes+max(uint64(size), 1) > r.QuotaBytes:
		return nil, ErrOverQuota
	}
	vault, err := accounts.OpenVault(c.keys, c.rand, r)
	if err != nil {
		return nil, c.internal("open an account's key", err)
	}
	return &Recipient{account: r.Account, vault: vault, life: wire.Sum(r.WrappedKey)}, nil
}

// inbox is what a courier remembers of an account: the id of its INBOX, which it keeps as long as it lives.
type inbox struct {
	life wire.Digest
	id   command.MailboxID
}

// inbox returns the id of a recipient's INBOX. ErrChanged when the account was made anew since the recipient was
// found: what is sealed for the one cannot be read by the other.
func (c *Courier) inbox(ctx context.Context, to *Recipient) (command.MailboxID, error) {
	c.mu.Lock()
	known := c.inboxes[to.account]
	c.mu.Unlock()
	if known.life == to.life {
		return known.id, nil
	}
	box, err := c.readInbox(ctx, to.account)
	if err != nil {
		return 0, err
	}
	// The account was still the same after its INBOX was read; INBOXes made later have other ids.
	switch r, err := c.read(ctx, to.account); {
	case err != nil:
		return 0, err
	case r == nil:
		return 0, ErrUnknown
	case wire.Sum(r.WrappedKey) != to.life:
		return 0, ErrChanged
	}
	c.remember(to.account, inbox{to.life, box})
	return box, nil
}

func (c *Courier) readInbox(ctx context.Context, id command.AccountID) (command.MailboxID, error) {
	out, err := c.cluster.Do(ctx, &command.NamespaceRead{Account: id})
	if err != nil {
		return 0, c.unanswered("read a namespace", err)
	}
	if out.Status != command.StatusOK {
		return 0, refusal(out.Status)
	}
	space, err := command.DecodeNamespace(out.Payload)
	if err != nil {
		return 0, c.internal("decode a namespace", err)
	}
	for i := range space.Mailboxes {
		if m := &space.Mailboxes[i]; m.Inbox {
			return m.ID, nil
		}
	}
	return 0, c.internal("find an INBOX", nil)
}

func (c *Courier) remember(id command.AccountID, box inbox) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.inboxes) >= maxInboxes {
		clear(c.inboxes)
	}
	c.inboxes[id] = box
}

func (c *Courier) forget(id command.AccountID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.inboxes, id)
}

// fallback is the account that gets postmaster's mail while no account has that address.
type fallback struct {
	account command.AccountID
	until   time.Time
}

const (
	// fallbackTime is how long the choice of that account holds before it is made anew.
	fallbackTime = 10 * time.Minute
	// fallbackPages bounds the pages of accounts that are looked at for it.
	fallbackPages = 16
)

// readPostmaster reads the account that gets postmaster's mail. ErrUnknown when there is no account at all.
func (c *Courier) readPostmaster(ctx context.Context) (*command.AccountRecord, error) {
	c.mu.Lock()
	chosen := c.postmaster
	c.mu.Unlock()
	if c.now().Before(chosen.until) {
		if r, err := c.read(ctx, chosen.account); err != nil || r != nil && r.Enabled {
			return r, err
		}
	}
	first := ""
	ask := &command.AccountList{Limit: command.MaxAccountPage}
	for range fallbackPages {
		out, err := c.cluster.Do(ctx, ask)
		if err != nil {
			return nil, c.unanswered("list accounts", err)
		}
		page, err := command.DecodeAccountPage(out.Payload)
		if err != nil {
			return nil, c.internal("decode a list of accounts", err)
		}
		for i := range page.Accounts {
			r := &page.Accounts[i]
			if address, err := accounts.OpenAddress(c.keys, r); err == nil && r.Enabled && (first == "" || address < first) {
				first, chosen.account = address, r.Account
			}
		}
		if !page.More || len(page.Accounts) == 0 {
			break
		}
		ask = &command.AccountList{After: page.Accounts[len(page.Accounts)-1].Account, Limit: ask.Limit}
	}
	if first == "" {
		return nil, ErrUnknown
	}
	chosen.until = c.now().Add(fallbackTime)
	c.mu.Lock()
	c.postmaster = chosen
	c.mu.Unlock()
	r, err := c.read(ctx, chosen.account)
	if r == nil && err == nil {
		err = ErrUnknown
	}
	return r, err
}

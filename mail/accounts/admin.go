package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"troxymail/bftcore/wire"
	"troxymail/enclave/seal"
	"troxymail/mail/auth"
	"troxymail/mailstore/command"
)

// Errors of administration.
var (
	// ErrExists is returned by Create for an address that has an account.
	ErrExists = errors.New("accounts: that address has an account already")
	// ErrNoAccount is returned for an address without an account.
	ErrNoAccount = errors.New("accounts: no account has that address")
	// ErrRefused is wrapped when the cluster refuses for another reason; the message has its number.
	ErrRefused = errors.New("accounts: the cluster refused")
)

// Admin does what administrators do. Whoever calls has checked who asks. Safe for concurrent use. When an
// error is ErrUnavailable or ctx's, the change may have happened or happen still: look with List.
type Admin struct {
	Cluster Cluster
	Keys    seal.Keys
	Auth    *auth.Authenticator
	Rand    io.Reader // crypto/rand.Reader outside of tests
}

// Account is what administrators see of an account.
type Account struct {
	Address    string
	Enabled    bool
	QuotaBytes uint64
	UsedBytes  uint64 // sum of message sizes
	Messages   uint64
}

// firstMailboxes are made and subscribed with every account.
var firstMailboxes = []struct {
	name string
	use  command.SpecialUse
}{
	{"INBOX", command.UseNone}, {"Drafts", command.UseDrafts}, {"Sent", command.UseSent},
	{"Trash", command.UseTrash}, {"Junk", command.UseJunk}, {"Archive", command.UseArchive},
}

// Create makes an account with a random key of its own and its first mailboxes. quota is in bytes, 0 for
// command.DefaultQuotaBytes. Errors: ErrAddress, auth.ErrPasswordLength, ErrExists, auth.ErrBusy.
func (a *Admin) Create(ctx context.Context, address, password string, quota uint64) error {
	address, err := Normalize(address)
	if err != nil {
		return err
	}
	verifiers, err := a.Auth.NewPassword(ctx, Salt(a.Keys, ID(a.Keys, address)), password)
	if err != nil {
		return err
	}
	c, err := a.createCommand(address, verifiers, quota)
	if err != nil {
		return err
	}
	_, err = a.do(ctx, c)
	return err
}

func (a *Admin) createCommand(address string, verifiers auth.Verifiers, quota uint64) (*command.AccountCreate, error) {
	vault, err := newVault(ID(a.Keys, address), a.Rand)
	if err != nil {
		return nil, err
	}
	c := &command.AccountCreate{Account: vault.account, QuotaBytes: quota}
	if c.WrappedKey, err = vault.wrap(a.Keys); err != nil {
		return nil, err
	}
	if c.Verifiers, err = vault.Verifiers(verifiers); err != nil {
		return nil, err
	}
	r, err := vault.newRecord()
	if err != nil {
		return nil, err
	}
	if c.Sealed, err = seal.SealAddress(a.Rand, a.Keys, r, nil, []byte(address)); err != nil {
		return nil, err
	}
	for _, m := range firstMailboxes {
		n := command.NewMailbox{Use: m.use, Subscribed: true, Inbox: m.name == "INBOX"}
		if n.Token, n.Sealed, err = vault.Name(m.name); err != nil {
			return nil, err
		}
		c.Mailboxes = append(c.Mailboxes, n)
	}
	return c, nil
}

// maxAttempts bounds how often a change is tried anew because another came between.
const maxAttempts = 4

// SetPassword replaces all verifiers of an account, app passwords too, by one password; its sessions end.
// Errors: ErrAddress, ErrNoAccount, auth.ErrPasswordLength, auth.ErrBusy.
func (a *Admin) SetPassword(ctx context.Context, address, password string) error {
	id, err := a.id(address)
	if err != nil {
		return err
	}
	list, err := a.Auth.NewPassword(ctx, Salt(a.Keys, id), password)
	if err != nil {
		return err
	}
	return a.changeVerifiers(ctx, id, func(auth.Verifiers) (auth.Verifiers, error) { return list, nil })
}

// Enable enables an account or disables it, which ends its sessions. Errors: ErrAddress, ErrNoAccount.
func (a *Admin) Enable(ctx context.Context, address string, enabled bool) error {
	id, err := a.id(address)
	if err != nil {
		return err
	}
	_, err = a.do(ctx, &command.AccountEnable{Account: id, Enabled: enabled})
	return err
}

// Remove removes an account with all its mail, for ever. Errors: ErrAddress, ErrNoAccount.
func (a *Admin) Remove(ctx context.Context, address string) error {
	id, err := a.id(address)
	if err != nil {
		return err
	}
	_, err = a.do(ctx, &command.AccountRemove{Account: id})
	return err
}

// List returns all accounts, sorted by address.
func (a *Admin) List(ctx context.Context) ([]Account, error) {
	var list []Account
	for ask := (&command.AccountList{Limit: command.MaxAccountPage}); ; {
		out, err := a.do(ctx, ask)
		if err != nil {
			return nil, err
		}
		page, err := command.DecodeAccountPage(out.Payload)
		if err != nil {
			return nil, err
		}
		for i := range page.Accounts {
			account, err := a.account(&page.Accounts[i])
			if err != nil {
				return nil, err
			}
			list = append(list, account)
		}
		if !page.More || len(page.Accounts) == 0 {
			slices.SortFunc(list, func(x, y Account) int { return cmp.Compare(x.Address, y.Address) })
			return list, nil
		}
		ask = &command.AccountList{After: page.Accounts[len(page.Accounts)-1].Account, Limit: ask.Limit}
	}
}

func (a *Admin) account(r *command.AccountRecord) (Account, error) {
	address, err := OpenAddress(a.Keys, r)
	if err != nil {
		return Account{}, fmt.Errorf("accounts: open the address of %x: %w", r.Account, err)
	}
	return Account{Address: address, Enabled: r.Enabled, QuotaBytes: r.QuotaBytes,
		UsedBytes: r.UsedBytes, Messages: r.Messages}, nil
}

func (a *Admin) id(address string) (command.AccountID, error) {
	address, err := Normalize(address)
	if err != nil {
		return command.AccountID{}, err
	}
	return ID(a.Keys, address), nil
}

// errChanged is StatusAccountChanged: tried anew, never returned to callers.
var errChanged = errors.New("accounts: the account changed meanwhile")

// do orders a command and makes an error of a refusal.
func (a *Admin) do(ctx context.Context, c command.Command) (Outcome, error) {
	out, err := a.Cluster.Do(ctx, c)
	if err != nil {
		return Outcome{}, err
	}
	return out, refusal(out.Status)
}

func refusal(s wire.Status) error {
	switch s {
	case command.StatusOK:
		return nil
	case command.StatusNoAccount:
		return ErrNoAccount
	case command.StatusAccountExists:
		return ErrExists
	case command.StatusAccountChanged:
		return errChanged
	}
	return fmt.Errorf("%w (status %d)", ErrRefused, s)
}

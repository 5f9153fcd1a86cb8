package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"troxymail/mail/auth"
	"troxymail/mailstore/command"
)

// AddAppPassword gives an account a password for one device or program, which label names; the account's
// sessions end, to be opened again. Doing the same once more is no error. Errors: ErrAddress, ErrNoAccount,
// those of auth.Authenticator.AddApp.
func (a *Admin) AddAppPassword(ctx context.Context, address, label, password string) error {
	id, err := a.id(address)
	if err != nil {
		return err
	}
	return a.changeVerifiers(ctx, id, func(v auth.Verifiers) (auth.Verifiers, error) {
		return a.Auth.AddApp(ctx, v, Salt(a.Keys, id), label, password)
	})
}

// RemoveAppPassword takes an app password back; the account's sessions end, those that used it for good.
// Errors: ErrAddress, ErrNoAccount, auth.ErrNoLabel.
func (a *Admin) RemoveAppPassword(ctx context.Context, address, label string) error {
	id, err := a.id(address)
	if err != nil {
		return err
	}
	return a.changeVerifiers(ctx, id, func(v auth.Verifiers) (auth.Verifiers, error) { return v.RemoveApp(label) })
}

// AppPasswords returns the labels of an account's app passwords, oldest first. Errors: ErrAddress, ErrNoAccount.
func (a *Admin) AppPasswords(ctx context.Context, address string) ([]string, error) {
	id, err := a.id(address)
	if err != nil {
		return nil, err
	}
	_, _, list, err := a.verifiers(ctx, id)
	return list.Apps(), err
}

// changeVerifiers replaces an account's verifiers by what change makes of them, anew when another change comes
// between. A change that changes nothing is not ordered.
func (a *Admin) changeVerifiers(ctx context.Context, id command.AccountID, change func(auth.Verifiers) (auth.Verifiers, error)) error {
	for range maxAttempts {
		version, vault, old, err := a.verifiers(ctx, id)
		if err != nil {
			return err
		}
		list, err := change(old)
		if err != nil || slices.Equal(list, old) {
			return err
		}
		c := &command.AccountSetVerifiers{Account: id, Version: version}
		if c.Verifiers, err = vault.Verifiers(list); err != nil {
			return err
		}
		if _, err = a.do(ctx, c); !errors.Is(err, errChanged) {
			return err
		}
	}
	return fmt.Errorf("%w: the account changed %d times meanwhile; try again", ErrRefused, maxAttempts)
}

// verifiers reads an account's verifiers, and at which version of the account.
func (a *Admin) verifiers(ctx context.Context, id command.AccountID) (version uint64, v *Vault, list auth.Verifiers, err error) {
	out, err := a.do(ctx, &command.AccountRead{Account: id})
	if err != nil {
		return 0, nil, nil, err
	}
	record, err := command.DecodeAccountRecord(out.Payload)
	if err != nil {
		return 0, nil, nil, err
	}
	if v, err = OpenVault(a.Keys, a.Rand, &record); err != nil {
		return 0, nil, nil, err
	}
	list, err = v.OpenVerifiers(record.Verifiers)
	return record.Version, v, list, err
}

package demo

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"troxymail/cmd/internal/enrol"
	"troxymail/enclave/seal"
)

const (
	passwordPurpose = "troxymail/demo-password/v1"
	passwordName    = "password.sealed"
)

// newPassword draws the demo account's password: 80 bits, easy to type.
func newPassword() (string, error) {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789" // 32 without l, o, 0, 1
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	out := make([]byte, 0, 19)
	for i, x := range b {
		if i > 0 && i%4 == 0 {
			out = append(out, '-')
		}
		out = append(out, letters[x%32])
	}
	return string(out), nil
}

// password opens the demo account's password. A first start that was interrupted before it was drawn has made
// no account either: then it is drawn now.
func (f *folder) password() (string, error) {
	path := f.path(passwordName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !f.usedBefore() {
		if err := f.drawPassword(); err != nil {
			return "", err
		}
	}
	e, err := f.enclave(0)
	if err != nil {
		return "", err
	}
	platform, err := enrol.Simulated(&e)
	if err != nil {
		return "", err
	}
	sealed, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	plain, err := seal.OpenLocal(platform, passwordPurpose, enrol.Local(&e), nil, sealed)
	if err != nil {
		return "", fmt.Errorf("%s does not open: it was damaged, or belongs to another demo: %w", path, err)
	}
	return string(plain), nil
}

// usedBefore reports whether the cluster ran already, so that its account may exist.
func (f *folder) usedBefore() bool {
	_, err := os.Stat(f.cluster("host-0", "log"))
	return err == nil
}

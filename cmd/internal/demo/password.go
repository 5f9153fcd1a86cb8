package demo

import (
	"crypto/rand"
	"fmt"
	"os"

	"troxymail/enclave/genesis"
	"troxymail/enclave/seal"
)

const passwordPurpose = "troxymail/demo-password/v1"

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

// password opens the demo account's password.
func (f *folder) password(g genesis.File) (string, error) {
	platform, err := f.platform(0)
	if err != nil {
		return "", err
	}
	path := f.path("replica-0", "enclave", "demo-password.sealed")
	sealed, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	plain, err := seal.OpenLocal(platform, passwordPurpose, local(g, 0), nil, sealed)
	if err != nil {
		return "", fmt.Errorf("%s does not open: it was damaged, or belongs to another demo: %w", path, err)
	}
	return string(plain), nil
}

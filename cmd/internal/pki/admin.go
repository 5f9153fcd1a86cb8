package pki

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"fmt"
)

// NewAdminKey draws the administrator's key and writes it (0600); it returns the public half, which
// genesis pins.
func NewAdminKey(file string) (ed25519.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	return public, writePEM(file, 0o600, "PRIVATE KEY", der)
}

// LoadAdminKey reads what NewAdminKey wrote.
func LoadAdminKey(file string) (ed25519.PrivateKey, error) {
	der, err := readPEM(file, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der[0])
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%w: %s", ErrFormat, file)
	}
	return key, nil
}

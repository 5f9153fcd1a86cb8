package pki

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
)

// NewAdminKey draws the administrator's key and writes it (0600); it returns the public half, which
// genesis pins.
func NewAdminKey(file string) (ed25519.PublicKey, error) { return newKey(file) }

// LoadAdminKey reads what NewAdminKey wrote.
func LoadAdminKey(file string) (ed25519.PrivateKey, error) { return loadKey(file) }

// NewHostKey draws the key of a host's links and writes it (0600); it returns what genesis pins: SHA-256
// of the public half (SPKI, DER).
func NewHostKey(file string) ([32]byte, error) {
	public, err := newKey(file)
	if err != nil {
		return [32]byte{}, err
	}
	return keyHash(public)
}

// LoadHostKey reads what NewHostKey wrote, and the hash of its public half.
func LoadHostKey(file string) (ed25519.PrivateKey, [32]byte, error) {
	key, err := loadKey(file)
	if err != nil {
		return nil, [32]byte{}, err
	}
	hash, err := keyHash(key.Public())
	return key, hash, err
}

func keyHash(public any) ([32]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	return sha256.Sum256(der), err
}

func newKey(file string) (ed25519.PublicKey, error) {
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

func loadKey(file string) (ed25519.PrivateKey, error) {
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

package transport

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"
)

// Pin names a host's public key: SHA-256 of its SubjectPublicKeyInfo in DER.
type Pin [sha256.Size]byte

// PinOf returns the pin of a public key of a kind that crypto/x509 can encode.
func PinOf(key crypto.PublicKey) (Pin, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return Pin{}, fmt.Errorf("transport: encode public key: %w", err)
	}
	return sha256.Sum256(der), nil
}

// NewCertificate returns a self-signed certificate around key. Peers look at the key only, so the rest
// of it says nothing and never expires.
func NewCertificate(key ed25519.PrivateKey) (tls.Certificate, error) {
	if len(key) != ed25519.PrivateKeySize {
		return tls.Certificate{}, fmt.Errorf("%w: key of %d bytes", ErrOptions, len(key))
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // RFC 5280 4.1.2.5: no end
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("transport: make certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// tlsConfig is what both directions share; accept says which pins are good.
func tlsConfig(cert tls.Certificate, accept func(Pin) bool) *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{cert},
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{"troxymail-links"},
		SessionTicketsDisabled: true,
		ClientAuth:             tls.RequireAnyClientCert,
		// Chains and names mean nothing here. VerifyConnection replaces them, and unlike
		// VerifyPeerCertificate it also runs on a resumed session.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			if pin, ok := peerPin(state); !ok || !accept(pin) {
				return ErrWrongKey
			}
			return nil
		},
		DynamicRecordSizingDisabled: true, // peers are few and busy: full records at once
	}
}

func peerPin(state tls.ConnectionState) (Pin, bool) {
	if len(state.PeerCertificates) == 0 {
		return Pin{}, false
	}
	return sha256.Sum256(state.PeerCertificates[0].RawSubjectPublicKeyInfo), true
}

package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"time"
)

// Lifetimes of certificates.
const (
	authorityLifetime = 10 * 365 * 24 * time.Hour
	// ServerLifetime is how long a server certificate is valid. Some clients refuse longer ones.
	ServerLifetime = 397 * 24 * time.Hour
	// clockSlack is how far clocks of clients may lag.
	clockSlack = time.Hour
)

// ErrFormat is returned for a key or certificate file that is not what it should be.
var ErrFormat = errors.New("pki: not a PEM file of the expected kind")

// Authority signs server certificates.
type Authority struct {
	Certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority draws a certificate authority named after the cluster's domain.
func NewAuthority(domain string, now time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Troxymail CA for " + domain},
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(authorityLifetime),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Authority{Certificate: certificate, key: key}, nil
}

// KeyHash is what genesis pins: SHA-256 of the public key (SPKI, DER).
func (a *Authority) KeyHash() [32]byte { return sha256.Sum256(a.Certificate.RawSubjectPublicKeyInfo) }

// Issue signs a server's request (PKCS #10, DER) for the names and addresses in it and returns the
// certificate chain, leaf first.
func (a *Authority) Issue(request []byte, now time.Time) ([][]byte, error) {
	r, err := x509.ParseCertificateRequest(request)
	if err != nil {
		return nil, fmt.Errorf("pki: the signing request cannot be read: %w", err)
	}
	if err := r.CheckSignature(); err != nil {
		return nil, fmt.Errorf("pki: the signing request is not signed by its own key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: r.Subject, DNSNames: r.DNSNames, IPAddresses: r.IPAddresses,
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(ServerLifetime),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.Certificate, r.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return [][]byte{der, a.Certificate.Raw}, nil
}

// IssueNamed is Issue, and returns the names and addresses that the certificate is for.
func (a *Authority) IssueNamed(request []byte, now time.Time) (chain [][]byte, names []string, err error) {
	if chain, err = a.Issue(request, now); err != nil {
		return nil, nil, err
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, nil, err
	}
	names = leaf.DNSNames
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return chain, names, nil
}

// Save writes the authority's key (0600) and certificate.
func (a *Authority) Save(keyFile, certificateFile string) error {
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return err
	}
	if err := writePEM(keyFile, 0o600, "PRIVATE KEY", der); err != nil {
		return err
	}
	return writePEM(certificateFile, 0o644, "CERTIFICATE", a.Certificate.Raw)
}

// LoadAuthority reads what Save wrote.
func LoadAuthority(keyFile, certificateFile string) (*Authority, error) {
	keyDER, err := readPEM(keyFile, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyDER[0])
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("%w: %s", ErrFormat, keyFile)
	}
	chain, err := readPEM(certificateFile, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(chain[0])
	if err != nil || !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, fmt.Errorf("%w: %s is not the certificate of %s", ErrFormat, certificateFile, keyFile)
	}
	return &Authority{Certificate: certificate, key: key}, nil
}

// SaveChain writes a certificate chain, leaf first.
func SaveChain(file string, chain [][]byte) error {
	return writePEM(file, 0o644, "CERTIFICATE", chain...)
}

// SaveRequest writes a server's signing request (PKCS #10, DER), for the way to the authority.
func SaveRequest(file string, request []byte) error {
	return writePEM(file, 0o644, "CERTIFICATE REQUEST", request)
}

// LoadRequest reads what SaveRequest wrote.
func LoadRequest(file string) ([]byte, error) {
	blocks, err := readPEM(file, "CERTIFICATE REQUEST")
	if err != nil {
		return nil, err
	}
	return blocks[0], nil
}

// LoadChain reads what SaveChain wrote.
func LoadChain(file string) ([][]byte, error) { return readPEM(file, "CERTIFICATE") }

func serial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b)
}

func writePEM(file string, mode os.FileMode, kind string, blocks ...[]byte) error {
	var text []byte
	for _, b := range blocks {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b})...)
	}
	return os.WriteFile(file, text, mode)
}

func readPEM(file, kind string) ([][]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var blocks [][]byte
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		if b.Type == kind {
			blocks = append(blocks, b.Bytes)
		}
	}
	if len(blocks) == 0 {
		return nil, fmt.Errorf("%w: %s: want a %s", ErrFormat, file, kind)
	}
	return blocks, nil
}

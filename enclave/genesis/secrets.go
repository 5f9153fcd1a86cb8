package genesis

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"

	"troxymail/bftcore/wire/canon"
	"troxymail/enclave/seal"
	"troxymail/enclave/tee"
)

const (
	purpose    = "troxymail/secrets/v1"
	maxKeyDER  = 1024
	secretsFmt = 1
)

// ErrSecrets is returned for a sealed blob that opens but does not hold what it should.
var ErrSecrets = errors.New("genesis: the sealed secrets are not of this format")

// Secrets are what a replica's enclave must know before anything else. They leave it only sealed. Never
// printable.
type Secrets struct {
	group  seal.GroupKey
	server *ecdsa.PrivateKey
}

// Draw makes the secrets of a group's first replica: a new group key and a TLS key.
func Draw(rand io.Reader) (*Secrets, error) {
	group, err := seal.NewGroupKey(rand)
	if err != nil {
		return nil, err
	}
	return withServerKey(group, rand)
}

// ForPeer makes the secrets of another replica: the same group key and a TLS key of its own. They are to
// be sealed to a platform of this machine at once, or handed to an enclave that proved what it is.
func (s *Secrets) ForPeer(rand io.Reader) (*Secrets, error) { return withServerKey(s.group, rand) }

func withServerKey(group seal.GroupKey, rand io.Reader) (*Secrets, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand)
	if err != nil {
		return nil, fmt.Errorf("genesis: drawing the TLS key: %w", err)
	}
	return &Secrets{group: group, server: key}, nil
}

// Seal seals the secrets to the platform, for one replica of the group with that genesis hash.
func (s *Secrets) Seal(rand io.Reader, p tee.Platform, l seal.Local) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(s.server)
	if err != nil {
		return nil, fmt.Errorf("genesis: encoding the TLS key: %w", err)
	}
	raw := s.group.Bytes()
	b := canon.AppendUint8(nil, secretsFmt)
	b = canon.AppendFixed(b, raw[:])
	b = canon.AppendBytes(b, der)
	return seal.SealLocal(rand, p, purpose, l, nil, b)
}

// Open opens what Seal sealed on the same machine. seal.ErrOpen, or tee.ErrNoSealing: the secrets are to
// be fetched from a peer. ErrSecrets for another format.
func Open(p tee.Platform, l seal.Local, sealed []byte) (*Secrets, error) {
	b, err := seal.OpenLocal(p, purpose, l, nil, sealed)
	if err != nil {
		return nil, err
	}
	r := canon.NewReader(b)
	version, raw, der := r.Uint8(), r.Copy32(), r.Bytes(maxKeyDER)
	if r.Done() != nil || version != secretsFmt {
		return nil, ErrSecrets
	}
	group, err := seal.ParseGroupKey(raw)
	if err != nil {
		return nil, ErrSecrets
	}
	server, err := x509.ParseECPrivateKey(der)
	if err != nil {
		return nil, ErrSecrets
	}
	return &Secrets{group: group, server: server}, nil
}

// Keys derives the group's keys for the genesis with that hash.
func (s *Secrets) Keys(genesisHash [32]byte) seal.Keys { return seal.NewKeys(s.group, genesisHash) }

// ServerKey signs TLS handshakes of this replica.
func (s *Secrets) ServerKey() crypto.Signer { return s.server }

// SigningRequest asks the operator's certificate authority for a certificate of the TLS key, valid for
// names and addresses (PKCS #10, DER).
func (s *Secrets) SigningRequest(rand io.Reader, names []string, addresses []net.IP) ([]byte, error) {
	name := "troxymail"
	if len(names) > 0 {
		name = names[0]
	}
	t := &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}, DNSNames: names, IPAddresses: addresses}
	return x509.CreateCertificateRequest(rand, t, s.server)
}

// String hides the secrets.
func (s *Secrets) String() string { return "genesis.Secrets(hidden)" }

// GoString hides the secrets.
func (s *Secrets) GoString() string { return s.String() }

// LogValue hides the secrets from slog.
func (s *Secrets) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON hides the secrets.
func (s *Secrets) MarshalJSON() ([]byte, error) { return []byte(`"hidden"`), nil }

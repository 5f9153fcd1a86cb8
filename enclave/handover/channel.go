package handover

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"
)

// Protocol is what TLS negotiates (ALPN, RFC 7301).
const Protocol = "troxymail-handover/1"

const exporterLabel = "EXPORTER-troxymail-handover-v1"

// ErrChannel is wrapped when the TLS connection is not as evidence needs it.
var ErrChannel = errors.New("handover: unfit TLS connection")

// instance is a key for handovers alone, with a certificate that nobody looks at but for the key.
type instance struct {
	certificate tls.Certificate
	spki        []byte
}

func newInstance(rand io.Reader) (*instance, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand)
	if err != nil {
		return nil, fmt.Errorf("handover: drawing a key: %w", err)
	}
	template := &x509.Certificate{ // dates mean nothing here: an enclave has no clock that it could trust
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: Protocol},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
	}
	der, err := x509.CreateCertificate(rand, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("handover: making a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("handover: making a certificate: %w", err)
	}
	return &instance{
		certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, spki: leaf.RawSubjectPublicKeyInfo,
	}, nil
}

// config is the TLS configuration of either side. Certificates of peers are not verified by TLS: evidence on
// the channel does that, and nothing is said before it but nonces.
func (i *instance) config() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{i.certificate}, MinVersion: tls.VersionTLS13, NextProtos: []string{Protocol},
		ClientAuth: tls.RequireAnyClientCert, InsecureSkipVerify: true, // see above
		SessionTicketsDisabled: true, VerifyConnection: verifyConnection,
	}
}

// verifyConnection runs in every handshake, also of a resumed session.
func verifyConnection(s tls.ConnectionState) error {
	switch {
	case s.DidResume:
		return fmt.Errorf("%w: a resumed session", ErrChannel)
	case s.Version < tls.VersionTLS13:
		return fmt.Errorf("%w: older than TLS 1.3", ErrChannel)
	case s.NegotiatedProtocol != Protocol:
		return fmt.Errorf("%w: negotiated for something else", ErrChannel)
	case len(s.PeerCertificates) != 1 || len(s.PeerCertificates[0].RawSubjectPublicKeyInfo) > maxSPKIBytes:
		return fmt.Errorf("%w: want one certificate of the peer", ErrChannel)
	}
	return nil
}

// open returns the channel of a connection after its handshake, for the side with that role.
func (i *instance) open(c *tls.Conn, r role) (*channel, error) {
	s := c.ConnectionState()
	if err := verifyConnection(s); err != nil {
		return nil, err
	}
	exporter, err := s.ExportKeyingMaterial(exporterLabel, nil, 32)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChannel, err)
	}
	x := &channel{exporter: [32]byte(exporter), giver: i.spki, receiver: s.PeerCertificates[0].RawSubjectPublicKeyInfo}
	if r == roleReceiver {
		x.giver, x.receiver = x.receiver, x.giver
	}
	return x, nil
}

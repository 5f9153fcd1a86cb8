package enrol

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"troxymail/cmd/internal/config"
	"troxymail/enclave/genesis"
	"troxymail/enclave/seal"
	"troxymail/enclave/tee"
	"troxymail/enclave/tee/sim"
)

// maxPEMBytes bounds a file of certificates.
const maxPEMBytes = 64 << 10

// Errors of enrolment. What wraps them names the file and says what to do.
var (
	// ErrNoSecrets is returned for a data folder without sealed secrets.
	ErrNoSecrets = errors.New("enrol: this enclave has no keys yet")
	// ErrEnrolled is returned when secrets would be overwritten.
	ErrEnrolled = errors.New("enrol: this enclave has its keys already")
	// ErrCertificate is returned for a certificate that is not this enclave's.
	ErrCertificate = errors.New("enrol: not this enclave's certificate")
)

// Simulated opens the simulated platform of e's data folder, and makes it if there is none.
func Simulated(e *config.Enclave) (tee.Platform, error) {
	return sim.New(sim.Options{Dir: filepath.Join(e.DataDir, "simulated-platform"), Acknowledge: sim.Insecure, Rand: rand.Reader})
}

// Local is whom e's secrets are sealed for, on its platform.
func Local(e *config.Enclave) seal.Local {
	return seal.Local{GenesisHash: e.Genesis.Hash(), Replica: uint16(e.Replica)}
}

func secretsFile(e *config.Enclave) string { return filepath.Join(e.DataDir, "secrets.sealed") }

// CertificateFile is where e's certificate chain lies.
func CertificateFile(e *config.Enclave) string { return filepath.Join(e.DataDir, "server.pem") }

// RequestFile is where e leaves its signing request.
func RequestFile(e *config.Enclave) string { return filepath.Join(e.DataDir, "request.pem") }

// Vacant returns ErrEnrolled when there are sealed secrets, whether they open or not.
func Vacant(e *config.Enclave) error {
	if _, err := os.Stat(secretsFile(e)); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s: keys are never overwritten: move the file away if they are lost to this machine",
			errors.Join(ErrEnrolled, err), secretsFile(e))
	}
	return nil
}

// Keep seals secrets to the platform and writes them. ErrEnrolled when there are some.
func Keep(e *config.Enclave, p tee.Platform, secrets *genesis.Secrets) error {
	if err := Vacant(e); err != nil {
		return err
	}
	sealed, err := secrets.Seal(rand.Reader, p, Local(e))
	if err != nil {
		return err
	}
	return config.WriteFile(secretsFile(e), 0o600, sealed)
}

// Open opens e's secrets.
func Open(e *config.Enclave, p tee.Platform) (*genesis.Secrets, error) {
	sealed, err := os.ReadFile(secretsFile(e))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s does not exist: correct data_dir in %[3]s, or get them from a running enclave "+
			"with `troxymail-enclave --config %[3]s enrol ADDRESS`, its admin address", ErrNoSecrets, secretsFile(e), e.File)
	}
	if err != nil {
		return nil, err
	}
	secrets, err := genesis.Open(p, Local(e), sealed)
	if err != nil {
		return nil, fmt.Errorf("%s does not open: it was damaged or comes from another machine or replica, "+
			"or %s was edited: restore them, or move the former away and enrol anew: %w", secretsFile(e), e.GenesisFile, err)
	}
	return secrets, nil
}

// Request makes a signing request (DER) for e's names.
func Request(e *config.Enclave, secrets *genesis.Secrets) ([]byte, error) {
	return secrets.SigningRequest(rand.Reader, e.DNSNames(), e.IPs())
}

// WriteRequest writes a signing request for the way to the operator.
func WriteRequest(e *config.Enclave, secrets *genesis.Secrets) error {
	der, err := Request(e, secrets)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	return config.WriteFile(RequestFile(e), 0o644, text)
}

// TakeCertificate checks that file holds a chain for secrets' key by the authority that genesis pins, and
// keeps it.
func TakeCertificate(e *config.Enclave, secrets *genesis.Secrets, file string) error {
	chain, err := readChain(file)
	if err != nil {
		return err
	}
	if err := check(e, secrets, chain); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var text bytes.Buffer
	for _, der := range chain {
		if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			return err
		}
	}
	return config.WriteFile(CertificateFile(e), 0o644, text.Bytes())
}

// Certificate returns e's chain, DER, leaf first.
func Certificate(e *config.Enclave, secrets *genesis.Secrets) ([][]byte, error) {
	chain, err := readChain(CertificateFile(e))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s does not exist: have %s signed (`troxymail init` printed the steps)",
			ErrCertificate, CertificateFile(e), RequestFile(e))
	}
	if err != nil {
		return nil, err
	}
	if err := check(e, secrets, chain); err != nil {
		return nil, fmt.Errorf("%s: %w", CertificateFile(e), err)
	}
	return chain, nil
}

// check holds a chain against the enclave's key and the pinned authority. Dates and names are for clients to
// judge.
func check(e *config.Enclave, secrets *genesis.Secrets, chain [][]byte) error {
	var certificates []*x509.Certificate
	for _, der := range chain {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCertificate, err)
		}
		certificates = append(certificates, c)
	}
	leaf, root := certificates[0], certificates[len(certificates)-1]
	spki, err := x509.MarshalPKIXPublicKey(secrets.ServerKey().Public())
	if err != nil || !bytes.Equal(spki, leaf.RawSubjectPublicKeyInfo) {
		return fmt.Errorf("%w: it is for another key: have the newest %s signed", ErrCertificate, RequestFile(e))
	}
	if sha256.Sum256(root.RawSubjectPublicKeyInfo) != e.Genesis.CA || leaf.CheckSignatureFrom(root) != nil {
		return fmt.Errorf("%w: it is not by the authority that genesis pins: sign it with the cluster's own", ErrCertificate)
	}
	return nil
}

func readChain(file string) ([][]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var chain [][]byte
	for len(text) <= maxPEMBytes {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		if b.Type == "CERTIFICATE" {
			chain = append(chain, b.Bytes)
		}
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%w: %s holds no certificate in PEM", ErrCertificate, file)
	}
	return chain, nil
}

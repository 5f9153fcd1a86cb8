package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAuthorityIssuesAfterReload(t *testing.T) {
	dir := t.TempDir()
	key, cert := filepath.Join(dir, "ca.key"), filepath.Join(dir, "ca.pem")
	now := time.Now()
	first, err := NewAuthority("example.org", now)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Save(key, cert); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(key); info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v", info.Mode())
	}
	a, err := LoadAuthority(key, cert)
	if err != nil || a.KeyHash() != first.KeyHash() {
		t.Fatal(err)
	}
	server, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	request, _ := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, server)
	chain, err := a.Issue(request, now)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "server.pem")
	if err := SaveChain(file, chain); err != nil {
		t.Fatal(err)
	}
	if chain, err = LoadChain(file); err != nil || len(chain) != 2 {
		t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(chain[0])
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate)
	for _, name := range []string{"127.0.0.1", "localhost"} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	request[len(request)-1] ^= 1
	if _, err := a.Issue(request, now); err == nil {
		t.Error("a request with a broken signature was signed")
	}
}

func TestAdminKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "admin.key")
	public, err := NewAdminKey(file)
	if err != nil {
		t.Fatal(err)
	}
	private, err := LoadAdminKey(file)
	if err != nil || !public.Equal(private.Public()) {
		t.Fatalf("reloaded another key: %v", err)
	}
	if err := os.WriteFile(file, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadAdminKey(file); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v", err)
	}
}

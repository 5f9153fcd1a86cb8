package demo

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Facts are the content of demo.json: how to reach the replicas.
type Facts struct {
	CA       string    `json:"ca"`
	Admin    string    `json:"admin"`
	Accounts []Account `json:"accounts"`
	Replicas []Replica `json:"replicas"`
}

// Account is an address and its password.
type Account struct {
	Address  string `json:"address"`
	Password string `json:"password"`
}

// Replica holds the addresses of one replica, host:port.
type Replica struct {
	ID          int    `json:"id"`
	IMAP        string `json:"imap"`
	IMAPS       string `json:"imaps"`
	Submission  string `json:"submission"`
	Submissions string `json:"submissions"`
	SMTP        string `json:"smtp"`
	Autoconfig  string `json:"autoconfig"`
	AdminAPI    string `json:"admin_api"`
}

// FactsFile is the name of the file in the data folder.
const FactsFile = "demo.json"

// ReadFacts reads DIR/demo.json. The error is os.ErrNotExist as long as the replicas do not serve.
func ReadFacts(dir string) (Facts, error) {
	var f Facts
	text, err := os.ReadFile(filepath.Join(dir, FactsFile))
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("%s: %w", FactsFile, err)
	}
	return f, nil
}

// Roots returns the demo's certificate authority.
func (f Facts) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(f.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("%s holds no certificate", f.CA)
	}
	return pool
}

package adminclient

import (
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/pki"
)

// ErrFile is wrapped when the cluster's file, or one that it names, cannot be used.
var ErrFile = errors.New("cannot administer the cluster")

// Replica is where a replica's enclave listens for administrators.
type Replica struct {
	ID      int
	Address string // host:port
}

// Client asks the replicas of one cluster. Immutable; safe for concurrent use.
type Client struct {
	File      string // where all this is from
	Replicas  []Replica
	Simulated bool // as the file says
	roots     *x509.CertPool
	key       ed25519.PrivateKey
}

// Open reads a cluster.json or demo.json and the two files that it names; relative paths are relative to it.
// Errors say which file is wrong and what to do.
func Open(file string) (*Client, error) {
	cluster, err := config.LoadCluster(file)
	if err != nil {
		return nil, err
	}
	c := &Client{File: file, Simulated: cluster.Simulated, roots: x509.NewCertPool()}
	for _, r := range cluster.Replicas {
		if r.AdminAPI != "" {
			c.Replicas = append(c.Replicas, Replica{ID: r.ID, Address: r.AdminAPI})
		}
	}
	if len(c.Replicas) == 0 {
		return nil, fmt.Errorf("%w: %s names no admin_api of any replica: name the file that this version of "+
			"troxymail init or troxymail demo wrote", ErrFile, file)
	}
	ca, err := os.ReadFile(c.beside(cluster.CA))
	if err != nil {
		return nil, fmt.Errorf("%w: the certificate of the authority (ca in %s): %w", ErrFile, file, err)
	}
	if !c.roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("%w: %s (ca in %s) holds no certificate: restore the file", ErrFile, cluster.CA, file)
	}
	if cluster.Admin == "" {
		return nil, fmt.Errorf("%w: %s names no administrator's key: put the path of admin.key there as \"admin\"",
			ErrFile, file)
	}
	if c.key, err = pki.LoadAdminKey(c.beside(cluster.Admin)); err != nil {
		return nil, fmt.Errorf("%w: the administrator's key (admin in %s): %w: bring the key that troxymail init "+
			"wrote, or run this where it is kept", ErrFile, file, err)
	}
	return c, nil
}

func (c *Client) beside(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.File), path)
}

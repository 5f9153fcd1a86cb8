package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Cluster is cluster.json (and demo.json): how to reach a cluster and administer it.
type Cluster struct {
	CA       string    `json:"ca"`    // path of the certificate authority's certificate
	Admin    string    `json:"admin"` // path of the administrator's key
	Accounts []Account `json:"accounts"`
	Replicas []Replica `json:"replicas"`
	// Simulated says that the enclaves protect nothing.
	Simulated bool `json:"simulated"`
}

// Account is an account's address and password; the demo's only.
type Account struct {
	Address  string `json:"address"`
	Password string `json:"password"`
}

// Replica is the addresses of one replica, host:port; empty where it does not listen.
type Replica struct {
	ID          int    `json:"id"`
	IMAP        string `json:"imap"`
	IMAPS       string `json:"imaps"`
	Submission  string `json:"submission"`
	Submissions string `json:"submissions"`
	SMTP        string `json:"smtp"`
	Autoconfig  string `json:"autoconfig,omitempty"`
	AdminAPI    string `json:"admin_api,omitempty"`
}

// JSON is what the file says.
func (c *Cluster) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(c, "", "  ")
	return append(b, '\n'), err
}

// LoadCluster reads a cluster.json or demo.json.
func LoadCluster(file string) (Cluster, error) {
	var c Cluster
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("%w: %s does not exist: name the cluster.json that `troxymail init` wrote "+
			"(or the demo.json of a running demo)", ErrConfig, file)
	}
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("%w: %s is not the JSON that `troxymail init` wrote: %w", ErrConfig, file, err)
	}
	if len(c.Replicas) == 0 {
		return c, fmt.Errorf("%w: %s: replicas is empty: want at least one", ErrConfig, file)
	}
	return c, nil
}

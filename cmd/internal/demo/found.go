package demo

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/enrol"
	"troxymail/cmd/internal/setup"
	"troxymail/enclave/genesis"
	"troxymail/enclave/seal"
)

// genesis returns the cluster's genesis and makes the cluster at the first start. It appears whole or not
// at all: an interrupted first start begins anew.
func (f *folder) genesis(replicas int) (genesis.File, error) {
	file := f.cluster("genesis.toml")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return f.found(replicas)
	}
	g, err := config.LoadGenesis(file)
	if err == nil && g.Replicas != replicas {
		err = fmt.Errorf("the folder %s holds a cluster of %d replicas: start it with --replicas %d, or choose another folder with --dir",
			f.dir, g.Replicas, g.Replicas)
	}
	return g, err
}

// found makes the cluster, and the password of its account.
func (f *folder) found(replicas int) (genesis.File, error) {
	leftovers, err := filepath.Glob(f.path(".cluster.new-*"))
	if err != nil {
		return genesis.File{}, err
	}
	for _, dir := range leftovers {
		if err := os.RemoveAll(dir); err != nil {
			return genesis.File{}, err
		}
	}
	// The hosts of a demo meet in memory: the ports that this plans for them are not used.
	plan, err := setup.Loopback(Domain, replicas, 0)
	if err != nil {
		return genesis.File{}, err
	}
	g, err := setup.Make(&plan, f.cluster(), time.Now())
	if err != nil {
		return g, err
	}
	return g, f.drawPassword()
}

// drawPassword draws the account's password if there is none yet, and keeps it sealed.
func (f *folder) drawPassword() error {
	password, err := newPassword()
	if err != nil {
		return err
	}
	e, err := f.enclave(0)
	if err != nil {
		return err
	}
	platform, err := enrol.Simulated(&e)
	if err != nil {
		return err
	}
	sealed, err := seal.SealLocal(rand.Reader, platform, passwordPurpose, enrol.Local(&e), nil, []byte(password))
	if err != nil {
		return err
	}
	return config.WriteFile(f.path(passwordName), 0o600, sealed)
}

// enclave returns the configuration of replica i's enclave, with where the folder is now: it may have been
// moved since.
func (f *folder) enclave(i int) (config.Enclave, error) {
	g, err := config.LoadGenesis(f.cluster("genesis.toml"))
	name := fmt.Sprintf("enclave-%d", i)
	return config.Enclave{
		File: f.cluster(name + ".toml"), Replica: replicaID(i), GenesisFile: f.cluster("genesis.toml"), Genesis: g,
		DataDir: f.cluster(name),
	}, err
}

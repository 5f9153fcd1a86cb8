package setup

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"troxymail/bftcore/wire"
	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/host"
	"troxymail/cmd/internal/pki"
	"troxymail/enclave/genesis"
)

// ErrExists is returned by Make for a folder that holds anything.
var ErrExists = errors.New("setup: the folder exists and is not empty: a cluster is never overwritten; choose another folder")

// maker is a cluster that is being made.
type maker struct {
	plan      *Plan
	temp, dir string // where it is made, where it will lie
	now       time.Time
	authority *pki.Authority
	genesis   genesis.File
}

// Make makes the cluster's folder. When it returns an error there is no folder, or the one that was there.
func Make(plan *Plan, dir string, now time.Time) (genesis.File, error) {
	if err := plan.check(); err != nil {
		return genesis.File{}, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return genesis.File{}, err
	}
	entries, err := os.ReadDir(dir)
	if len(entries) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return genesis.File{}, fmt.Errorf("%w: %s", errors.Join(ErrExists, err), dir)
	}
	if err := config.MakeDir(filepath.Dir(dir)); err != nil {
		return genesis.File{}, err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".new-")
	if err != nil {
		return genesis.File{}, err
	}
	defer os.RemoveAll(temp)
	m := &maker{plan: plan, temp: temp, dir: dir, now: now}
	if err := m.make(); err != nil {
		return genesis.File{}, err
	}
	// Keys are drawn once: a power loss after this returned must not take one.
	if err := config.SyncTree(temp); err != nil {
		return genesis.File{}, err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // fails unless it is empty still
		return genesis.File{}, fmt.Errorf("%w: %w", ErrExists, err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return genesis.File{}, fmt.Errorf("setup: putting the folder in its place: %w", err)
	}
	return m.genesis, config.SyncDir(filepath.Dir(dir))
}

func (m *maker) make() error {
	if err := os.Mkdir(path(m.temp, "operator"), 0o700); err != nil {
		return err
	}
	if err := m.found(); err != nil {
		return err
	}
	if err := config.WriteFile(path(m.temp, "genesis.toml"), 0o644, config.GenesisText(&m.genesis)); err != nil {
		return err
	}
	for i := range m.plan.Replicas {
		if err := m.replica(i); err != nil {
			return fmt.Errorf("replica %d: %w", i, err)
		}
	}
	if m.plan.Simulated {
		if err := m.drawSecrets(); err != nil {
			return err
		}
	}
	facts := m.plan.Facts(m.dir)
	text, err := facts.JSON()
	if err != nil {
		return err
	}
	return config.WriteFile(path(m.temp, "cluster.json"), 0o600, text)
}

// found makes the operator's keys, the hosts' keys and the genesis that pins them.
func (m *maker) found() (err error) {
	if m.authority, err = pki.NewAuthority(m.plan.Domain, m.now); err != nil {
		return err
	}
	if err := m.authority.Save(path(m.temp, "operator", "ca.key"), path(m.temp, "ca.pem")); err != nil {
		return err
	}
	admin, err := pki.NewAdminKey(path(m.temp, "operator", "admin.key"))
	if err != nil {
		return err
	}
	m.genesis = genesis.File{
		Domain: m.plan.Domain, Replicas: len(m.plan.Replicas), Pillars: m.plan.Pillars, CA: m.authority.KeyHash(), Admin: admin,
		FirstMailbox: uint32(m.now.Unix()),
	}
	_, _ = rand.Read(m.genesis.Cluster[:]) // never fails (crypto/rand)
	for i, r := range m.plan.Replicas {
		hash, err := pki.NewHostKey(path(m.temp, hostName(i)+".key"))
		if err != nil {
			return err
		}
		m.genesis.Hosts = append(m.genesis.Hosts, genesis.Host{Address: join(r.Host, r.Ports.Peer), Key: hash})
	}
	return m.genesis.Validate()
}

// replica writes the configurations and folders of replica i.
func (m *maker) replica(i int) error {
	r := m.plan.Replicas[i]
	var link [32]byte
	_, _ = rand.Read(link[:]) // never fails (crypto/rand)
	h := config.Host{
		Replica: wire.ReplicaID(i), GenesisFile: m.place("genesis.toml"), DataDir: m.place(hostName(i)),
		KeyFile: m.place(hostName(i) + ".key"), LinkKey: link, Listen: join(r.Listen, r.Ports.Peer),
		Boundary: join("127.0.0.1", r.Ports.Boundary), Admin: join("127.0.0.1", r.Ports.HostAdmin),
		Sync: config.SyncQuorum, Log: config.DefaultLog,
	}
	if err := config.WriteFile(path(m.temp, hostName(i)+".toml"), 0o600, h.Text()); err != nil {
		return err
	}
	e := config.Enclave{
		Replica: wire.ReplicaID(i), GenesisFile: h.GenesisFile, DataDir: m.place(enclaveName(i)), Host: h.Boundary, LinkKey: link,
		IMAP: join(r.Listen, r.Ports.IMAP), IMAPS: join(r.Listen, r.Ports.IMAPS), Submission: join(r.Listen, r.Ports.Submission),
		Submissions: join(r.Listen, r.Ports.Submissions), SMTP: join(r.Listen, r.Ports.SMTP),
		Autoconfig: join(r.Listen, r.Ports.Autoconfig), Admin: join(r.Listen, r.Ports.AdminAPI),
		Names: r.Names, Log: config.DefaultLog,
	}
	if err := config.WriteFile(path(m.temp, enclaveName(i)+".toml"), 0o600, e.Text()); err != nil {
		return err
	}
	if err := os.Mkdir(path(m.temp, enclaveName(i)), 0o700); err != nil {
		return err
	}
	return host.Prepare(path(m.temp, hostName(i)), m.genesis.Hash(), wire.ReplicaID(i))
}

// place is how a configuration names a file of the cluster's folder.
func (m *maker) place(name string) string {
	if m.plan.Portable {
		return name
	}
	return path(m.dir, name)
}

func path(parts ...string) string { return filepath.Join(parts...) }

func hostName(i int) string { return fmt.Sprintf("host-%d", i) }

func enclaveName(i int) string { return fmt.Sprintf("enclave-%d", i) }

package demo

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"github.com/BurntSushi/toml"

	"troxymail/cmd/internal/pki"
	"troxymail/enclave/genesis"
	"troxymail/enclave/seal"
	"troxymail/enclave/tee"
	"troxymail/enclave/tee/sim"
)

// genesisFile is genesis.toml.
type genesisFile struct {
	Cluster      string `toml:"cluster"`
	Domain       string `toml:"domain"`
	Replicas     int    `toml:"replicas"`
	CA           string `toml:"ca"`
	Admin        string `toml:"admin"`
	FirstMailbox uint32 `toml:"first_mailbox"`
}

const genesisHead = "# Genesis of a SIMULATED demo cluster. Never edit: its hash is in every key.\n"

// genesis returns the cluster's genesis and makes it at the first start. genesis.toml is written last: an
// interrupted first start begins anew.
func (f *folder) genesis(replicas int) (genesis.File, error) {
	g, err := f.loadGenesis()
	if errors.Is(err, fs.ErrNotExist) {
		return f.found(replicas)
	}
	if err == nil && g.Replicas != replicas {
		err = fmt.Errorf("the folder %s holds a cluster of %d replicas: start it with --replicas %d, or choose another folder with --dir",
			f.dir, g.Replicas, g.Replicas)
	}
	return g, err
}

func (f *folder) loadGenesis() (genesis.File, error) {
	var file genesisFile
	path := f.path("genesis.toml")
	meta, err := toml.DecodeFile(path, &file)
	if err != nil {
		return genesis.File{}, fmt.Errorf("genesis: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return genesis.File{}, fmt.Errorf("%s: unknown key %q: restore the file as it was made", path, unknown[0].String())
	}
	g := genesis.File{Domain: file.Domain, Replicas: file.Replicas, FirstMailbox: file.FirstMailbox}
	admin, errAdmin := hex.DecodeString(file.Admin)
	g.Admin = ed25519.PublicKey(admin)
	err = errors.Join(errAdmin, unhex(g.Cluster[:], file.Cluster), unhex(g.CA[:], file.CA), g.Validate())
	if err != nil {
		return g, fmt.Errorf("%s: %w: restore the file as it was made", path, err)
	}
	return g, nil
}

func unhex(dst []byte, text string) error {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(dst) {
		return fmt.Errorf("%q is not %d bytes in hexadecimal", text, len(dst))
	}
	copy(dst, b)
	return nil
}

// found makes the authority, the administrator's key, and every enclave's secrets.
func (f *folder) found(replicas int) (genesis.File, error) {
	now := time.Now()
	if err := os.MkdirAll(f.path("operator"), 0o700); err != nil {
		return genesis.File{}, err
	}
	authority, err := pki.NewAuthority(Domain, now)
	if err != nil {
		return genesis.File{}, err
	}
	admin, err := pki.NewAdminKey(f.path("operator", "admin.key"))
	if err != nil {
		return genesis.File{}, err
	}
	if err := authority.Save(f.path("operator", "ca.key"), f.path("ca.pem")); err != nil {
		return genesis.File{}, err
	}
	g := genesis.File{
		Domain: Domain, Replicas: replicas, CA: authority.KeyHash(), Admin: admin, FirstMailbox: uint32(now.Unix()),
	}
	_, _ = rand.Read(g.Cluster[:]) // never fails (crypto/rand)
	if err := f.drawSecrets(g, authority, now); err != nil {
		return g, err
	}
	text := bytes.NewBufferString(genesisHead)
	err = toml.NewEncoder(text).Encode(genesisFile{
		Cluster: hex.EncodeToString(g.Cluster[:]), Domain: g.Domain, Replicas: g.Replicas,
		CA: hex.EncodeToString(g.CA[:]), Admin: hex.EncodeToString(g.Admin), FirstMailbox: g.FirstMailbox,
	})
	if err != nil {
		return g, err
	}
	return g, writeFile(f.path("genesis.toml"), 0o600, text.Bytes())
}

// drawSecrets runs each enclave's genesis code and keeps the result only sealed to its simulated platform.
func (f *folder) drawSecrets(g genesis.File, authority *pki.Authority, now time.Time) error {
	first, err := genesis.Draw(rand.Reader)
	if err != nil {
		return err
	}
	password, err := newPassword()
	if err != nil {
		return err
	}
	for i := range g.Replicas {
		secrets := first
		if i > 0 {
			if secrets, err = first.ForPeer(rand.Reader); err != nil {
				return err
			}
		}
		if err := f.keepSecrets(i, g, secrets, authority, now); err != nil {
			return err
		}
	}
	platform, err := f.platform(0)
	if err != nil {
		return err
	}
	sealed, err := seal.SealLocal(rand.Reader, platform, passwordPurpose, local(g, 0), nil, []byte(password))
	if err != nil {
		return err
	}
	return writeFile(f.path("replica-0", "enclave", "demo-password.sealed"), 0o600, sealed)
}

func (f *folder) keepSecrets(i int, g genesis.File, secrets *genesis.Secrets, authority *pki.Authority, now time.Time) error {
	for _, wing := range []string{"host", "enclave"} {
		if err := os.MkdirAll(f.replica(i, wing), 0o700); err != nil {
			return err
		}
	}
	platform, err := f.platform(i)
	if err != nil {
		return err
	}
	sealed, err := secrets.Seal(rand.Reader, platform, local(g, i))
	if err != nil {
		return err
	}
	if err := writeFile(f.replica(i, "enclave")+"/secrets.sealed", 0o600, sealed); err != nil {
		return err
	}
	request, err := secrets.SigningRequest(rand.Reader, []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback})
	if err != nil {
		return err
	}
	chain, err := authority.Issue(request, now)
	if err != nil {
		return err
	}
	return pki.SaveChain(f.replica(i, "enclave")+"/server.pem", chain)
}

// platform opens the simulated platform of replica i.
func (f *folder) platform(i int) (tee.Platform, error) {
	return sim.New(sim.Options{Dir: f.replica(i, "enclave") + "/simulated-platform", Acknowledge: sim.Insecure, Rand: rand.Reader})
}

func local(g genesis.File, i int) seal.Local {
	return seal.Local{GenesisHash: g.Hash(), Replica: uint16(i)}
}

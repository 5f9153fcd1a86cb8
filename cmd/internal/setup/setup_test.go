package setup

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"troxymail/cmd/internal/config"
	"troxymail/cmd/internal/enrol"
	"troxymail/cmd/internal/pki"
	"troxymail/enclave/seal"
)

func made(t *testing.T) (dir string) {
	t.Helper()
	plan, err := Loopback("example.org", 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "cluster")
	if _, err := Make(&plan, dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Every enclave opens its own secrets on its own platform and derives the same keys; its certificate is for
// its own key; hosts' keys are those that genesis pins.
func TestSimulatedEnclavesAreReady(t *testing.T) {
	dir := made(t)
	var keys [][32]byte
	var spare *config.Enclave
	for i := range 3 {
		e, err := config.LoadEnclave(path(dir, enclaveName(i)+".toml"))
		if err != nil {
			t.Fatal(err)
		}
		h, err := config.LoadHost(path(dir, hostName(i)+".toml"))
		if err != nil {
			t.Fatal(err)
		}
		if h.LinkKey != e.LinkKey || h.Boundary != e.Host || h.Genesis.Hash() != e.Genesis.Hash() {
			t.Errorf("replica %d: host and enclave do not fit", i)
		}
		if _, hash, err := pki.LoadHostKey(h.KeyFile); err != nil || hash != h.Genesis.Hosts[i].Key {
			t.Errorf("replica %d: the host's key is not the pinned one: %v", i, err)
		}
		platform, err := enrol.Simulated(&e)
		if err != nil {
			t.Fatal(err)
		}
		secrets, err := enrol.Open(&e, platform)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := enrol.Certificate(&e, secrets); err != nil {
			t.Error(err)
		}
		keys = append(keys, secrets.Keys(e.Genesis.Hash()).Key(seal.PurposeCertificate))
		if err := enrol.Keep(&e, platform, secrets); !errors.Is(err, enrol.ErrEnrolled) {
			t.Errorf("keys were overwritten: %v", err)
		}
		if spare != nil { // another replica's certificate and secrets are none of this one's
			if _, err := enrol.Certificate(spare, secrets); !errors.Is(err, enrol.ErrCertificate) {
				t.Errorf("replica %d takes another's certificate: %v", i, err)
			}
			if _, err := enrol.Open(spare, platform); err == nil {
				t.Errorf("replica %d opens another's secrets", i)
			}
		}
		spare = &e
	}
	if keys[0] != keys[1] || keys[1] != keys[2] {
		t.Error("the enclaves derive different keys")
	}
}

// What is secret stands in files of mode 0600 alone, and no folder is open to others.
func TestModes(t *testing.T) {
	dir := made(t)
	public := map[string]bool{"ca.pem": true, "genesis.toml": true, "server.pem": true}
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 && !public[d.Name()] {
			t.Errorf("%s has mode %v", p, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMakeLeavesWhatIsThere(t *testing.T) {
	plan, err := Loopback("example.org", 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "cluster")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(dir, "note")
	if err := os.WriteFile(note, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(&plan, dir, time.Now()); !errors.Is(err, ErrExists) {
		t.Fatalf("made over a folder with a file: %v", err)
	}
	if text, _ := os.ReadFile(note); !bytes.Equal(text, []byte("mine")) {
		t.Error("the file is gone")
	}
	if err := os.Remove(note); err != nil {
		t.Fatal(err)
	}
	if _, err := Make(&plan, dir, time.Now()); err != nil {
		t.Fatalf("an empty folder: %v", err)
	}
	if entries, _ := os.ReadDir(parent); len(entries) != 1 {
		t.Errorf("%d entries beside the cluster", len(entries)-1)
	}
}

// A name in common is in front of each replica's own, once; what is no name is refused.
func TestName(t *testing.T) {
	plan, err := Remote("example.org", []string{"a.example.org", "mail.example.org", "c.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "mail.example.org:993", "a b", "-a"} {
		if err := plan.Name(bad); !errors.Is(err, ErrPlan) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := plan.Name("mail.example.org"); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{"mail.example.org", "a.example.org"}, {"mail.example.org"}, {"mail.example.org", "c.example.org"}} {
		if got := plan.Replicas[i].Names; !slices.Equal(got, want) {
			t.Errorf("replica %d: %q, want %q", i, got, want)
		}
	}
}

func TestPillars(t *testing.T) {
	plan, err := Loopback("example.org", 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []int{-1, 0, 9} {
		if err := plan.SetPillars(bad); !errors.Is(err, ErrPlan) {
			t.Errorf("%d: %v", bad, err)
		}
	}
	if err := plan.SetPillars(4); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "cluster")
	if _, err := Make(&plan, dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	h, err := config.LoadHost(path(dir, hostName(1)+".toml"))
	if err != nil || h.Genesis.Pillars != 4 {
		t.Errorf("%v: %d pillars", err, h.Genesis.Pillars)
	}
}

func TestPortsDiffer(t *testing.T) {
	for _, base := range []int{0, 3000} {
		plan, err := Loopback("example.org", 5, base)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int]bool{}
		for _, r := range plan.Replicas {
			p := r.Ports
			for _, port := range []int{p.IMAP, p.IMAPS, p.Autoconfig, p.AdminAPI, p.Peer, p.Boundary, p.HostAdmin} {
				if seen[port] {
					t.Errorf("base %d: port %d is used twice", base, port)
				}
				seen[port] = true
			}
		}
	}
}

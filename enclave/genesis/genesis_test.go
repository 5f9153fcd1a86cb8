package genesis

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"testing"

	"troxymail/enclave/seal"
	"troxymail/enclave/tee/sim"
)

func valid() File {
	return File{
		Cluster: [16]byte{1}, Domain: "example.org", Replicas: 3, CA: [32]byte{2},
		Admin: bytes.Repeat([]byte{3}, ed25519.PublicKeySize), FirstMailbox: 1_700_000_000,
		Hosts: []Host{{"a:1", [32]byte{1}}, {"b:1", [32]byte{2}}, {"c:1", [32]byte{3}}},
	}
}

func changes() map[string]func(*File) {
	return map[string]func(*File){
		"cluster": func(f *File) { f.Cluster[15]++ }, "domain": func(f *File) { f.Domain = "example.com" },
		"pillars":  func(f *File) { f.Pillars = 2 },
		"replicas": func(f *File) { f.Replicas = 5 }, "CA": func(f *File) { f.CA[31]++ },
		"admin":          func(f *File) { f.Admin = bytes.Repeat([]byte{4}, ed25519.PublicKeySize) },
		"first mailbox":  func(f *File) { f.FirstMailbox++ },
		"host's address": func(f *File) { f.Hosts[1].Address = "b:2" },
		"host's key":     func(f *File) { f.Hosts[2].Key[0]++ },
		"hosts' places":  func(f *File) { f.Hosts[0], f.Hosts[1] = f.Hosts[1], f.Hosts[0] },
	}
}

func TestHashCoversEveryField(t *testing.T) {
	f := valid()
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range changes() {
		g := valid()
		change(&g)
		if g.Hash() == f.Hash() || g.Founding() == f.Founding() {
			t.Errorf("%s is not in the hash", name)
		}
	}
}

// One pillar is what there was before there were several: no key changes.
func TestOnePillarIsNotInTheHash(t *testing.T) {
	f := valid()
	h := f.Hash()
	if f.Pillars = 1; f.Hash() != h {
		t.Error("one pillar changes the hash")
	}
	if f.Pillars = 2; f.Hash() == h {
		t.Error("two do not")
	}
}

func TestValidateNamesTheField(t *testing.T) {
	for name, change := range map[string]func(*File){
		"cluster": func(f *File) { f.Cluster = [16]byte{} }, "domain": func(f *File) { f.Domain = "" },
		"replicas": func(f *File) { f.Replicas = 4 }, "admin": func(f *File) { f.Admin = nil },
		"pillars is 9":    func(f *File) { f.Pillars = 9 },
		"first_mailbox":   func(f *File) { f.FirstMailbox = 0 },
		"2 hosts":         func(f *File) { f.Hosts = f.Hosts[:2] },
		"host 1: address": func(f *File) { f.Hosts[1].Address = "" },
		"host 2: key":     func(f *File) { f.Hosts[2].Key = f.Hosts[0].Key },
		"host 0: key":     func(f *File) { f.Hosts[0].Key = [32]byte{} },
	} {
		f := valid()
		change(&f)
		err := f.Validate()
		if !errors.Is(err, ErrFile) || !bytes.Contains([]byte(err.Error()), []byte(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecretsOpenOnlyWhereTheyWereSealed(t *testing.T) {
	platform := func() *sim.Platform {
		p, err := sim.New(sim.Options{Dir: t.TempDir(), Acknowledge: sim.Insecure, Rand: rand.Reader})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first, second := platform(), platform()
	s, err := Draw(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := valid()
	here := seal.Local{GenesisHash: f.Hash(), Replica: 1}
	sealed, err := s.Seal(rand.Reader, first, here)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(first, here, sealed)
	if err != nil || again.group.Bytes() != s.group.Bytes() || !again.server.Equal(s.server) {
		t.Fatalf("what was sealed does not come back: %v", err)
	}
	if _, err := Open(second, here, sealed); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("opened on another machine: %v", err)
	}
	if _, err := Open(first, seal.Local{GenesisHash: f.Hash(), Replica: 2}, sealed); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("opened for another replica: %v", err)
	}
	f.Replicas = 5
	if _, err := Open(first, seal.Local{GenesisHash: f.Hash(), Replica: 1}, sealed); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("opened with an edited genesis: %v", err)
	}
}

func TestEditedGenesisGivesKeysThatFitNobody(t *testing.T) {
	s, _ := Draw(rand.Reader)
	f := valid()
	want := s.Keys(f.Hash()).Key(seal.PurposeCertificate)
	peer, _ := s.ForPeer(rand.Reader)
	if peer.Keys(f.Hash()).Key(seal.PurposeCertificate) != want {
		t.Fatal("a peer derives other keys")
	}
	if peer.server.Equal(s.server) {
		t.Fatal("a peer has the same TLS key")
	}
	for name, change := range changes() {
		g := valid()
		change(&g)
		if s.Keys(g.Hash()).Key(seal.PurposeCertificate) == want {
			t.Errorf("another %s gives the same keys", name)
		}
	}
}

func TestSigningRequest(t *testing.T) {
	s, _ := Draw(rand.Reader)
	der, err := s.SigningRequest(rand.Reader, []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := x509.ParseCertificateRequest(der)
	if err != nil || r.CheckSignature() != nil || !s.server.PublicKey.Equal(r.PublicKey) {
		t.Fatalf("signing request: %v", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	s, _ := Draw(rand.Reader)
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s)} {
		if text != "genesis.Secrets(hidden)" {
			t.Errorf("printed %q", text)
		}
	}
}

package config

import (
	"crypto/ed25519"
	"fmt"
	"math"
	"strings"

	"troxymail/bftcore/wire"
	"troxymail/enclave/genesis"
)

// LoadGenesis reads genesis.toml.
func LoadGenesis(file string) (genesis.File, error) {
	t, err := readTable(file)
	if err != nil {
		return genesis.File{}, err
	}
	return t.genesis()
}

func (t *table) genesis() (genesis.File, error) {
	g := genesis.File{
		Domain:       t.text("domain", "the mail domain, such as \"example.org\"", func(s string) bool { return s != "" }),
		Replicas:     int(t.number("n", 3, wire.MaxReplicas)),
		Pillars:      int(t.optional("pillars", 1, wire.MaxPillars)),
		FirstMailbox: uint32(t.number("first_mailbox", 1, math.MaxUint32)),
		Admin:        make(ed25519.PublicKey, ed25519.PublicKeySize),
	}
	if f := t.number("f", 1, wire.MaxReplicas); t.err == nil && int(f) != faults(g.Replicas) {
		t.bad("f", f, fmt.Sprintf("%d, as n is %d (n is 2f+1)", faults(g.Replicas), g.Replicas))
	}
	t.hex(g.Cluster[:], "cluster", "the cluster's id", false)
	t.hex(g.CA[:], "ca", "the SHA-256 of the certificate authority's public key", false)
	t.hex(g.Admin, "admin", "the administrator's public key", false)
	for i, r := range t.tables("replica", "a table [[replica]] for each of them") {
		var h genesis.Host
		if id := r.number("id", 0, wire.MaxReplicas-1); r.err == nil && int(id) != i {
			r.bad("id", id, fmt.Sprintf("%d: replicas stand in order", i))
		}
		h.Address = r.address("host")
		r.hex(h.Key[:], "host_key", "the SHA-256 of the host's public key", false)
		if err := r.done(); err != nil {
			return g, err
		}
		g.Hosts = append(g.Hosts, h)
	}
	if err := t.done(); err != nil {
		return g, err
	}
	if err := g.Validate(); err != nil {
		return g, fmt.Errorf("%w: %s: %w: restore the file as `troxymail init` wrote it", ErrConfig, t.file, err)
	}
	return g, nil
}

// faults is f for n replicas.
func faults(n int) int { return (n - 1) / 2 }

// GenesisText is what genesis.toml says of g.
func GenesisText(g *genesis.File) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `# Genesis of a Troxymail cluster. Never edit: its hash is in every key of every enclave.
cluster = "%x"
domain = %q
n = %d # replicas
f = %d # of them may fail or lie
ca = "%x" # SHA-256 of the public key of the certificate authority
admin = "%x" # public key of the administrator
first_mailbox = %d
`, g.Cluster, g.Domain, g.Replicas, faults(g.Replicas), g.CA, []byte(g.Admin), g.FirstMailbox)
	if g.Pillars > 1 {
		fmt.Fprintf(&b, "pillars = %d # parallel instances of ordering; 1 when the line is missing\n", g.Pillars)
	}
	for i, h := range g.Hosts {
		fmt.Fprintf(&b, "\n[[replica]]\nid = %d\nhost = %q\nhost_key = \"%x\"\n", i, h.Address, h.Key)
	}
	return []byte(b.String())
}

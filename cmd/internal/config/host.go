package config

import (
	"fmt"
	"strings"

	"troxymail/bftcore/wire"
	"troxymail/enclave/genesis"
)

// Host is host-I.toml: the untrusted side of one replica.
type Host struct {
	File        string
	Replica     wire.ReplicaID
	GenesisFile string
	Genesis     genesis.File // read from GenesisFile; not written
	DataDir     string       // made by `troxymail init`
	KeyFile     string       // the private key of the links to peers
	LinkKey     [32]byte     // shared with the own enclave alone
	Listen      string       // for peers
	Boundary    string       // for the own enclave
	Admin       string       // /metrics, /livez, /readyz
	Sync        string       // SyncQuorum or SyncStrict
	Log         Log
}

// What a host syncs before a certificate of its enclave leaves.
const (
	// SyncQuorum syncs before a result counts as durable: what anybody was told is on the disks of f+1.
	SyncQuorum = "quorum"
	// SyncStrict syncs before each certificate leaves: what was executed and told to nobody outlasts a power loss too.
	SyncStrict = "strict"
)

// LoadHost reads a host's configuration and the genesis that it names.
func LoadHost(file string) (Host, error) {
	t, err := readTable(file)
	if err != nil {
		return Host{}, err
	}
	h := t.host()
	if h.Genesis, err = t.finish(h.GenesisFile, h.Replica); err != nil {
		return Host{}, err
	}
	return h, nil
}

func (t *table) host() Host {
	h := Host{
		File: t.file, Replica: wire.ReplicaID(t.number("replica", 0, wire.MaxReplicas-1)),
		GenesisFile: t.path("genesis", "the path of genesis.toml"), DataDir: t.path("data_dir", "the path of a folder"),
		KeyFile: t.path("key", "the path of the host's key"), Listen: t.address("listen"),
		Boundary: t.address("boundary"), Admin: t.address("admin"),
		Sync: t.oneOf("sync", SyncQuorum, SyncStrict), Log: t.log(),
	}
	t.hex(h.LinkKey[:], "link_key", "the key shared with the own enclave", true)
	return h
}

// finish ends reading a replica's configuration and reads its genesis.
func (t *table) finish(genesisFile string, replica wire.ReplicaID) (genesis.File, error) {
	if err := t.done(); err != nil {
		return genesis.File{}, err
	}
	g, err := LoadGenesis(genesisFile)
	if err != nil {
		return g, fmt.Errorf("%w (named by genesis in %s)", err, t.file)
	}
	if int(replica) >= g.Replicas {
		t.bad("replica", replica, fmt.Sprintf("a number from 0 to %d, as genesis has %d replicas", g.Replicas-1, g.Replicas))
	}
	return g, t.err
}

// Text is what the file says of h.
func (h *Host) Text() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `# Host of replica %d: troxymail-host --config FILE. Keep it from others: link_key is secret.
replica = %d
genesis = %q
data_dir = %q # mail as it lies on disk: sealed
key = %q # private key of the links to the other hosts; genesis pins its public half
link_key = "%x" # shared with this replica's enclave alone
listen = %q # for the other hosts
boundary = %q # for this replica's enclave
admin = %q # HTTP: /metrics, /livez, /readyz
sync = %q # quorum: the log is synced before a result is durable; strict: before each certificate leaves, slower
`, h.Replica, h.Replica, h.GenesisFile, h.DataDir, h.KeyFile, h.LinkKey, h.Listen, h.Boundary, h.Admin, h.Sync)
	h.Log.write(&b)
	return []byte(b.String())
}

package config

import (
	"fmt"
	"net"
	"strings"

	"troxymail/bftcore/wire"
	"troxymail/enclave/genesis"
)

// Enclave is enclave-I.toml: the trusted side of one replica.
type Enclave struct {
	File        string
	Replica     wire.ReplicaID
	GenesisFile string
	Genesis     genesis.File // read from GenesisFile; not written
	DataDir     string       // sealed secrets, certificate, and the simulated platform
	Host        string       // address of the own host's boundary
	LinkKey     [32]byte     // shared with the own host alone
	IMAP        string       // STARTTLS
	IMAPS       string
	Submission  string // STARTTLS
	Submissions string
	SMTP        string   // mail from elsewhere
	Autoconfig  string   // how mail programs reach the others, over HTTPS
	Admin       string   // the administrator's requests, over TLS
	Names       []string // host names and IP addresses that the certificate is for; clients are told the first
	Bounded     bool     // content may be shown for a while after a validation (reads = "bounded")
	Ordered     bool     // every read is ordered as writes are (reads = "ordered"); Bounded is false then
	Log         Log
}

// The words for reads.
const (
	readsValidated = "validated"
	readsBounded   = "bounded"
	readsOrdered   = "ordered"
)

// LoadEnclave reads an enclave's configuration and the genesis that it names.
func LoadEnclave(file string) (Enclave, error) {
	t, err := readTable(file)
	if err != nil {
		return Enclave{}, err
	}
	e := t.enclave()
	if e.Genesis, err = t.finish(e.GenesisFile, e.Replica); err != nil {
		return Enclave{}, err
	}
	return e, nil
}

func (t *table) enclave() Enclave {
	e := Enclave{
		File: t.file, Replica: wire.ReplicaID(t.number("replica", 0, wire.MaxReplicas-1)),
		GenesisFile: t.path("genesis", "the path of genesis.toml"), DataDir: t.path("data_dir", "the path of a folder"),
		Host: t.address("host"), IMAP: t.address("imap"), IMAPS: t.address("imaps"),
		Submission: t.address("submission"), Submissions: t.address("submissions"), SMTP: t.address("smtp"),
		Autoconfig: t.address("autoconfig"), Admin: t.address("admin"),
		Names: t.texts("names", "host names and IP addresses"),
		Log:   t.log(),
	}
	reads := t.oneOf("reads", readsValidated, readsBounded, readsOrdered)
	e.Bounded, e.Ordered = reads == readsBounded, reads == readsOrdered
	t.hex(e.LinkKey[:], "link_key", "the key shared with the own host", true)
	return e
}

// DNSNames are those of Names that are not IP addresses.
func (e *Enclave) DNSNames() []string {
	var names []string
	for _, n := range e.Names {
		if net.ParseIP(n) == nil {
			names = append(names, n)
		}
	}
	return names
}

// IPs are those of Names that are IP addresses.
func (e *Enclave) IPs() []net.IP {
	var ips []net.IP
	for _, n := range e.Names {
		if ip := net.ParseIP(n); ip != nil {
			ips = append(ips, ip)
		}
	}
	return ips
}

// Text is what the file says of e.
func (e *Enclave) Text() []byte {
	var names []string
	for _, n := range e.Names {
		names = append(names, fmt.Sprintf("%q", n))
	}
	reads := readsValidated
	switch {
	case e.Bounded:
		reads = readsBounded
	case e.Ordered:
		reads = readsOrdered
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Enclave of replica %d: troxymail-enclave --config FILE. Keep it from others: link_key is secret.
replica = %d
genesis = %q
data_dir = %q # the group's keys, sealed to this machine's platform, and the certificate
host = %q # boundary of this replica's host
link_key = "%x" # shared with this replica's host alone
imap = %q # IMAP with STARTTLS
imaps = %q # IMAP over TLS
submission = %q # mail that accounts send, with STARTTLS
submissions = %q # the same over TLS
smtp = %q # mail for accounts from elsewhere
autoconfig = %q # tells mail programs how to connect, over HTTPS
admin = %q # what the administrator asks for, over TLS, signed with the key that genesis pins
names = [%s] # in the certificate; mail programs are told the first
reads = %q # bounded: content that a client knows of is shown for 30 s after the others were asked; ordered: to compare with
`, e.Replica, e.Replica, e.GenesisFile, e.DataDir, e.Host, e.LinkKey, e.IMAP, e.IMAPS,
		e.Submission, e.Submissions, e.SMTP, e.Autoconfig, e.Admin, strings.Join(names, ", "), reads)
	e.Log.write(&b)
	return []byte(b.String())
}

package setup

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Steps says what the operator does next with a cluster in dir.
func (p *Plan) Steps(dir string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nMade a cluster of %d replicas for %s in %s\n", len(p.Replicas), p.Domain, dir)
	fmt.Fprintf(&b, "Keep %s offline: it is who may certify servers and administer accounts.\n", path(dir, "operator"))
	if p.Simulated {
		p.loopbackSteps(&b, dir)
	} else {
		p.enrolSteps(&b, dir)
	}
	return b.String()
}

func (p *Plan) loopbackSteps(b *strings.Builder, dir string) {
	b.WriteString("\nSIMULATED enclaves (development only: nothing is protected from this machine). Start each of:\n")
	for i := range p.Replicas {
		fmt.Fprintf(b, "  troxymail-host --config %s\n", path(dir, hostName(i)+".toml"))
		fmt.Fprintf(b, "  troxymail-enclave --config %s --insecure-simulated-tee\n", path(dir, enclaveName(i)+".toml"))
	}
	fmt.Fprintf(b, "then: troxymail account add alice@%s --admin %s\n", p.Domain, path(dir, "cluster.json"))
}

func (p *Plan) enrolSteps(b *strings.Builder, dir string) {
	b.WriteString("\n1. Copy to each machine, into one folder there (all paths in them are relative to it):\n")
	for i, r := range p.Replicas {
		fmt.Fprintf(b, "   %s: genesis.toml ca.pem host-%[2]d.toml host-%[2]d.key host-%[2]d/ enclave-%[2]d.toml enclave-%[2]d/\n", r.Host, i)
	}
	fmt.Fprintf(b, `2. On %s let the first enclave draw the group's key, once in the life of the cluster:
   troxymail-enclave --config enclave-0.toml found
   It leaves a signing request in its data folder (enclave-0/request.pem). Bring it here, look at the names in
   it, and sign it; bring back what that writes, hand it to the enclave, and start both programs there:
   troxymail sign request.pem --dir %s --out server.pem
   troxymail-enclave --config enclave-0.toml certificate server.pem
   troxymail-host --config host-0.toml
   troxymail-enclave --config enclave-0.toml
`, p.Replicas[0].Host, dir)
	b.WriteString("3. On each other machine let the enclave get the group's key from the first, which must be running; both\n" +
		"   prove to each other what they are. Then go on as in 2, with its own request:\n")
	from := net.JoinHostPort(p.Replicas[0].Host, strconv.Itoa(p.Replicas[0].Ports.AdminAPI))
	for i := range p.Replicas[1:] {
		fmt.Fprintf(b, "   troxymail-enclave --config enclave-%d.toml enrol %s\n", i+1, from)
	}
	b.WriteString("This build knows the SIMULATED platform alone: every troxymail-enclave needs --insecure-simulated-tee,\n" +
		"and nothing is protected from the machines' owners.\n")
}

package setup

import (
	"fmt"
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
`, p.Replicas[0].Host)
	b.WriteString("3. On each other machine let the enclave get the group's key from one that has it:\n")
	for i := range p.Replicas[1:] {
		fmt.Fprintf(b, "   troxymail-enclave --config enclave-%d.toml enrol\n", i+1)
	}
	b.WriteString(`4. Each enclave leaves a signing request in its data folder (enclave-I/request.pem). Bring it here, look at
   the names in it, and sign it; bring back what that writes and hand it to the enclave:
`)
	fmt.Fprintf(b, "   troxymail sign request.pem --dir %s --out server.pem\n", dir)
	b.WriteString(`   troxymail-enclave --config enclave-I.toml certificate server.pem
5. Start troxymail-host --config host-I.toml and troxymail-enclave --config enclave-I.toml on each machine.
`)
}

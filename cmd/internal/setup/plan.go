package setup

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"troxymail/bftcore/quorum"
	"troxymail/bftcore/wire"
	"troxymail/cmd/internal/config"
)

// Ports are those of one replica.
type Ports struct {
	IMAP, IMAPS, Submission, Submissions, SMTP, Autoconfig, AdminAPI int // of the enclave
	Peer, Boundary, HostAdmin                                        int // of the host
}

// DefaultPorts are those of replica 0, and of every replica that has a machine of its own.
var DefaultPorts = Ports{IMAP: 1143, IMAPS: 1993, Submission: 1587, Submissions: 1465, SMTP: 1025, Autoconfig: 1443, AdminAPI: 1843,
	Peer: 1700, Boundary: 1701, HostAdmin: 1780}

const (
	// defaultStep is how far the default ports of neighbouring replicas on one machine are apart.
	defaultStep = 1000
	// baseStep is the same for ports that start at a base port.
	baseStep = 10
)

// plus moves all ports up.
func (p Ports) plus(n int) Ports {
	return Ports{p.IMAP + n, p.IMAPS + n, p.Submission + n, p.Submissions + n, p.SMTP + n, p.Autoconfig + n, p.AdminAPI + n,
		p.Peer + n, p.Boundary + n, p.HostAdmin + n}
}

func (p Ports) highest() int {
	return max(p.IMAP, p.IMAPS, p.Submission, p.Submissions, p.SMTP, p.Autoconfig, p.AdminAPI, p.Peer, p.Boundary, p.HostAdmin)
}

// Replica says where one replica is to be.
type Replica struct {
	Host   string // where others reach it
	Listen string // what it listens on for them: an address, or "" for all of the machine
	Names  []string
	Ports  Ports
}

// Plan is the cluster to make.
type Plan struct {
	Domain   string
	Replicas []Replica
	Pillars  int // parallel instances of ordering; 0 for one. See SetPillars
	// Simulated says that the enclaves are simulated on this machine, so that their secrets are drawn now.
	Simulated bool
	// Portable makes the paths in the configurations relative to their folder.
	Portable bool
}

// ErrPlan is wrapped by the errors about what was asked for.
var ErrPlan = errors.New("setup")

// Loopback plans n replicas on this machine with simulated enclaves. basePort 0 means the default ports;
// else replica i has the ten ports from basePort + 10 i.
func Loopback(domain string, n, basePort int) (Plan, error) {
	p := Plan{Domain: domain, Simulated: true}
	for i := range n {
		ports := DefaultPorts.plus(defaultStep * i)
		if basePort != 0 {
			ports = Ports{IMAP: 0, IMAPS: 1, Submission: 2, Submissions: 3, SMTP: 4, AdminAPI: 5, Peer: 6, Boundary: 7, HostAdmin: 8,
				Autoconfig: 9}.plus(basePort + baseStep*i)
		}
		if basePort < 0 || ports.highest() > 65535 {
			return p, fmt.Errorf("%w: replica %d would use port %d: choose a base port from 1 to %d",
				ErrPlan, i, ports.highest(), 65536-baseStep*n)
		}
		p.Replicas = append(p.Replicas, Replica{
			Host: "127.0.0.1", Listen: "127.0.0.1", Names: []string{"localhost", "127.0.0.1", "::1"}, Ports: ports,
		})
	}
	return p, p.check()
}

// Remote plans a replica on each of the machines.
func Remote(domain string, hosts []string) (Plan, error) {
	p := Plan{Domain: domain, Portable: true}
	seen := map[string]bool{}
	for _, h := range hosts {
		if !isHost(h) {
			return p, fmt.Errorf("%w: replica host %q: want a host name or IP address without a port", ErrPlan, h)
		}
		if seen[strings.ToLower(h)] {
			return p, fmt.Errorf("%w: replica host %q is named twice: replicas on one machine fail together; "+
				"to try it out use --loopback", ErrPlan, h)
		}
		seen[strings.ToLower(h)] = true
		p.Replicas = append(p.Replicas, Replica{Host: h, Names: []string{h}, Ports: DefaultPorts})
	}
	return p, p.check()
}

// Name gives all replicas a name in common for clients, in front of their own in the certificates: a program that
// finds several addresses for it goes on at another when one is down.
func (p *Plan) Name(name string) error {
	if !isHost(name) {
		return fmt.Errorf("%w: name %q: want a host name without a port, such as mail.example.org", ErrPlan, name)
	}
	for i := range p.Replicas {
		r := &p.Replicas[i]
		r.Names = append([]string{name}, slices.DeleteFunc(slices.Clone(r.Names), func(n string) bool { return n == name })...)
	}
	return nil
}

// SetPillars has the cluster order in n parallel instances.
func (p *Plan) SetPillars(n int) error {
	if n < 1 || n > wire.MaxPillars {
		return fmt.Errorf("%w: %d pillars: want a number from 1 to %d", ErrPlan, n, wire.MaxPillars)
	}
	p.Pillars = n
	return nil
}

func (p *Plan) check() error {
	if _, err := quorum.New(len(p.Replicas)); err != nil || len(p.Replicas) < 3 {
		return fmt.Errorf("%w: %d replicas: want 3, 5 or another odd number up to 15 (2f+1 survive f that fail or lie)",
			ErrPlan, len(p.Replicas))
	}
	if !isDomain(p.Domain) {
		return fmt.Errorf("%w: domain %q: want a mail domain in lower case, such as example.org", ErrPlan, p.Domain)
	}
	return nil
}

// isHost accepts an IP address or a name of letters, digits, hyphens and dots.
func isHost(s string) bool {
	return net.ParseIP(s) != nil || len(s) <= 253 && isName(strings.ToLower(s))
}

func isDomain(s string) bool { return len(s) <= 253 && isName(s) }

// isName reports whether s is a DNS name in lower case (RFC 1035, 2.3.1; RFC 1123, 2.1).
func isName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		ok := strings.IndexFunc(label, func(r rune) bool {
			return !(r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z')
		}) < 0
		if !ok || label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

func join(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// Facts are what cluster.json says of the cluster in dir.
func (p *Plan) Facts(dir string) config.Cluster {
	c := config.Cluster{
		CA: path(dir, "ca.pem"), Admin: path(dir, "operator", "admin.key"), Accounts: []config.Account{}, Simulated: p.Simulated,
	}
	for i, r := range p.Replicas {
		c.Replicas = append(c.Replicas, config.Replica{
			ID: i, IMAP: join(r.Host, r.Ports.IMAP), IMAPS: join(r.Host, r.Ports.IMAPS), Submission: join(r.Host, r.Ports.Submission),
			Submissions: join(r.Host, r.Ports.Submissions), SMTP: join(r.Host, r.Ports.SMTP), AdminAPI: join(r.Host, r.Ports.AdminAPI),
			Autoconfig: join(r.Host, r.Ports.Autoconfig),
		})
	}
	return c
}

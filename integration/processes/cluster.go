package processes

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"troxymail/integration/demo"
)

const (
	serveLimit = 2 * time.Minute // until a replica serves that was started
	password   = "correct horse battery"

	portBase  = 20000 // first port of the first slot: below what systems give to outgoing connections
	portSlots = 60
	portStep  = 10 // ports of a replica, as init spaces them
	maxN      = 7  // replicas that a slot has room for
	guardPort = portStep * maxN
	slotPorts = guardPort + 1 // the last, which no replica uses, reserves the slot
)

// Modes are how clients connect: what is not in clear.
var Modes = []demo.Mode{demo.STARTTLS, demo.TLS}

// Cluster is a folder that `troxymail init` made, and the processes that run from it. Its Demo is for
// clients: the addresses, the account, the certificate authority.
type Cluster struct {
	*demo.Demo
	Hosts    []*Process // nil while not running
	Enclaves []*Process
	basePort int
	// Where replicas do not run side by side on loopback: what starts a program in a replica's place, and the addresses
	// of the hosts' HTTP listeners. Nil otherwise.
	inside [][]string
	admins []string
}

// Make makes the folder of a cluster of n replicas on loopback; nothing runs yet. args are further ones of init.
func Make(t testing.TB, n int, args ...string) *Cluster {
	t.Helper()
	return MakeIn(t, filepath.Join(t.TempDir(), "cluster"), n, args...)
}

// MakeIn is Make in a folder that does not exist yet.
func MakeIn(t testing.TB, dir string, n int, args ...string) *Cluster {
	t.Helper()
	c := &Cluster{
		Demo:  &demo.Demo{Dir: dir},
		Hosts: make([]*Process, n), Enclaves: make([]*Process, n), basePort: freePorts(t, n),
	}
	c.init(t, append([]string{"--loopback", strconv.Itoa(n), "--base-port", strconv.Itoa(c.basePort)}, args...)...)
	return c
}

// init makes the folder and reads what it says of the replicas.
func (c *Cluster) init(t testing.TB, args ...string) {
	t.Helper()
	Command(t, append([]string{"init", "--dir", c.Dir, "--domain", "example.org"}, args...)...)
	text, err := os.ReadFile(c.File("cluster.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &c.Facts); err != nil {
		t.Fatal(err)
	}
	if len(c.Replicas) != len(c.Hosts) || len(c.Accounts) != 0 {
		t.Fatalf("cluster.json names %d replicas and %d accounts", len(c.Replicas), len(c.Accounts))
	}
}

// Start makes a cluster, starts all its processes, waits until all replicas serve, and makes the account.
func Start(t testing.TB, n int) *Cluster {
	t.Helper()
	c := Make(t, n)
	c.StartAll(t)
	return c
}

// StartAll starts all processes, waits until all replicas serve, and makes the account.
func (c *Cluster) StartAll(t testing.TB) {
	t.Helper()
	for i := range c.Hosts {
		c.StartHost(t, i)
		c.StartEnclave(t, i)
	}
	c.AddAccount(t, "alice@example.org")
	for i := range c.Hosts {
		c.AwaitServing(t, i)
	}
}

// AddAccount makes an account by the administrator's command, which waits until a replica serves. Clients
// use it from then on.
func (c *Cluster) AddAccount(t testing.TB, address string) {
	t.Helper()
	cmd := exec.Command(Binary(t, "troxymail"), "account", "add", address, "--admin", c.File("cluster.json"), "--password-stdin")
	cmd.Stdin = strings.NewReader(password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("account add: %v\n%s", err, out)
	}
	c.Accounts = []demo.Account{{Address: address, Password: password}}
}

// Command runs `troxymail` with args, which must succeed, and returns what it printed.
func Command(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command(Binary(t, "troxymail"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("troxymail %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// File returns the path of a file in the cluster's folder.
func (c *Cluster) File(name string) string { return filepath.Join(c.Dir, name) }

// HostConfig and EnclaveConfig return the paths of a replica's configurations.
func (c *Cluster) HostConfig(i int) string { return c.File(fmt.Sprintf("host-%d.toml", i)) }

// EnclaveConfig is described at HostConfig.
func (c *Cluster) EnclaveConfig(i int) string { return c.File(fmt.Sprintf("enclave-%d.toml", i)) }

// StartHost starts a replica's host and returns at once.
func (c *Cluster) StartHost(t testing.TB, i int) *Process {
	t.Helper()
	c.Hosts[i] = c.launch(t, i, fmt.Sprintf("host %d", i), "troxymail-host", "--config", c.HostConfig(i))
	return c.Hosts[i]
}

// StartEnclave starts a replica's enclave and returns at once.
func (c *Cluster) StartEnclave(t testing.TB, i int) *Process {
	t.Helper()
	c.Enclaves[i] = c.launch(t, i, fmt.Sprintf("enclave %d", i), "troxymail-enclave", "--config", c.EnclaveConfig(i),
		"--insecure-simulated-tee")
	return c.Enclaves[i]
}

// launch starts a program in a replica's place.
func (c *Cluster) launch(t testing.TB, i int, name, program string, args ...string) *Process {
	t.Helper()
	if c.inside == nil {
		return Launch(t, name, program, args...)
	}
	in := c.inside[i]
	return Launch(t, name, in[0], append(append(append([]string(nil), in[1:]...), Binary(t, program)), args...)...)
}

// AwaitServing waits until a client can log in at a replica.
func (c *Cluster) AwaitServing(t testing.TB, i int) {
	t.Helper()
	conf := c.TLS(t)
	c.waits(t, serveLimit, fmt.Sprintf("replica %d serves", i), func() bool {
		for what, p := range map[string]*Process{"host": c.Hosts[i], "enclave": c.Enclaves[i]} {
			select {
			case <-p.ended:
				t.Fatalf("the %s of replica %d ended (%v):\n%s", what, i, p.err, p.Output(t))
			default:
			}
		}
		client, err := c.TryDial(i, demo.TLS, nil, conf)
		if err != nil {
			return false
		}
		client.Close()
		return true
	})
}

// Open reports whether a replica accepts mail clients at all.
func (c *Cluster) Open(i int) bool {
	conn, err := net.DialTimeout("tcp", c.Replicas[i].IMAPS, time.Second)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// HostAdmin returns the address of a host's HTTP listener, as init lays ports out.
func (c *Cluster) HostAdmin(i int) string {
	if c.admins != nil {
		return c.admins[i]
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.basePort+portStep*i+8))
}

// freePorts reserves ports for n replicas until the test ends, by a listener on one that is never used.
func freePorts(t testing.TB, n int) int {
	t.Helper()
	for slot := range portSlots {
		base := portBase + slot*slotPorts
		guard, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(base+guardPort)))
		if err != nil {
			continue
		}
		if !allFree(base, n) {
			guard.Close()
			continue
		}
		t.Cleanup(func() { guard.Close() })
		return base
	}
	t.Fatal("no free ports found")
	return 0
}

func allFree(base, n int) bool {
	for port := base; port < base+portStep*n; port++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}
